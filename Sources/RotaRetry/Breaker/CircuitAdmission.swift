public import Foundation

/// Permission from a circuit breaker to make one attempt, handed back with the attempt's outcome.
///
/// A permit can be stored with the attempt. Once the breaker has changed state, it ignores the outcomes of older
/// permits, so that an attempt that began before it opened cannot close it.
public struct CircuitPermit: Codable, Hashable, Sendable {
    let generation: Int64
    let number: Int64

    private enum CodingKeys: String, CodingKey {
        case generation, number
    }
}

/// A circuit breaker's answer to a request to make an attempt.
public enum CircuitAdmission: Hashable, Sendable {
    /// The attempt may be made. Hand the permit back with its outcome.
    case permitted(CircuitPermit)
    /// The attempt may not be made. The breaker refuses everything until this date.
    case refused(until: Date, CircuitTrip)
}

/// The outcome of a permitted attempt.
public enum CircuitOutcome: Hashable, Sendable {
    /// The attempt succeeded.
    case success
    /// The attempt failed.
    case failure(AttemptFailure)
    /// The attempt was interrupted or never started, so it says nothing about the dependency.
    case ignored
}

/// The reason a circuit breaker opened, stored with the breaker for people to read.
public struct CircuitTrip: Codable, Hashable, Sendable {
    /// The rule that opened a breaker.
    ///
    /// More rules may be added.
    public struct Cause: RawRepresentable, Codable, Hashable, Sendable {
        /// The stored name, in lower snake case.
        public let rawValue: String

        /// Creates a cause from its stored name, which may be one that this version does not know.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// Too many failures in a row.
        public static let consecutiveFailures = Cause(rawValue: "consecutive_failures")
        /// Too many failures in a row of the same kind and status.
        public static let identicalFailures = Cause(rawValue: "identical_failures")
        /// Too large a share of failures among recent attempts.
        public static let failureRate = Cause(rawValue: "failure_rate")
        /// A probe failed, so the breaker opened again.
        public static let probeFailed = Cause(rawValue: "probe_failed")
        /// The breaker was opened by hand.
        public static let manual = Cause(rawValue: "manual")
    }

    /// The rule that opened the breaker.
    public let cause: Cause
    /// The date at which it opened.
    public let date: Date
    /// The number of failures that the rule counted.
    public let failures: Int
    /// The number of attempts that the rule looked at.
    public let attempts: Int
    /// The kind of the last failure, or `nil` if there was none.
    public let lastKind: FailureKind?
    /// The HTTP status of the last failure, or `nil` if it had none.
    public let lastStatus: Int?
    /// The note given by the person who opened the breaker, if any.
    public let note: String?

    private enum CodingKeys: String, CodingKey {
        case cause, date, failures, attempts, lastKind, lastStatus, note
    }

    /// Returns a copy with another date.
    func dated(_ date: Date) -> CircuitTrip {
        CircuitTrip(
            cause: cause, date: date, failures: failures, attempts: attempts, lastKind: lastKind,
            lastStatus: lastStatus, note: note)
    }
}

extension CircuitTrip: CustomStringConvertible {
    /// One line, such as `5 of 5 attempts failed (consecutive_failures), last with http_status 503`.
    public var description: String {
        if cause == .manual { return note.map { "opened by hand: \($0)" } ?? "opened by hand" }
        let status = lastStatus.map { " \($0)" } ?? ""
        let last = lastKind.map { ", last with \($0)\(status)" } ?? ""
        return "\(failures) of \(attempts) attempts failed (\(cause.rawValue))\(last)"
    }
}
