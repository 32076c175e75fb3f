public import Foundation

/// A breaker's leave to make one attempt, to be handed back with the attempt's outcome.
///
/// It can be stored with the attempt. A breaker that has changed its state in the meantime ignores the outcome,
/// so that what began before it opened cannot close it.
public struct CircuitPermit: Codable, Hashable, Sendable {
    let generation: Int64
    let number: Int64
}

/// What a circuit breaker answers to the question whether an attempt may be made.
public enum CircuitAdmission: Hashable, Sendable {
    /// It may; the permit goes back with the outcome.
    case permitted(CircuitPermit)
    /// It may not, and asking again makes no sense before this instant.
    case refused(until: Date, CircuitTrip)
}

/// What became of a permitted attempt.
public enum CircuitOutcome: Hashable, Sendable {
    /// It succeeded.
    case success
    /// It failed so.
    case failure(AttemptFailure)
    /// It was interrupted or never started, and says nothing about the other side.
    case ignored
}

/// Why a circuit breaker opened, kept with it so that a person can read it later.
public struct CircuitTrip: Codable, Hashable, Sendable {
    /// Which rule opened it; more may be added.
    public struct Cause: RawRepresentable, Codable, Hashable, Sendable {
        /// The name that is stored, in lower snake case.
        public let rawValue: String

        /// Takes a stored name as it is.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// So many failures in a row.
        public static let consecutiveFailures = Cause(rawValue: "consecutive_failures")
        /// So many failures in a row of one and the same kind and status.
        public static let identicalFailures = Cause(rawValue: "identical_failures")
        /// So many failures among the attempts of the window.
        public static let failureRate = Cause(rawValue: "failure_rate")
        /// A probe failed, so it opened again.
        public static let probeFailed = Cause(rawValue: "probe_failed")
        /// Somebody opened it by hand.
        public static let manual = Cause(rawValue: "manual")
    }

    /// Which rule opened it.
    public let cause: Cause
    /// When it opened.
    public let date: Date
    /// How many failures the rule counted.
    public let failures: Int
    /// Out of how many attempts.
    public let attempts: Int
    /// The kind of the failure that opened it, unless it was a person.
    public let lastKind: FailureKind?
    /// The HTTP status of the failure that opened it, if there was one.
    public let lastStatus: Int?
    /// What the person said who opened it, if one did.
    public let note: String?
}

extension CircuitTrip: CustomStringConvertible {
    /// One line: `5 of 5 attempts failed (consecutive_failures), last with http_status 503`.
    public var description: String {
        if cause == .manual { return note.map { "opened by hand: \($0)" } ?? "opened by hand" }
        let status = lastStatus.map { " \($0)" } ?? ""
        let last = lastKind.map { ", last with \($0)\(status)" } ?? ""
        return "\(failures) of \(attempts) attempts failed (\(cause.rawValue))\(last)"
    }
}
