import Foundation
import RotaTestSupport
import RotaTesting
import Testing

@Suite("Firing")
struct FiringTests {
    let start = Date(timeIntervalSince1970: 1_767_225_600)  // 2026-01-01T00:00:00Z, a Thursday

    @Test("An interval counts from the job's creation and never drifts", .rows("T-3"))
    func intervalIsAnchored() async throws {
        let created = try Date(utc: "2026-01-01T10:03:20Z")
        let bench = Bench(clock: ManualClock(now: created))
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "sync", schedule: .every(.seconds(900)), action: .http(.get("https://example.com/"))))
            #expect(job.nextRunAt == created.addingTimeInterval(900))
            await bench.advance(.seconds(3600))
            let executions = try await bench.executions()
            #expect(executions.map(\.scheduledFor) == (1...4).map { created.addingTimeInterval(Double($0) * 900) })
            #expect(executions.allSatisfy { $0.status == .succeeded && $0.source == .schedule })
            #expect(executions.allSatisfy { $0.lateness == .zero })
        }
    }

    @Test("A cron job in New York fires at 9:30 across both daylight-saving changes", .rows("T-20"))
    func cronInZone() async throws {
        for (from, expected) in [
            ("2026-03-06T00:00:00Z", ["2026-03-06T14:30:00Z", "2026-03-09T13:30:00Z", "2026-03-10T13:30:00Z"]),
            ("2026-10-30T00:00:00Z", ["2026-10-30T13:30:00Z", "2026-11-02T14:30:00Z", "2026-11-03T14:30:00Z"]),
        ] {
            let bench = try Bench(clock: ManualClock(now: Date(utc: from)))
            try await bench.running {
                try await bench.scheduler.create(
                    .init(
                        name: "report", schedule: .cron("30 9 * * 1-5", in: "America/New_York"),
                        action: .http(.post("https://example.com/report"))))
                await bench.advance(.seconds(5 * 86_400))
                let fired = try await bench.executions().map(\.scheduledFor)
                let dates = try expected.map { try Date(utc: $0) }
                #expect(fired == dates)
            }
        }
    }

    @Test("An immediate job has its execution queued when create returns, and is completed", .rows("T-6"))
    func immediately() async throws {
        let bench = Bench()
        let job = try await bench.scheduler.create(
            .init(name: "deploy", schedule: .immediately, action: .http(.post("https://example.com/deploy"))))
        let queued = try await bench.executions(of: job.id)
        #expect(queued.map(\.status) == [.queued])
        #expect(job.state == .completed)
        try await bench.running {
            await bench.advance(.zero)
            let done = try await bench.executions(of: job.id)
            #expect(done.map(\.status) == [.succeeded])
        }
        #expect(bench.transport.requests.count == 1)
    }

    @Test("A one-shot fires once, on time, and completes its job", .rows("T-5"), arguments: [3600, -3600])
    func once(offset: Int) async throws {
        let bench = Bench()
        let date = start.addingTimeInterval(Double(offset))
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "launch", schedule: .once(at: date), action: .http(.get("https://example.com/"))))
            await bench.advance(.seconds(7200))
            let executions = try await bench.executions(of: job.id)
            #expect(executions.map(\.scheduledFor) == [date])
            #expect(executions.first?.startedAt == max(date, start))
            #expect(try await bench.scheduler.job(job.id).state == .completed)
        }
    }

    @Test("A job is completed with a reason when its limit of executions is reached", .rows("I-24"))
    func maximumRuns() async throws {
        let bench = Bench()
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "thrice", schedule: .every(.seconds(60)).limited(toRuns: 3),
                    action: .http(.get("https://example.com/"))))
            await bench.advance(.seconds(600))
            #expect(try await bench.executions(of: job.id).count == 3)
            let completed = try await bench.scheduler.job(job.id)
            #expect(completed.state == .completed)
            #expect(completed.reason?.contains("3 times") == true)
        }
    }

    @Test("A schedule that counts from completion waits for the execution to finish")
    func afterCompletion() async throws {
        let bench = Bench()
        let clock = bench.clock
        try await bench.scheduler.handle("slow") { _ in
            try await clock.sleep(until: clock.now.addingTimeInterval(45))
        }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "slow", schedule: .afterCompletion(.seconds(15)), action: .handler("slow")))
            await bench.advance(.seconds(200))
            let executions = try await bench.executions(of: job.id)
            #expect(
                executions.map { $0.scheduledFor.timeIntervalSince(start) } == [15, 75, 135, 195])
        }
    }

    @Test("An hourly job fires for a year of virtual time")
    func aYear() async throws {
        let bench = Bench(clock: ManualClock(longestSleep: .seconds(365 * 86_400)))
        try await bench.scheduler.handle("tick") { _ in }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "hourly", schedule: .cron("0 * * * *"), action: .handler("tick"),
                    retention: .last(10_000)))
            await bench.advance(.seconds(365 * 86_400))
            let executions = try await bench.executions(of: job.id)
            #expect(executions.count == 8760)
            #expect(Set(executions.map(\.scheduledFor)).count == 8760)
            #expect(executions.allSatisfy { $0.lateness == .zero && $0.status == .succeeded })
        }
    }

    @Test("Nothing starts early, and a clock set back fires nothing twice", arguments: [-3600, -86_400])
    func clockSetBack(step: Int) async throws {
        let bench = Bench()
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "minutely", schedule: .every(.seconds(60)), action: .http(.get("https://example.com/"))))
            await bench.advance(.seconds(300))
            bench.clock.step(by: .seconds(step))
            await bench.advance(.seconds(-step + 300))
            let executions = try await bench.executions(of: job.id)
            // The time before the job's creation comes after it now, and its minutes have not fired.
            let minutes = Set(executions.map { Int($0.scheduledFor.timeIntervalSince(start) / 60) })
            #expect(minutes.count == executions.count && minutes.isSuperset(of: 6...10))
            #expect(executions.count == min(-step / 60 + 5, 1000))
            #expect(executions.allSatisfy { ($0.lateness ?? .seconds(-1)) >= .zero })
        }
    }

    @Test("Finding the latest occurrence of a smoothed schedule does not scan the whole window")
    func smoothedWalk() async throws {
        let bench = Bench()
        var key = 0
        let draft = { (key: Int) in
            Schedule.every(.milliseconds(100)).smoothed(over: .seconds(7 * 86_400), key: "\(key)")
        }
        while draft(key).smoothingOffset < .seconds(6 * 86_400) { key += 1 }
        let job = try await bench.scheduler.create(
            .init(name: "j", schedule: draft(key), action: .http(.get("https://example.com/"))))
        bench.clock.set(to: start.addingTimeInterval(8 * 86_400))
        try await bench.running { await bench.advance(.zero) }
        // Those of the last five seconds were not missed.
        let count = try await bench.executions(of: job.id).count
        #expect((50...51).contains(count))
    }

    @Test("A smoothed occurrence that starts at its effective date is not a misfire")
    func smoothedSkip() async throws {
        let bench = Bench()
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "smooth", schedule: .smoothedHourly(), action: .http(.get("https://example.com/")),
                    misfire: .skip))
            await bench.advance(.seconds(3 * 3600 + 1800))
            #expect(try await bench.executions(of: job.id).count == 3)
            #expect(try await bench.scheduler.skips(of: job.id).isEmpty)
        }
    }

    @Test("A smoothed occurrence that starts at its effective date is not too late")
    func smoothedWithin() async throws {
        let bench = Bench()
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "smooth", schedule: .smoothedHourly(), action: .http(.get("https://example.com/")),
                    misfire: .latest(maximumLateness: .seconds(60))))
            await bench.advance(.seconds(3 * 3600 + 1800))
            #expect(try await bench.executions(of: job.id).count == 3)
            #expect(try await bench.scheduler.skips(of: job.id).isEmpty)
        }
    }

    @Test("A job due every millisecond fires each occurrence once")
    func everyMillisecond() async throws {
        let bench = Bench(configuration: Bench.configuration { $0.batchSize = 7 })
        try await bench.scheduler.handle("x") { _ in }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "j", schedule: .every(.milliseconds(1)), action: .handler("x"), retention: .last(100_000)))
            await bench.advance(.milliseconds(300))
            bench.clock.set(to: bench.clock.now.addingTimeInterval(1))
            await bench.advance(.milliseconds(100))
            let dates = try await bench.executions(of: job.id).map(\.scheduledFor)
            #expect(dates.count == 1400)
            #expect(Set(dates).count == dates.count)
        }
    }

    @Test("Occurrences beyond one batch after a downtime are all decided", arguments: [1, 3, 512])
    func moreThanABatch(size: Int) async throws {
        let bench = Bench(configuration: Bench.configuration { $0.batchSize = size })
        let job = try await bench.scheduler.create(
            .init(
                name: "j", schedule: .every(.milliseconds(100)), action: .http(.get("https://example.com/")),
                misfire: .skip))
        bench.clock.set(to: start.addingTimeInterval(8))
        try await bench.running { await bench.advance(.zero) }
        let fired = try await bench.executions(of: job.id).count
        // Occurrences of the last five seconds are within the misfire threshold.
        #expect(fired == 51)
    }
}
