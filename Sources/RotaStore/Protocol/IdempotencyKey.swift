public import Foundation

/// A key under which an operation that is asked for again is not done again (C-17, I-28).
public struct OperationKey: Sendable, Hashable, Codable {
    /// What the key is for, such as “update”: one key may be used for several operations.
    public var operation: String
    /// The key.
    public var key: String
    /// Until when the store remembers it.
    public var expiresAt: Date

    /// Makes a key.
    public init(_ key: String, for operation: String, until expiresAt: Date) {
        self.operation = operation
        self.key = key
        self.expiresAt = expiresAt
    }
}
