import Foundation
import RotaRetry
import RotaTesting
import Testing

/// What a breaker should do, worked out each time from the whole history of its present phase.
private struct Model {
    enum Phase: Equatable {
        case closed
        case open(until: Double)
        case halfOpen
    }

    let limit: Int?
    let identical: Int?
    let rate: (threshold: Double, window: Double, minimum: Int)?
    let pause: Double
    let probes: Int
    let toClose: Int

    var phase = Phase.closed
    /// Outcomes since it was last closed: when, and the status that failed, or nil for a success.
    var history: [(time: Double, status: Int?)] = []
    var outstanding: Set<CircuitPermit> = []
    var successes = 0

    mutating func mayAdmit(_ now: Double) -> Bool {
        if case .open(let until) = phase {
            guard now >= until else { return false }
            phase = .halfOpen
            outstanding = []
            successes = 0
        }
        return phase == .closed || outstanding.count < probes
    }

    mutating func record(_ status: Int?, _ now: Double) {
        switch phase {
        case .open: break
        case .halfOpen:
            guard status == nil else {
                phase = .open(until: now + pause)
                return
            }
            successes += 1
            if successes >= toClose {
                phase = .closed
                history = []
            }
        case .closed:
            history.append((now, status))
            if status != nil, shouldOpen(now) { phase = .open(until: now + pause) }
        }
    }

    private func shouldOpen(_ now: Double) -> Bool {
        let trailing = history.reversed().prefix { $0.status != nil }
        if let limit, trailing.count >= limit { return true }
        if let identical, trailing.prefix(while: { $0.status == trailing.first?.status }).count >= identical {
            return true
        }
        guard let rate else { return false }
        let width = rate.window / 10
        let slice = (now / width).rounded(.down)
        let recent = history.filter { ($0.time / width).rounded(.down) > slice - 10 }
        let failed = recent.filter { $0.status != nil }.count
        return recent.count >= rate.minimum && Double(failed) >= rate.threshold * Double(recent.count)
    }
}

@Suite("CircuitBreaker under random events")
struct CircuitBreakerPropertyTests {
    /// Seeds 10 and 18 draw policies that never open the breaker.
    private static let seeds = (1...46 as ClosedRange<UInt64>).filter { $0 != 10 && $0 != 18 }

    @Test("It agrees with a model that looks at the whole history, also after being stored", arguments: seeds)
    func agreesWithModel(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let hasRate = generator.chance(0.5)
        var model = Model(
            limit: !hasRate || generator.chance(0.5) ? 1 + generator.below(6) : nil,
            identical: generator.chance(0.4) ? 1 + generator.below(4) : nil,
            rate: hasRate
                ? (Double(1 + generator.below(10)) / 10, Double(1 + generator.below(8)), 1 + generator.below(8)) : nil,
            pause: Double(1 + generator.below(8)), probes: 1 + generator.below(3), toClose: 1 + generator.below(3))
        var breaker = try CircuitBreaker(
            CircuitBreakerPolicy(
                consecutiveFailures: model.limit, identicalFailures: model.identical,
                failureRate: model.rate.map {
                    .init(threshold: $0.threshold, window: .seconds($0.window), minimumAttempts: $0.minimum)
                },
                openFor: .fixed(.seconds(model.pause)), probes: model.probes, successesToClose: model.toClose,
                probeLease: .seconds(86_400)))
        var now = 1_000_000.0
        var running: [(permit: CircuitPermit, phase: Int)] = []
        var phases = 0
        var seen: Set<String> = []
        for step in 0..<1200 {
            // Eighths of a second are exact in binary, so the model's sums are the breaker's.
            now += Double(generator.below(9)) / 8
            let before = model.phase
            if running.isEmpty || generator.chance(0.55) {
                let expected = model.mayAdmit(now)
                if model.phase != before { phases += 1 }
                guard case .permitted(let permit) = breaker.admit(at: at(now)) else {
                    #expect(!expected, "step \(step)")
                    continue
                }
                #expect(expected, "step \(step)")
                running.append((permit, phases))
                if model.phase == .halfOpen { model.outstanding.insert(permit) }
            } else {
                let attempt = running.remove(at: generator.below(running.count))
                let kind = generator.below(10)
                let status = kind < 4 ? nil : Optional(500 + kind % 3)
                let isIgnored = kind == 9
                if attempt.phase == phases {
                    model.outstanding.remove(attempt.permit)
                    if !isIgnored { model.record(status, now) }
                    if model.phase != before { phases += 1 }
                }
                let outcome: CircuitOutcome =
                    isIgnored ? .failure(.init(.canceled)) : status.map { .failure(.http(status: $0)) } ?? .success
                breaker.record(outcome, attempt.permit, at: at(now))
            }
            let state = breaker.state(at: at(now))
            switch model.phase {
            case .closed: #expect(state == .closed, "step \(step)")
            case .halfOpen: #expect(state == .halfOpen, "step \(step)")
            case .open(let until):
                #expect(state == (now >= until ? .halfOpen : .open(until: at(until))), "step \(step)")
            }
            #expect((breaker.trip == nil) == (state == .closed), "step \(step)")
            seen.insert("\(state)".prefix { $0.isLetter }.description)
            if step % 100 == 0 {
                let stored = try roundTrip(breaker)
                #expect(stored == breaker)
                breaker = stored
            }
        }
        #expect(seen.count >= 2, "\(seen)")
    }

    @Test("Dates that no clock shows, in any order, never trap", arguments: 1...10)
    func strangeDates(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let dates = [Double.nan, .infinity, -.infinity, 1e308, -1e308, 0, 1e9, 1e9 + 60, 9.3e18]
        var breaker = try CircuitBreaker(
            CircuitBreakerPolicy(
                consecutiveFailures: 3, failureRate: .init(threshold: 0.3, window: .seconds(1), minimumAttempts: 2)))
        for _ in 0..<3000 {
            let now = at(dates[generator.below(dates.count)])
            _ = breaker.state(at: now)
            if case .permitted(let permit) = breaker.admit(at: now) {
                let outcome: CircuitOutcome = generator.chance(0.5) ? .success : .failure(.init(.timeout))
                breaker.record(outcome, permit, at: at(dates[generator.below(dates.count)]))
            }
        }
        breaker.close()
        #expect(breaker.state(at: at(0)) == .closed)
    }

}
