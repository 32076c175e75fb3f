public import Foundation

/// The right to run an execution, held by one scheduler until an instant.
public struct Lease: Sendable, Hashable, Codable {
    /// The scheduler that holds the lease.
    public let owner: String
    /// The fencing token: it grows with every claim of the execution, and a finisher with an older one is refused.
    public let token: Int
    /// The instant at which others may take the execution over, unless the lease is renewed before.
    public var expiresAt: Date

    /// Makes a lease.
    public init(owner: String, token: Int, expiresAt: Date) {
        self.owner = owner
        self.token = token
        self.expiresAt = expiresAt
    }
}
