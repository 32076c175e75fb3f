extension HTTPHeaders {
    /// One header field: a name, a value, and whether the value must never be shown.
    public struct Field: Sendable, Hashable {
        /// The name as it was written.
        public let name: String
        /// The value as it is sent.
        public let value: String
        /// Whether the value is left out of every description.
        public let isSensitive: Bool

        /// Makes a field.
        ///
        /// - Parameters:
        ///   - name: a token, such as `Content-Type`.
        ///   - value: the value, without a line break.
        ///   - isSensitive: whether to hide the value; by default true for `Authorization`, `Cookie` and their like.
        public init(_ name: String, _ value: String, isSensitive: Bool? = nil) {
            self.name = name
            self.value = value
            self.isSensitive = isSensitive ?? Self.carriesCredentials(name)
        }

        /// Whether this field has that name, letter case aside.
        ///
        /// - Parameter other: the name to compare with.
        /// - Returns: true if both names are equal when written in lower case ASCII.
        public func isNamed(_ other: String) -> Bool {
            let left = name.utf8
            let right = other.utf8
            guard left.count == right.count else { return false }
            return zip(left, right).allSatisfy { lowercaseASCII($0) == lowercaseASCII($1) }
        }

        /// Names whose values prove who the sender is: hidden from descriptions, dropped when a redirect leaves the host.
        package static func carriesCredentials(_ name: String) -> Bool {
            switch name.lowercased() {
            case "authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "api-key", "x-auth-token":
                true
            default: false
            }
        }

        /// Fields are equal if their values are, and their names but for letter case.
        public static func == (left: Field, right: Field) -> Bool {
            left.value == right.value && left.isNamed(right.name)
        }

        /// Hashes the name in lower case, and the value.
        ///
        /// - Parameter hasher: what the field is mixed into.
        public func hash(into hasher: inout Hasher) {
            hasher.combine(name.lowercased())
            hasher.combine(value)
        }
    }
}

extension HTTPHeaders.Field: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// `Name: value`, or `Name: [redacted]` if the value is sensitive.
    public var description: String { "\(name): \(isSensitive ? "[redacted]" : value)" }
    /// The same as the description, so that a debugger shows no secret.
    public var debugDescription: String { description }
    /// A mirror without a sensitive value, so that `dump` shows no secret.
    public var customMirror: Mirror { Mirror(self, children: ["field": description]) }
}

/// The byte with A–Z made a–z.
package func lowercaseASCII(_ byte: UInt8) -> UInt8 {
    byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
}
