public import Foundation

/// Where `retry` takes what varies from: random numbers, and the date.
public struct RetrySources: Sendable {
    /// Gives the next random number.
    public var random: @Sendable () -> UInt64
    /// Gives the date, for a `Retry-After` that names one, and for budgets and breakers.
    public var now: @Sendable () -> Date

    /// Puts sources together.
    ///
    /// - Parameters:
    ///   - random: Gives the next random number.
    ///   - now: Gives the date.
    public init(random: @escaping @Sendable () -> UInt64, now: @escaping @Sendable () -> Date) {
        self.random = random
        self.now = now
    }

    /// The system's generator and the system's date.
    public static let system = RetrySources(random: { UInt64.random(in: 0...(.max)) }, now: { Date() })
}
