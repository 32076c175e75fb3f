/// A secret's value: it can be sent, but not printed, dumped or encoded by accident.
public struct SecretValue: Sendable, Hashable, ExpressibleByStringLiteral {
    /// The value itself; whoever reads it answers for where it goes.
    public let value: String

    /// Wraps a value.
    ///
    /// - Parameter value: the value as it is to be sent.
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
