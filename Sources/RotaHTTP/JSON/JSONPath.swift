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

extension JSONPath: Codable {
    /// Reads a path.
    ///
    /// - Parameter text: such as `$.items[0].id`.
    /// - Throws: ``HTTPRequestError`` with `badRule`, saying what was expected.
    public init(_ text: String) throws(HTTPRequestError) {
        var rest = Array(text.utf8)[...]
        var segments: [Segment] = []
        if rest.first == UInt8(ascii: "$") {
            rest = rest.dropFirst()
        } else if !rest.isEmpty, rest.first != UInt8(ascii: "["), rest.first != UInt8(ascii: ".") {
            segments.append(try Self.name(&rest, text))
        }
        while let byte = rest.first {
            rest = rest.dropFirst()
            switch byte {
            case UInt8(ascii: "."): segments.append(try Self.name(&rest, text))
            case UInt8(ascii: "["): segments.append(try Self.bracket(&rest, text))
            default: throw Self.error("a dot or an opening bracket was expected", text)
            }
        }
        guard segments.count <= 64 else { throw Self.error("a path may have 64 segments", text) }
        self.init(text: text, segments: segments)
    }

    private static func error(_ message: String, _ text: String) -> HTTPRequestError {
        HTTPRequestError(.badRule, field: "path", "\(message); a path is written like $.items[0].id", value: text)
    }

    private static func name(_ rest: inout ArraySlice<UInt8>, _ text: String) throws(HTTPRequestError) -> Segment {
        let name = rest.prefix { $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "[") }
        rest = rest.dropFirst(name.count)
        guard !name.isEmpty, !name.contains(UInt8(ascii: "]")) else { throw error("a name was expected", text) }
        return name.elementsEqual([UInt8(ascii: "*")]) ? .every : .name(String(decoding: name, as: UTF8.self))
    }

    private static func bracket(_ rest: inout ArraySlice<UInt8>, _ text: String) throws(HTTPRequestError) -> Segment {
        if let quote = rest.first, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") {
            let name = rest.dropFirst().prefix { $0 != quote }
            rest = rest.dropFirst(name.count + 1)
            guard rest.starts(with: [quote, UInt8(ascii: "]")]) else { throw error("a quoted name must end", text) }
            rest = rest.dropFirst(2)
            return .name(String(decoding: name, as: UTF8.self))
        }
        let inside = rest.prefix { $0 != UInt8(ascii: "]") }
        guard inside.count < rest.count else { throw error("a closing bracket was expected", text) }
        rest = rest.dropFirst(inside.count + 1)
        if inside.elementsEqual([UInt8(ascii: "*")]) { return .every }
        guard let index = Int(String(decoding: inside, as: UTF8.self)), index.magnitude <= 1_000_000_000 else {
            throw error("a position is a whole number", text)
        }
        return .index(index)
    }

    /// Decodes a path's text.
    ///
    /// - Parameter decoder: where the path is read from.
    /// - Throws: ``HTTPRequestError`` if it is no path.
    public init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    /// Encodes the path's text.
    ///
    /// - Parameter encoder: where the path is written to.
    /// - Throws: what the encoder throws.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
