public import Foundation

extension CircuitBreaker {
    /// Whether an attempt may be made now.
    ///
    /// - Parameter now: The instant of the attempt.
    /// - Returns: A permit to hand back with the outcome, or until when there is no use in asking, and why.
    public mutating func admit(at now: Date) -> CircuitAdmission {
        if case .open(let since, let seconds) = phase {
            // A clock set back must not keep it open for longer than it was to be: it starts anew from now.
            if now < since { phase = .open(since: now, seconds: seconds) }
            guard Self.isOver(since, seconds, at: now) else {
                return .refused(until: Self.end(since, seconds, at: now), reason(at: now))
            }
            generation &+= 1
            phase = .halfOpen(probes: [], successes: 0)
        }
        guard case .halfOpen(var probes, let successes) = phase else { return .permitted(permit()) }
        let lease = Double(Nanoseconds.from(policy.probeLease)) / 1e9
        probes.removeAll { Self.isOver($0.startedAt, lease, at: now) }
        // The clock was set back, or another task read it a moment later and came first: the lease starts anew from
        // now, and the probe keeps its place.
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

    /// A breaker that is not closed has a reason, unless what it was read from had lost it.
    private func reason(at now: Date) -> CircuitTrip {
        trip
            ?? CircuitTrip(
                cause: .manual, date: now, failures: 0, attempts: 0, lastKind: nil, lastStatus: nil, note: nil)
    }
}
