import Foundation
import RotaRetry
import Testing

@Suite("Retry-After in decisions")
struct RetryAfterDecisionTests {
    static let policy = RetryPolicy.fixed(.seconds(10))

    static func delay(_ retryAfter: RetryAfter?, policy: RetryPolicy = policy) -> Duration? {
        RetryPolicyDecisionTests.decide(policy, .http(status: 503, retryAfter: retryAfter)).delay
    }

    @Test("It lengthens a delay and never shortens one")
    func floor() {
        #expect(Self.delay(.delay(.seconds(60))) == .seconds(60))
        #expect(Self.delay(.delay(.seconds(3))) == .seconds(10))
        #expect(Self.delay(.date(rfcDate.addingTimeInterval(90))) == .seconds(90))
    }

    @Test("It is capped, an hour by default")
    func capped() {
        #expect(Self.delay(.delay(.seconds(86_400))) == .seconds(3600))
        #expect(Self.delay(.date(.distantFuture)) == .seconds(3600))
        var patient = Self.policy
        patient.retryAfterCap = .seconds(100_000)
        #expect(Self.delay(.delay(.seconds(86_400)), policy: patient) == .seconds(86_400))
    }

    @Test("What is past is zero, so the backoff stands")
    func past() {
        #expect(Self.delay(.date(rfcDate.addingTimeInterval(-1))) == .seconds(10))
        #expect(Self.delay(.date(.distantPast)) == .seconds(10))
        #expect(Self.delay(.delay(.seconds(-5))) == .seconds(10))
    }

    @Test("A policy without a cap for it ignores it")
    func ignored() {
        var deaf = Self.policy
        deaf.retryAfterCap = nil
        #expect(Self.delay(.delay(.seconds(60)), policy: deaf) == .seconds(10))
    }

    @Test("It lengthens even a backoff that is capped shorter, and counts towards the time limit")
    func beyondTheBackoff() {
        let policy = RetryPolicy.exponential(
            initial: .seconds(1), maximum: .seconds(2), jitter: .none, timeLimit: .seconds(30))
        #expect(Self.delay(.delay(.seconds(30)), policy: policy) == .seconds(30))
        #expect(Self.delay(.delay(.seconds(31)), policy: policy) == nil)
    }

    @Test("Nobody comes back before the date: a fraction of a nanosecond counts as a whole one")
    func neverEarly() {
        var generator = SeededGenerator(12)
        for _ in 0..<2000 {
            let now = at(Double.random(in: 0..<2e9, using: &generator))
            let date = now.addingTimeInterval(Double.random(in: 0..<5e5, using: &generator))
            let delay = RetryAfter.date(date).delay(from: now)
            #expect(seconds(delay) >= date.timeIntervalSince(now))
            #expect(seconds(delay) < date.timeIntervalSince(now) + 1e-6)
        }
    }
}
