/// The value of a secret.
///
/// It can be sent, but not printed, dumped or encoded by accident.
public struct SecretValue: Sendable, Hashable, ExpressibleByStringLiteral {
    /// The value in clear text.
    ///
    /// Take care where it goes.
    public let value: String

    /// Wraps a value.
    public init(_ value: String) {
        self.value = value
    }

    /// Wraps a literal, for tests.
    public init(stringLiteral value: String) {
        self.value = value
    }
}

extension SecretValue: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Always `[redacted]`.
    public var description: String { "[redacted]" }
    /// Always `[redacted]`.
    public var debugDescription: String { "[redacted]" }
    /// A mirror without the value.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// A header value with its `secret://name` references parsed.
///
/// A name consists of letters, digits, `_`, `-` and dots. A trailing dot belongs to the sentence, not to the name.
package struct SecretReference: Sendable, Hashable {
    /// A piece of the value: literal text, or the name of a secret to insert.
    package enum Piece: Sendable, Hashable {
        case text(String)
        case secret(String)
    }

    package let pieces: [Piece]

    /// The referenced names, in order.
    package var names: [String] {
        pieces.compactMap { if case .secret(let name) = $0 { name } else { nil } }
    }

    private static let scheme = Array("secret://".utf8)

    /// Parses a header value.
    ///
    /// - Throws: ``HTTPRequestError`` with `badSecret` if no name follows `secret://`, or if it exceeds 128 bytes.
    package init(parsing text: String, field: String) throws(HTTPRequestError) {
        let bytes = Array(text.utf8)
        var pieces: [Piece] = []
        var start = 0
        var position = 0
        while let found = Self.find(in: bytes, from: position) {
            var end = found + Self.scheme.count
            while end < bytes.count, Self.isNameByte(bytes[end]) { end += 1 }
            while end > found + Self.scheme.count, bytes[end - 1] == UInt8(ascii: ".") { end -= 1 }
            let name = String(decoding: bytes[(found + Self.scheme.count)..<end], as: UTF8.self)
            guard (1...128).contains(name.utf8.count) else {
                throw HTTPRequestError(
                    .badSecret, field: field,
                    "secret:// must be followed by a name of at most 128 letters, digits, _, - and dots, without variables"
                )
            }
            if found > start { pieces.append(.text(String(decoding: bytes[start..<found], as: UTF8.self))) }
            pieces.append(.secret(name))
            start = end
            position = end
        }
        if start < bytes.count { pieces.append(.text(String(decoding: bytes[start...], as: UTF8.self))) }
        self.pieces = pieces
    }

    /// Returns the name in a text that is a reference and nothing else.
    ///
    /// - Throws: ``HTTPRequestError`` with `badSecret` for any other text.
    package static func name(in reference: String, field: String) throws(HTTPRequestError) -> String {
        let pieces = try SecretReference(parsing: reference, field: field).pieces
        guard pieces.count == 1, case .secret(let name)? = pieces.first else {
            throw HTTPRequestError(
                .badSecret, field: field,
                "a webhook's secret must be a reference, such as secret://hook; its value must not be stored in a job")
        }
        return name
    }

    /// Returns whether a text can be the name of a secret, and with that of a file.
    package static func isName(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count) && text.utf8.allSatisfy(isNameByte) && text.last != "." && text.first != "."
    }

    /// Returns whether a text contains `secret://`, in any letter case.
    package static func isMentioned(in text: String) -> Bool {
        find(in: Array(text.utf8), from: 0) != nil
    }

    private static func find(in bytes: [UInt8], from start: Int) -> Int? {
        guard bytes.count - start >= scheme.count else { return nil }
        return (start...(bytes.count - scheme.count)).first { index in
            scheme.indices.allSatisfy { lowercaseASCII(bytes[index + $0]) == scheme[$0] }
        }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."): true
        default: false
        }
    }
}
