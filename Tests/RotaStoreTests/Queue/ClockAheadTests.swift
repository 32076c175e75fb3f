import Foundation
import RotaCore
import RotaStore
import RotaTesting
import Testing

@Suite struct ClockAheadTests {
    @Test(
        "Starts by a correct clock keep to the rate, however long the clock was ahead in between",
        arguments: [2, 3])
    func longAhead(maximum: Int) async throws {
        var held = 0
        for seed in 1...40 {
            var random = SplitMix64(seed: UInt64(seed))
            var job = try StoreSamples.job(1)
            job.definition.limits.rate = RateLimit(maximum, per: .seconds(20))
            let store = InMemoryJobStore()
            let runs = (0..<200).map { StoreSamples.execution($0 + 1, of: job, at: StoreSamples.start) }
            _ = try await store.insert([JobInsertion(job, executions: runs)])
            let ahead = Double.random(in: 20...200, using: &random)
            let begin = Double.random(in: 20...60, using: &random)
            let end = begin + Double.random(in: 1...150, using: &random)
            var (seconds, starts) = (0.0, [Double]())
            while seconds < end + 60 {
                let isAhead = seconds >= begin && seconds < end
                let now = StoreSamples.start + seconds + (isAhead ? ahead : 0)
                let limit = Int.random(in: 1...3, using: &random)
                let claims = await store.claim(
                    ClaimRequest(owner: "a", limit: limit, now: now, leaseExpiresAt: now + 900))
                if !isAhead { starts += claims.map { _ in seconds } }
                if claims.count < limit { held += 1 }
                seconds += Double(Int.random(in: 1...28, using: &random)) / 4
            }
            for start in starts {
                #expect(starts.count { $0 > start - 20 && $0 <= start } <= maximum, "seed \(seed), \(start) s")
            }
        }
        #expect(held > 100)
    }
}
