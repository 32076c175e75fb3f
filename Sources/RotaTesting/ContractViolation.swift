public import Foundation

/// A requirement that a store or a transport failed to meet.
public struct ContractViolation: Error, Sendable, Hashable, CustomStringConvertible {
    /// The expectation and what happened instead.
    public let description: String

    /// Creates a violation.
    ///
    /// - Parameter description: The expectation and what happened instead.
    public init(_ description: String) {
        self.description = description
    }

    static func require(_ condition: Bool, _ description: @autoclosure () -> String) throws {
        guard condition else { throw ContractViolation(description()) }
    }
}

extension ContractViolation: LocalizedError {
    /// The ``description``, so that `localizedDescription` says it too.
    public var errorDescription: String? { description }
}
