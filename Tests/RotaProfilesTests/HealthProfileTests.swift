import Foundation
import RotaHTTP
import RotaProfiles
import RotaStore
import RotaTestSupport
import Testing

@Suite struct HealthProfileTests {
    @Test(
        "Strait's record of a job's health has its names", .rows("S-14", "S-100 to S-110"))
    func record() throws {
        var health = JobHealth()
        for (outcome, count) in zip(HealthOutcome.allCases, [6, 1, 2, 3, 4, 4]) { health.count(outcome, count) }
        let durations: [Int64] = (1...10).map { Int64($0) * 1_000_000_000 }
        health.setDurations(sum: 55_000_000_000, count: 10) { durations[$0] }
        let record = try #require(ServiceProfile.strait.record(of: health))
        #expect(
            record.text
                == #"{"total_runs":20,"completed_runs":6,"failed_runs":1,"timed_out_runs":2,"crashed_runs":3,"#
                + #""canceled_runs":4,"expired_runs":4,"success_rate":30,"avg_duration_secs":5.5,"#
                + #""p95_duration_secs":9.55,"health_score":51}"#)
        #expect(ServiceProfile.trigrun.record(of: health) == nil)
    }

    @Test("An unstarted execution expires by the first time to live that is stated", .rows("SX-6"))
    func expiry() throws {
        let now = Date(timeIntervalSince1970: 1_000)
        let later = now.addingTimeInterval(500)
        let strait = ServiceProfile.strait
        #expect(strait.expiry(at: now) == now.addingTimeInterval(360))
        #expect(strait.expiry(at: now, timeout: .seconds(10)) == now.addingTimeInterval(70))
        #expect(strait.expiry(at: now, scheduledAt: later) == later.addingTimeInterval(360))
        #expect(strait.expiry(at: later, scheduledAt: now) == later.addingTimeInterval(360))
        #expect(strait.expiry(at: now, server: .seconds(9)) == now.addingTimeInterval(9))
        #expect(strait.expiry(at: now, job: .seconds(8), server: .seconds(9)) == now.addingTimeInterval(8))
        #expect(
            strait.expiry(at: now, requested: .seconds(7), job: .seconds(8), server: .seconds(9))
                == now.addingTimeInterval(7))
        #expect(strait.expiry(at: now, requested: .zero, job: .seconds(8)) == now.addingTimeInterval(8))
        #expect(ServiceProfile.infrai.expiry(at: now) == nil)
    }
}
