public import Foundation

/// An idempotency key: an operation repeated with the same key has no effect.
public struct OperationKey: Sendable, Hashable, Codable {
    /// The operation that the key belongs to, such as "update".
    ///
    /// The same key may be used for several operations.
    public var operation: String
    /// The key.
    public var key: String
    /// When the store may forget the key.
    public var expiresAt: Date

    /// Creates a key.
    public init(_ key: String, for operation: String, until expiresAt: Date) {
        self.operation = operation
        self.key = key
        self.expiresAt = expiresAt
    }
}

/// The key of an operation on a job.
package struct JobOperationKey: Sendable, Hashable, Comparable {
    package let job: JobID
    package let operation: String
    package let key: String

    package init(job: JobID, operation: String, key: String) {
        self.job = job
        self.operation = operation
        self.key = key
    }

    package static func < (lhs: JobOperationKey, rhs: JobOperationKey) -> Bool {
        (lhs.job, lhs.operation, lhs.key) < (rhs.job, rhs.operation, rhs.key)
    }
}
