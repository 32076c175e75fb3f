import Foundation
import RotaRetry
import Testing

@Suite("CircuitBreaker as JSON")
struct CircuitBreakerCodingTests {
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
        let probe = try #require(CircuitBreakerTests.permit(&restored, at: at(360)))
        restored.record(.success, probe, at: at(361))
        #expect(restored.state(at: at(361)) == .closed)
    }
}
