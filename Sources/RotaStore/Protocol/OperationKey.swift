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

/// The key of an operation that was done to a job.
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

/// A key in the order of the instant at which it expires.
package struct ExpiringKey: Sendable, Hashable, Comparable {
    package let instant: Date
    package let key: JobOperationKey

    init(instant: Date, key: JobOperationKey) {
        self.instant = instant.inOrder
        self.key = key
    }

    package static func < (lhs: ExpiringKey, rhs: ExpiringKey) -> Bool {
        lhs.instant == rhs.instant ? lhs.key < rhs.key : lhs.instant < rhs.instant
    }
}
