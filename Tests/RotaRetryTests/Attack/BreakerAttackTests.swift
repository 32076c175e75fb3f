import Foundation
import RotaRetry
import Testing

@Suite("Attack: circuit breaker")
struct BreakerAttackTests {
    static func permit(_ breaker: inout CircuitBreaker, at now: Date) -> CircuitPermit? {
        guard case .permitted(let permit) = breaker.admit(at: now) else { return nil }
        return permit
    }

    @Test(
        "Half-open, it admits no second probe to a caller whose clock reads a little earlier", arguments: [1e-6, 1, 60])
    func halfOpenAdmitsTooMany(step: Double) throws {
        var breaker = try CircuitBreakerTests.opened(at: at(1e9))
        let now = 1e9 + 1000
        let first = try #require(Self.permit(&breaker, at: at(now)))
        #expect(Self.permit(&breaker, at: at(now - step)) == nil)
        // The lease begins anew where the clock now is, and the first probe still decides.
        #expect(Self.permit(&breaker, at: at(now - step + 299)) == nil)
        breaker.record(.success, first, at: at(now - step + 1))
        #expect(breaker.state(at: at(now)) == .closed)
    }

    @Test("A probe lost before the clock was set far back is replaced after its lease")
    func lostProbeThenClockSetBack() throws {
        var breaker = try CircuitBreakerTests.opened(at: at(1e9))
        _ = try #require(Self.permit(&breaker, at: at(1e9 + 60)))
        #expect(breaker.admit(at: at(100)) == .refused(until: at(400), try #require(breaker.trip)))
        #expect(Self.permit(&breaker, at: at(400)) != nil)
    }

    @Test(
        "A rate that is exactly the threshold opens it, whatever the decimals",
        arguments: [(0.07, 7), (0.14, 14), (0.28, 28), (0.55, 55), (0.56, 56), (0.29, 29)])
    func exactThreshold(threshold: Double, failures: Int) throws {
        let policy = CircuitBreakerPolicy(
            consecutiveFailures: nil, failureRate: .init(threshold: threshold, minimumAttempts: 100))
        var breaker = try CircuitBreaker(policy)
        for _ in 0..<(100 - failures) { CircuitBreakerTests.run(&breaker, .success, at: at(0)) }
        for _ in 0..<failures { CircuitBreakerTests.run(&breaker, CircuitBreakerTests.failure, at: at(0)) }
        #expect(breaker.trip?.failures == failures)
    }

    @Test("Outcomes that come a moment out of order lose none of the window's counts")
    func windowOutOfOrder() throws {
        let policy = CircuitBreakerPolicy(
            consecutiveFailures: nil,
            failureRate: .init(threshold: 0.5, window: .seconds(10), minimumAttempts: 20))
        var breaker = try CircuitBreaker(policy)
        // Two tasks on either side of a slice's edge.
        for index in 0..<20 {
            CircuitBreakerTests.run(&breaker, CircuitBreakerTests.failure, at: at(index % 2 == 0 ? 100 : 99.999))
        }
        #expect(breaker.trip?.failures == 20)
    }

    @Test("A stored breaker with absurd counts still opens, and closes again")
    func hostileStored() throws {
        let fresh = try json(CircuitBreaker())
        let full = fresh.replacingOccurrences(of: #""streak":0"#, with: #""streak":9223372036854775807"#)
            .replacingOccurrences(of: #""alike":0"#, with: #""alike":9223372036854775807"#)
        #expect(full != fresh)
        var breaker: CircuitBreaker = try decode(full)
        CircuitBreakerTests.run(&breaker, CircuitBreakerTests.failure, at: at(0))
        #expect(breaker.state(at: at(0)) != .closed)

        let negative = fresh.replacingOccurrences(of: #""streak":0"#, with: #""streak":-9223372036854775808"#)
        breaker = try decode(negative)
        for _ in 0..<5 { CircuitBreakerTests.run(&breaker, CircuitBreakerTests.failure, at: at(0)) }
        #expect(breaker.state(at: at(0)) != .closed)
    }

    @Test("A stored breaker is not open for longer than any backoff allows")
    func hostileOpening() throws {
        let stored = try json(try CircuitBreakerTests.opened())
        let hostile = stored.replacingOccurrences(of: #""seconds":60"#, with: #""seconds":1e300"#)
        #expect(hostile != stored)
        let breaker: CircuitBreaker = try decode(hostile)
        #expect(breaker.state(at: at(367 * 86_400)) == .halfOpen)
    }

    @Test("A stored half-open breaker closes, whatever it says of its successes")
    func hostileSuccesses() throws {
        var breaker = try CircuitBreakerTests.opened()
        _ = breaker.admit(at: at(60))
        let stored = try json(breaker)
        let hostile = stored.replacingOccurrences(of: #""successes":0"#, with: #""successes":9223372036854775807"#)
        #expect(hostile != stored)
        var restored: CircuitBreaker = try decode(hostile)
        let probe = try #require(Self.permit(&restored, at: at(360)))
        restored.record(.success, probe, at: at(361))
        #expect(restored.state(at: at(361)) == .closed)
    }
}
