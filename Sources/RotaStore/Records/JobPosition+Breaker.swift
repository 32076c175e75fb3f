public import Foundation
public import RotaRetry

extension ScheduleState {
    /// Whether the job is paused because its breaker is open, and goes on by itself.
    public var isHeldByBreaker: Bool {
        guard state == .paused, let breaker, let trip = breaker.trip, let resumesAt,
            case .open(let end) = breaker.state(at: trip.date)
        else { return false }
        return end == resumesAt
    }

    /// Lets the job's breaker count the end of a run, as every store must in the step that ends it.
    ///
    /// What the schedule started counts, by how the run ended after its last attempt; what was canceled or expired
    /// says nothing, and neither does a run from before the breaker opened. If the breaker opens, an active job is
    /// paused until the breaker lets a run probe; if it closes, nothing of it is left.
    ///
    /// - Parameters:
    ///   - run: The execution that is over.
    ///   - policy: The job's breaker policy; `nil` if it has none.
    ///   - date: When the run ended.
    /// - Returns: Whether the position has changed.
    public mutating func recordCompleted(_ run: Execution, policy: CircuitBreakerPolicy?, at date: Date) -> Bool {
        guard policy != nil || breaker != nil, run.source == .schedule else { return false }
        let old = breaker
        guard let policy, var new = old?.policy == policy ? old : try? CircuitBreaker(policy) else {
            breaker = nil
            return old != nil
        }
        let outcome = run.circuitOutcome
        if let permit = run.details.circuitPermit {
            new.record(outcome, permit, at: date)
        } else if new.trip == nil, case .permitted(let permit) = new.admit(at: date) {
            new.record(outcome, permit, at: date)
        }
        if let trip = new.trip, case .open(let end) = new.state(at: date), old?.state(at: date) != .open(until: end) {
            hold(until: end, because: trip)
        }
        breaker = new.isUnused ? nil : new
        return breaker != old
    }

    private mutating func hold(until end: Date, because trip: CircuitTrip) {
        guard state == .active else { return }
        state = .paused
        resumesAt = end
        reason = "Its breaker is open until \(end.formatted(.iso8601)): \(trip)."
    }
}

extension Execution {
    /// What the end of the run says to a breaker.
    fileprivate var circuitOutcome: CircuitOutcome {
        switch progress.status {
        case .succeeded: .success
        case .failed:
            .failure(AttemptFailure(progress.failure?.kind ?? .unknown, status: attempts.last?.statusCode))
        case .queued, .running, .waiting, .canceled, .expired: .ignored
        }
    }
}

extension CircuitBreaker {
    /// Whether it has nothing to remember: a job that never fails carries no breaker.
    fileprivate var isUnused: Bool { trip == nil && streak == 0 && policy.failureRate == nil }
}
