public import Foundation

extension CircuitBreaker {
    /// Asks for permission to make an attempt.
    ///
    /// - Parameter now: The current date.
    /// - Returns: A permit to hand back with the outcome, or a refusal with its reason and the date it lasts until.
    public mutating func admit(at now: Date) -> CircuitAdmission {
        if case .open(let since, let seconds) = phase {
            // If the clock was set back, the pause starts again now, so that it never lasts longer than it should.
            if now < since { phase = .open(since: now, seconds: seconds) }
            guard Self.hasElapsed(seconds, since: since, at: now) else {
                return .refused(until: Self.end(since, seconds, at: now), reason(at: now))
            }
            generation &+= 1
            phase = .halfOpen(probes: [], successes: 0)
        }
        guard case .halfOpen(var probes, let successes) = phase else { return .permitted(permit()) }
        let lease = Double(Nanoseconds.from(policy.probeLease)) / 1e9
        probes.removeAll { Self.hasElapsed(lease, since: $0.startedAt, at: now) }
        // A probe from the future means that the clock was set back, or that another task read it a moment later and
        // got here first. Its lease starts again now, and it keeps its place.
        for index in probes.indices where probes[index].startedAt > now { probes[index].startedAt = now }
        guard probes.count < policy.probes else {
            phase = .halfOpen(probes: probes, successes: successes)
            let ends = probes.map { Self.end($0.startedAt, lease, at: now) }
            return .refused(until: ends.min() ?? now, reason(at: now))
        }
        let permit = permit()
        probes.append(Probe(number: permit.number, startedAt: now))
        phase = .halfOpen(probes: probes, successes: successes)
        return .permitted(permit)
    }

    private mutating func permit() -> CircuitPermit {
        defer { nextPermit &+= 1 }
        return CircuitPermit(generation: generation, number: nextPermit)
    }

    /// A breaker that is not closed has a reason, unless stored data has lost it.
    private func reason(at now: Date) -> CircuitTrip {
        trip
            ?? CircuitTrip(
                cause: .manual, date: now, failures: 0, attempts: 0, lastKind: nil, lastStatus: nil, note: nil)
    }
}

extension CircuitBreaker {
    /// Records the outcome of a permitted attempt.
    ///
    /// - Parameters:
    ///   - outcome: The outcome. A failure that the policy does not count is ignored.
    ///   - permit: The attempt's permit. Permits from before the last change of state are ignored.
    ///   - now: The date at which the attempt ended.
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

    /// Opens the breaker by hand, for as long as the policy says.
    ///
    /// - Parameters:
    ///   - note: The reason, kept in ``trip``.
    ///   - now: The current date.
    public mutating func open(note: String? = nil, at now: Date) {
        open(trip(.manual, streak, of: streak, lastFailure, note: note, at: now))
    }

    /// Brings dates that a clock wrote while it was ahead back to the current one, so that no pause lasts too long.
    ///
    /// - Returns: Whether anything changed.
    package mutating func rewind(to now: Date) -> Bool {
        let old = self
        if let trip, trip.date > now { self.trip = trip.dated(now) }
        switch phase {
        case .open(let since, let seconds) where since > now: phase = .open(since: now, seconds: seconds)
        case .halfOpen(var probes, let successes):
            for index in probes.indices where probes[index].startedAt > now { probes[index].startedAt = now }
            phase = .halfOpen(probes: probes, successes: successes)
        case .open, .closed: break
        }
        return self != old
    }

    /// Closes the breaker by hand and resets its counts.
    public mutating func close() {
        generation &+= 1
        phase = .closed
        trip = nil
        streak = 0
        identicalStreak = 0
        lastFailure = nil
        openings = 0
        window = FailureWindow()
    }

    /// The failure, if the policy counts it.
    private func counted(_ outcome: CircuitOutcome) -> AttemptFailure? {
        guard case .failure(let failure) = outcome else { return nil }
        return policy.counting.contains(failure.kind, status: failure.status) ? failure : nil
    }

    private mutating func recordClosed(_ outcome: CircuitOutcome, at now: Date) {
        if outcome == .success {
            streak = 0
            identicalStreak = 0
            lastFailure = nil
            count(failed: false, at: now)
        } else if let failure = counted(outcome) {
            let isSame = lastFailure?.kind == failure.kind && lastFailure?.status == failure.status
            identicalStreak = isSame ? identicalStreak &+ 1 : 1
            streak &+= 1
            lastFailure = failure
            count(failed: true, at: now)
            if let trip = trip(after: failure, at: now) { open(trip) }
        }
    }

    private mutating func count(failed: Bool, at now: Date) {
        guard let rate = policy.failureRate else { return }
        window.count(failed: failed, at: now, window: rate.window)
    }

    /// Returns the reason to open after a failure, or `nil` to stay closed.
    private func trip(after failure: AttemptFailure, at now: Date) -> CircuitTrip? {
        if let limit = policy.consecutiveFailures, streak >= limit {
            return trip(.consecutiveFailures, streak, of: streak, failure, at: now)
        }
        if let limit = policy.identicalFailures, identicalStreak >= limit {
            return trip(.identicalFailures, identicalStreak, of: identicalStreak, failure, at: now)
        }
        guard let rate = policy.failureRate else { return nil }
        let attempts = window.attempts
        let failures = window.failures
        // Compare quotients: 7 / 100 and the threshold 0.07 are the same `Double`, but 0.07 × 100 is more than 7.
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

/// Attempts and failures over a sliding window, counted in tenths of it.
struct FailureWindow: Codable, Hashable, Sendable {
    private struct Slice: Codable, Hashable {
        var index: Int64
        var attempts: Int
        var failures: Int

        private enum CodingKeys: String, CodingKey {
            case index, attempts, failures
        }
    }

    private static let slices: Int64 = 10

    /// Oldest first, at most ten.
    private var recent: [Slice] = []

    private enum CodingKeys: String, CodingKey {
        case recent
    }

    var attempts: Int { recent.reduce(0) { $0 &+ $1.attempts } }
    var failures: Int { recent.reduce(0) { $0 &+ $1.failures } }

    /// Counts an attempt and drops the slices that are too old.
    mutating func count(failed: Bool, at now: Date, window: Duration) {
        let width = max(1, Double(Nanoseconds.from(window))) / 1e9 / Double(Self.slices)
        let position = (now.timeIntervalSince1970 / width).rounded(.down)
        // No real clock is so far off that its slice does not fit; such dates share slice zero.
        var index = Int64(exactly: position) ?? 0
        // A task that read the clock just before the edge of a slice, but got here second, counts in the newer slice.
        if let newest = recent.last?.index, newest > .min, newest - 1 == index { index = newest }
        let (ninthBefore, overflow) = index.subtractingReportingOverflow(Self.slices - 1)
        // Slices in the future are from before the clock was set back; their age is unknown.
        recent.removeAll { $0.index > index || $0.index < (overflow ? .min : ninthBefore) }
        if recent.last?.index != index { recent.append(Slice(index: index, attempts: 0, failures: 0)) }
        recent[recent.count - 1].attempts &+= 1
        recent[recent.count - 1].failures &+= failed ? 1 : 0
    }
}
