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

@Suite("Retry presets")
struct RetryPresetTests {
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

}
