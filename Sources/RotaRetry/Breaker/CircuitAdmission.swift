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
