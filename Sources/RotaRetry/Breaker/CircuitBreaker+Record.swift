public import Foundation

extension CircuitBreaker {
    /// Takes note of how a permitted attempt ended.
    ///
    /// - Parameters:
    ///   - outcome: How it ended; a failure that the policy does not count is as good as ignored.
    ///   - permit: What the attempt was permitted by; one from before the last change of state moves nothing.
    ///   - now: The instant it ended.
    public mutating func record(_ outcome: CircuitOutcome, _ permit: CircuitPermit, at now: Date) {
        guard permit.generation == generation else { return }
        switch phase {
        case .closed: recordClosed(outcome, at: now)
        case .open: break
        case .halfOpen(var probes, let successes):
            guard let index = probes.firstIndex(where: { $0.number == permit.number }) else { return }
            probes.remove(at: index)
            phase = .halfOpen(probes: probes, successes: successes)
            recordProbe(outcome, at: now)
        }
    }

    /// Opens it by hand, for as long as the policy says.
    ///
    /// - Parameters:
    ///   - note: Why, for whoever reads the reason later.
    ///   - now: The instant from which it is open.
    public mutating func open(note: String? = nil, at now: Date) {
        open(trip(.manual, streak, of: streak, lastFailure, note: note, at: now))
    }

    /// Closes it by hand and forgets all it has counted.
    public mutating func close() {
        generation &+= 1
        phase = .closed
        trip = nil
        streak = 0
        alike = 0
        lastFailure = nil
        openings = 0
        window = FailureWindow()
    }

    private func counted(_ outcome: CircuitOutcome) -> AttemptFailure? {
        guard case .failure(let failure) = outcome else { return nil }
        return policy.counting.contains(failure.kind, status: failure.status) ? failure : nil
    }

    private mutating func recordClosed(_ outcome: CircuitOutcome, at now: Date) {
        if outcome == .success {
            streak = 0
            alike = 0
            lastFailure = nil
            count(failed: false, at: now)
        } else if let failure = counted(outcome) {
            let same = lastFailure?.kind == failure.kind && lastFailure?.status == failure.status
            alike = same ? alike &+ 1 : 1
            streak &+= 1
            lastFailure = failure
            count(failed: true, at: now)
            if let trip = verdict(on: failure, at: now) { open(trip) }
        }
    }

    private mutating func count(failed: Bool, at now: Date) {
        guard let rate = policy.failureRate else { return }
        window.count(failed: failed, at: now, window: rate.window)
    }

    private func verdict(on failure: AttemptFailure, at now: Date) -> CircuitTrip? {
        if let limit = policy.consecutiveFailures, streak >= limit {
            return trip(.consecutiveFailures, streak, of: streak, failure, at: now)
        }
        if let limit = policy.identicalFailures, alike >= limit {
            return trip(.identicalFailures, alike, of: alike, failure, at: now)
        }
        guard let rate = policy.failureRate else { return nil }
        let attempts = window.attempts
        let failures = window.failures
        // A quotient is the `Double` nearest to it, as is a threshold of 0.07; 0.07 × 100 would be more than 7.
        guard attempts >= rate.minimumAttempts, Double(failures) / Double(attempts) >= rate.threshold else {
            return nil
        }
        return trip(.failureRate, failures, of: attempts, failure, at: now)
    }

    private mutating func recordProbe(_ outcome: CircuitOutcome, at now: Date) {
        if let failure = counted(outcome) {
            streak &+= 1
            lastFailure = failure
            open(trip(.probeFailed, 1, of: 1, failure, at: now))
        } else if outcome == .success, case .halfOpen(let probes, let successes) = phase {
            if successes &+ 1 >= policy.successesToClose {
                close()
            } else {
                phase = .halfOpen(probes: probes, successes: successes &+ 1)
            }
        }
    }

    private func trip(
        _ cause: CircuitTrip.Cause, _ failures: Int, of attempts: Int, _ last: AttemptFailure?, note: String? = nil,
        at now: Date
    ) -> CircuitTrip {
        CircuitTrip(
            cause: cause, date: now, failures: failures, attempts: attempts, lastKind: last?.kind,
            lastStatus: last?.status, note: note)
    }

    private mutating func open(_ reason: CircuitTrip) {
        generation &+= 1
        openings = min(openings, 1_000_000) + 1
        trip = reason
        let pause = Nanoseconds.from(policy.openFor.nominalDelay(afterAttempt: openings))
        phase = .open(since: reason.date, seconds: Double(pause) / 1e9)
    }
}
