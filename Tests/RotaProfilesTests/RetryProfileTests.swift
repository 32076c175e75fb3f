import Foundation
import RotaProfiles
import RotaRetry
import RotaTestSupport
import RotaTesting
import Testing

/// A preset's nominal delays in seconds, and how far jitter may move each, as parts of it.
struct Preset: Sendable, CustomTestStringConvertible {
    let name: String
    let policy: RetryPolicy
    let attempts: Int
    let nominal: [Double]
    let low: Double
    let high: Double

    var testDescription: String { name }

    static let all = [
        Preset(
            name: "trigrun", policy: .trigrun, attempts: 3, nominal: [0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256], low: 0,
            high: 1),
        Preset(
            name: "krafter", policy: .krafter, attempts: 4, nominal: [15, 30, 45, 60, 75, 90], low: 1, high: 1),
        Preset(
            name: "strait", policy: .strait, attempts: 3,
            nominal: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600], low: 0.8, high: 1.2),
        Preset(
            name: "standard webhooks", policy: .standardWebhooks, attempts: 10,
            nominal: [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400, 86400], low: 0.9, high: 1.1),
    ]
}

@Suite("Retry presets of the services")
struct RetryProfileTests {
    private func seconds(_ duration: Duration) -> Double { duration / .seconds(1) }

    @Test("The nominal delays of every preset", .rows("T-39", "KX-3", "SX-8", "C-3"), arguments: Preset.all)
    func nominalDelays(preset: Preset) throws {
        try preset.policy.validate()
        #expect(preset.policy.maxAttempts == preset.attempts)
        for (index, nominal) in preset.nominal.enumerated() {
            #expect(
                preset.policy.backoff.nominalDelay(afterAttempt: index + 1)
                    == .milliseconds(Int64(nominal * 1000)), "after attempt \(index + 1)")
        }
    }

    @Test(
        "Seeded delays of every preset fill their bounds and never leave them", .rows("T-39", "SX-8", "C-3"),
        arguments: Preset.all)
    func bounds(preset: Preset) {
        var generator = SeededGenerator(seed: 7)
        for (index, nominal) in preset.nominal.enumerated() {
            let cap = seconds(preset.policy.backoff.maximum)
            let low = nominal * preset.low
            let high = min(nominal * preset.high, cap)
            var least = Double.infinity
            var most = 0.0
            for _ in 0..<2000 {
                let delay = seconds(
                    preset.policy.backoff.delay(
                        afterAttempt: index + 1, jitter: preset.policy.jitter, using: &generator))
                least = min(least, delay)
                most = max(most, delay)
            }
            #expect(least >= low - 1e-9 && least <= low + (high - low) * 0.01, "after attempt \(index + 1)")
            #expect(most <= high + 1e-9 && most >= high - (high - low) * 0.01, "after attempt \(index + 1)")
        }
    }

    @Test("250 ms × 2^attempt counts attempts from 1, or from 0 if told so", .rows("C-4"))
    func countingFrom() {
        #expect(Backoff.trigrun == .trigrun(countingFrom: 1))
        #expect(Backoff.trigrun(countingFrom: 0).nominalDelay(afterAttempt: 1) == .milliseconds(250))
        #expect(Backoff.trigrun(countingFrom: 0).nominalDelay(afterAttempt: 4) == .milliseconds(2000))

    }

    @Test("Krafter: three retries 15, 30 and 45 s apart, after any failure", .rows("K-13", "KX-3", "C-6"))
    func krafter() {
        for failure in [AttemptFailure.http(status: 404), .init(.responseMismatch), .init(.timeout)] {
            let decisions = (1...4).map { decide(.krafter, attempt: $0, failure) }
            #expect(
                decisions == [
                    .retry(after: .seconds(15)), .retry(after: .seconds(30)), .retry(after: .seconds(45)),
                    .stop(.attemptsExhausted),
                ])
        }
        #expect(RetryPolicy.krafter.retries == 3)
    }

    @Test(
        "Strait retries by error class: 4xx not, but for 408, 425 and 429", .rows("C-6", "SX-17"), arguments: 300...599)
    func strait(status: Int) {
        let decision = decide(.strait, .http(status: status))
        #expect((decision.delay != nil) == AttemptFailure.http(status: status).errorClass.isRetryable)
    }

    private func decide(_ policy: RetryPolicy, attempt: Int = 1, _ failure: AttemptFailure) -> RetryDecision {
        var generator = SeededGenerator(seed: 1)
        return policy.decide(
            attempt: attempt, failure: failure, now: Date(timeIntervalSince1970: 784_111_777), using: &generator)
    }

    @Test(
        "Each service's policy is valid within the service's own range", .rows("C-1", "T-37", "I-19", "SX-13", "IX-1"))
    func policies() throws {
        #expect(ServiceProfile.allCases.map(\.retryPolicy.maxAttempts) == [3, 4, 4, 3])
        #expect(ServiceProfile.allCases.map(\.attemptRange.upperBound) == [10, 100, 11, 100])
        for profile in ServiceProfile.allCases { try profile.retryPolicy.validate(attempts: profile.attemptRange) }
        #expect(RetryPolicy.default == .trigrun)
    }

    @Test(
        "Counts of retries are one less than attempts", .rows("K-13", "I-9", "I-19", "C-1"),
        arguments: [
            (ServiceProfile.krafter, "max_retries"), (ServiceProfile.infrai, "retries"),
            (ServiceProfile.infrai, "retry"),
        ])
    func retries(profile: ServiceProfile, key: String) throws {
        func attempts(_ value: String) throws -> Int {
            try profile.retryPolicy(from: Data(#"{"\#(key)":\#(value)}"#.utf8)).maxAttempts
        }
        #expect(try attempts("3") == 4)
        #expect(try attempts("0") == 1)
        #expect(try attempts("null") == 4)
        for wrong in ["-1", "100", "9223372036854775807", #""3""#] {
            #expect(throws: DecodingError.self) { try attempts(wrong) }
        }
    }

    @Test("Settings that are not given are the service's")
    func missing() throws {
        for profile in ServiceProfile.allCases {
            #expect(try profile.retryPolicy(from: Data("{}".utf8)) == profile.retryPolicy)
        }
        let krafter = try ServiceProfile.krafter.retryPolicy(from: Data(#"{"max_retries":1,"time_limit":60}"#.utf8))
        #expect(
            krafter
                == RetryPolicy(
                    maxAttempts: 2, backoff: .krafter, jitter: .none, retrying: .any, timeLimit: .seconds(60)))
        let deaf = try ServiceProfile.strait.retryPolicy(from: Data(#"{"retry_after_cap":null,"jitter":null}"#.utf8))
        #expect(deaf.retryAfterCap == nil && deaf.jitter == .proportional(0.2))
    }

    @Test("Rota's own form of a policy is the same in every service")
    func ownForm() throws {
        let policy = RetryPolicy(
            maxAttempts: 5, backoff: .delays([.seconds(1), .seconds(9)]), jitter: .equal,
            retrying: FailureSet(statuses: [503], kinds: .only([.timeout])), timeLimit: .seconds(30))
        let json = try JSONEncoder().encode(policy)
        for profile in ServiceProfile.allCases { #expect(try profile.retryPolicy(from: json) == policy) }
    }

    @Test("Strait names the strategy, and lists the delays of the custom one", .rows("S-44", "S-45", "SX-8"))
    func straitStrategies() throws {
        func nominal(_ text: String) throws -> [Duration] {
            let policy = try ServiceProfile.strait.retryPolicy(from: Data(text.utf8))
            return (1...3).map { policy.backoff.nominalDelay(afterAttempt: $0) }
        }
        #expect(try nominal(#"{"retry_strategy":"linear"}"#) == [1, 2, 3].map { .seconds($0) })
        #expect(try nominal(#"{"retry_strategy":"exponential"}"#) == [1, 2, 4].map { .seconds($0) })
        #expect(try nominal(#"{"retry_strategy":"fixed"}"#) == [1, 1, 1].map { .seconds($0) })
        #expect(try nominal(#"{"retry_delays_secs":[5,7]}"#) == [5, 7, 7].map { .seconds($0) })
        #expect(try nominal(#"{"retry_strategy":"","retry_delays_secs":[]}"#) == [1, 2, 4].map { .seconds($0) })
        for wrong in [#"{"retry_strategy":"custom"}"#, #"{"retry_strategy":"no"}"#, #"{"retry_delays_secs":[1e300]}"#] {
            #expect(throws: DecodingError.self) { try nominal(wrong) }
        }
    }

    @Test("Strait's overrides have its own keys, others are in Rota's form", .rows("S-73 to S-77"))
    func overrides() throws {
        let overrides = RetryOverrides(
            maxAttempts: 4, timeout: .seconds(30), strategy: .custom, initialDelay: .seconds(2),
            maximumDelay: .seconds(9), delays: [.seconds(1), .milliseconds(2500)])
        let strait = try ServiceProfile.strait.json(of: overrides)
        #expect(
            String(decoding: strait, as: UTF8.self)
                == #"{"max_attempts_override":4,"retry_backoff":"custom","retry_delays_secs":[1,2.5],"#
                + #""retry_initial_delay_secs":2,"retry_max_delay_secs":9,"timeout_secs_override":30}"#)
        for profile in ServiceProfile.allCases {
            #expect(try profile.retryOverrides(from: profile.json(of: overrides)) == overrides)
        }
        let own = try ServiceProfile.trigrun.json(of: RetryOverrides(maxAttempts: 4))
        #expect(String(decoding: own, as: UTF8.self) == #"{"maxAttempts":4}"#)
        #expect(try ServiceProfile.strait.json(of: RetryOverrides()) == Data("{}".utf8))
    }
}
