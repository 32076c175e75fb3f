import RotaCore
import RotaRetry
import Testing

@Suite("Adaptive timeouts")
struct AdaptiveTimeoutTests {
    @Test("The timeout is the quantile times the factor: 10,000 samples against a search from the definition")
    func oracle() {
        var random = SplitMix64(seed: 7)
        for _ in 0..<10_000 {
            let count = Int.random(in: 0...100, using: &random)
            let durations = (0..<count).map { _ in Duration.milliseconds(Int.random(in: 0...400, using: &random)) }
            let policy = AdaptiveTimeout(
                quantile: Double(Int.random(in: 1...100, using: &random)) / 100,
                factor: Double(Int.random(in: 2...20, using: &random)) / 2,
                within: .milliseconds(20) ... .milliseconds(1500))
            var expected = policy.bounds.upperBound
            if count >= 10 {
                // The shortest duration that at least so large a part of the attempts did not exceed.
                let covered = durations.filter { limit in
                    Double(durations.count { $0 <= limit }) + 1e-6 >= policy.quantile * Double(count)
                }.min()
                let scaled = (covered ?? .zero) * Int(policy.factor * 2) / 2
                expected = min(max(scaled, .milliseconds(20)), .milliseconds(1500))
            }
            #expect(policy.timeout(after: durations) == expected)
        }
    }

    @Test("Nine attempts are too few, and ten are enough")
    func fewAttempts() {
        let policy = AdaptiveTimeout(within: .seconds(5) ... .seconds(300))
        #expect(policy.quantile == 0.99 && policy.factor == 3)
        #expect(policy.timeout(after: []) == .seconds(300))
        #expect(policy.timeout(after: Array(repeating: .seconds(4), count: 9)) == .seconds(300))
        #expect(policy.timeout(after: Array(repeating: .seconds(4), count: 10)) == .seconds(12))
        #expect(policy.timeout(after: Array(repeating: .seconds(1), count: 10)) == .seconds(5))
        #expect(policy.timeout(after: Array(repeating: .seconds(101), count: 10)) == .seconds(300))
    }

    @Test("No setting or measurement makes it trap", arguments: [-1, 0, 1e-300, 1e300, .infinity, .nan] as [Double])
    func extremes(_ value: Double) {
        let longest = Duration(secondsComponent: .max, attosecondsComponent: 0)
        let spans: [Duration] = [.zero, .seconds(-5), .nanoseconds(Int64.max), longest]
        let durations = spans + spans + spans
        let bounds = Duration.seconds(1) ... .seconds(2)
        for policy in [
            AdaptiveTimeout(quantile: value, within: bounds), AdaptiveTimeout(factor: value, within: bounds),
        ] {
            #expect(bounds.contains(policy.timeout(after: durations)))
        }
    }

    @Test("A setting out of its range is refused, by name")
    func validation() {
        let bounds = Duration.seconds(1) ... .seconds(2)
        let wrong: [(AdaptiveTimeout, String)] = [
            (AdaptiveTimeout(quantile: 0, within: bounds), "quantile"),
            (AdaptiveTimeout(quantile: 1.01, within: bounds), "quantile"),
            (AdaptiveTimeout(quantile: .nan, within: bounds), "quantile"),
            (AdaptiveTimeout(factor: 0.99, within: bounds), "factor"),
            (AdaptiveTimeout(factor: 101, within: bounds), "factor"),
            (AdaptiveTimeout(factor: .infinity, within: bounds), "factor"),
            (AdaptiveTimeout(within: .zero ... .seconds(1)), "bounds"),
            (AdaptiveTimeout(within: .seconds(1) ... .seconds(366 * 86_400 + 1)), "bounds"),
        ]
        for (policy, word) in wrong {
            let error = #expect(throws: RetryPolicyError.self) { try policy.validate() }
            #expect(error?.code == .timeout && error?.message.contains(word) == true)
        }
        #expect(throws: Never.self) { try AdaptiveTimeout(quantile: 1, factor: 1, within: bounds).validate() }
    }

    @Test("Its JSON form is stable, and a wrong one is refused without trapping")
    func coding() throws {
        let policy = AdaptiveTimeout(quantile: 0.5, factor: 2, within: .milliseconds(1500) ... .seconds(300))
        #expect(try json(policy) == #"{"factor":2,"maximum":300,"minimum":1.5,"quantile":0.5}"#)
        #expect(try roundTrip(policy) == policy)
        for text in [
            #"{"factor":2,"maximum":1,"minimum":2,"quantile":0.5}"#,
            #"{"factor":2,"maximum":2,"minimum":0,"quantile":0.5}"#,
            #"{"factor":2,"maximum":2,"minimum":1,"quantile":5}"#,
        ] {
            let error = #expect(throws: DecodingError.self) { try decode(AdaptiveTimeout.self, text) }
            #expect(error.flatMap(policyError)?.code == .timeout)
        }
    }
}
