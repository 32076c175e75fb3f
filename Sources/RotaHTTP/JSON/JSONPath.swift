/// Where values lie inside a JSON value: names, positions and `*`, a subset of RFC 9535.
///
/// `$.items[0].id`, `$['odd name']`, `$.items[-1]` (the last), `$.items[*].id` (of every element). The `$` may be left out.
public struct JSONPath: Sendable, Hashable, CustomStringConvertible {
    enum Segment: Sendable, Hashable {
        case name(String)
        case index(Int)
        case every
    }

    /// The path as written.
    public let text: String
    let segments: [Segment]

    init(text: String, segments: [Segment]) {
        self.text = text
        self.segments = segments
    }

    /// The path as written.
    public var description: String { text }

    /// The values the path leads to, in order; none if there is nothing there.
    ///
    /// - Parameter root: the value to look into.
    /// - Returns: at most one value, unless the path has a `*`.
    /// - Complexity: O(n) in the size of the value for each segment.
    public func values(in root: JSONValue) -> [JSONValue] {
        var found = [root]
        for segment in segments {
            found = found.flatMap { value -> [JSONValue] in
                switch (segment, value) {
                case (.name(let name), _): return value[name].map { [$0] } ?? []
                case (.index(let index), _): return value[index].map { [$0] } ?? []
                case (.every, .array(let elements)): return elements
                case (.every, .object(let members)): return members.map(\.value)
                case (.every, _): return []
                }
            }
        }
        return found
    }
}
