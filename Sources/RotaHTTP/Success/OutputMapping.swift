import Foundation

/// What a job takes out of a response for those who come after it: names, and where their values lie (row TX-6).
public struct OutputMapping: Sendable, Hashable, Codable, ExpressibleByDictionaryLiteral {
    /// The paths by name.
    public let paths: [String: JSONPath]

    /// Makes a mapping.
    ///
    /// - Parameter paths: where the value of each name lies in the JSON body.
    public init(_ paths: [String: JSONPath] = [:]) {
        self.paths = paths
    }

    /// Makes a mapping of a literal; of a name given twice, the last counts.
    ///
    /// - Parameter elements: names and paths.
    public init(dictionaryLiteral elements: (String, JSONPath)...) {
        paths = Dictionary(elements) { $1 }
    }

    /// Takes the values out of a response.
    ///
    /// - Parameter response: the response.
    /// - Returns: an object with a member for each name, sorted: the value, an array of values if there are several, `null`
    ///   if there is none; nil if nothing was asked for or the body is no JSON.
    public func output(of response: HTTPResponse) -> JSONValue? {
        guard !paths.isEmpty, let root = try? JSONValue(parsing: Array(response.body)) else { return nil }
        return .object(
            paths.sorted { $0.key < $1.key }.map { name, path in
                let values = path.values(in: root)
                return JSONValue.Member(name, values.count > 1 ? .array(values) : values.first ?? .null)
            })
    }

    /// Decodes an object of paths by name.
    ///
    /// - Parameter decoder: where the mapping is read from.
    /// - Throws: ``HTTPRequestError`` for a bad path.
    public init(from decoder: any Decoder) throws {
        paths = try decoder.singleValueContainer().decode([String: JSONPath].self)
    }

    /// Encodes an object of paths by name.
    ///
    /// - Parameter encoder: where the mapping is written to.
    /// - Throws: what the encoder throws.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(paths)
    }
}
