import Foundation
import RotaRetry
import Testing

@Test("T-38 501 and 404 fail at once, 503 is retried within 500 ms")
func defaultDecision() {
    var generator = SystemRandomNumberGenerator()
    let now = Date(timeIntervalSince1970: 0)
    let policy = RetryPolicy.default
    #expect(policy.decide(attempt: 1, failure: .http(status: 404), now: now, using: &generator) == .stop(.notRetryable))
    let delay = policy.decide(attempt: 1, failure: .http(status: 503), now: now, using: &generator).delay
    #expect(delay.map { $0 >= .zero && $0 <= .milliseconds(500) } == true)
}
