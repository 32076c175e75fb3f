public import Foundation

/// What a request carries: nothing, bytes as they are, text, or a JSON value (row C-20).
public enum HTTPBody: Sendable, Hashable {
    /// No body.
    case none
    /// Bytes sent as they are; variables inside are not replaced.
    case bytes(Data)
    /// Text sent as UTF-8, byte for byte (row T-34).
    case text(String)
    /// A JSON value, encoded once.
    case json(JSONValue)

    /// The most bytes a body may have: 16 MiB.
    public static let longest = 16 * 1024 * 1024

    /// The bytes that are sent; nil if there is no body.
    public var data: Data? {
        switch self {
        case .none: nil
        case .bytes(let data): data
        case .text(let text): Data(text.utf8)
        case .json(let value): Data(value.text.utf8)
        }
    }

    /// The `Content-Type` a request gets if its headers name none; nil for no body and for bytes.
    public var contentType: String? {
        switch self {
        case .none, .bytes: nil
        case .text: "text/plain; charset=utf-8"
        case .json: "application/json"
        }
    }
}

extension HTTPBody: CustomStringConvertible {
    /// The kind and size, never the content.
    public var description: String {
        switch self {
        case .none: "no body"
        case .bytes(let data): "\(data.count) bytes"
        case .text(let text): "text of \(text.utf8.count) bytes"
        case .json(let value): "JSON of \(value.text.utf8.count) bytes"
        }
    }
}
