import Foundation
import RotaTesting
import Testing

@Suite("Attack: firing", .timeLimit(.minutes(20)))
struct FiringAttacks {
    let start = Date(timeIntervalSince1970: 1_767_225_600)

    func smoothed() throws -> Schedule {
        var key = 0
        while Schedule.every(.seconds(3600)).smoothed(over: .seconds(1800), key: "\(key)").smoothingOffset
            < .seconds(300)
        { key += 1 }
        return .every(.seconds(3600)).smoothed(over: .seconds(1800), key: "\(key)")
    }

    @Test("A smoothed occurrence that starts exactly at its effective instant is not a misfire")
    func smoothedSkip() async throws {
        let bench = Bench()
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "smooth", schedule: smoothed(), action: .http(.get("https://example.com/")), misfire: .skip))
            await bench.advance(.seconds(3 * 3600 + 1800))
            #expect(try await bench.executions(of: job.id).count == 3)
            #expect(try await bench.scheduler.skips(of: job.id).isEmpty)
        }
    }

    @Test("A smoothed occurrence that starts exactly at its effective instant is not too late")
    func smoothedWithin() async throws {
        let bench = Bench()
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "smooth", schedule: smoothed(), action: .http(.get("https://example.com/")),
                    misfire: .latest(within: .seconds(60))))
            await bench.advance(.seconds(3 * 3600 + 1800))
            #expect(try await bench.executions(of: job.id).count == 3)
            #expect(try await bench.scheduler.skips(of: job.id).isEmpty)
        }
    }

    @Test("A job updated to a one-shot before its creation is not refused by the store for ever")
    func updateToPast() async throws {
        let asked = Tally<String>()
        let bench = Bench(
            store: HookedStore(base: InMemoryJobStore(), before: { if $0 == "fire" { asked.add($0) } }))
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "j", schedule: .every(.seconds(86_400)), action: .http(.get("https://example.com/"))))
            await bench.advance(.seconds(10))
            try await bench.scheduler.update(job.id) { $0.schedule = .once(at: start.addingTimeInterval(-60)) }
            await bench.advance(.seconds(3600))
            #expect(asked.all.count < 20)
            #expect(try await bench.scheduler.job(job.id).state == .completed)
        }
    }

    @Test("A job updated to run immediately, at the instant of its creation, runs")
    func updateToImmediately() async throws {
        let bench = Bench()
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "j", schedule: .every(.seconds(86_400)), action: .http(.get("https://example.com/"))))
            try await bench.scheduler.update(job.id) { $0.schedule = .immediately }
            await bench.advance(.seconds(60))
            #expect(try await bench.executions(of: job.id).count == 1)
            #expect(try await bench.scheduler.job(job.id).state == .completed)
        }
    }

    @Test("A job that has run and is updated to run immediately runs")
    func updateRunJobToImmediately() async throws {
        let bench = Bench()
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "j", schedule: .every(.seconds(60)), action: .http(.get("https://example.com/"))))
            await bench.advance(.seconds(90))
            try await bench.scheduler.update(job.id) { $0.schedule = .immediately }
            await bench.advance(.seconds(60))
            #expect(try await bench.executions(of: job.id).count == 2)
        }
    }

    @Test("After the clock was set back, an update to a one-shot in the future fires it")
    func updateAfterStepBack() async throws {
        let bench = Bench()
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "j", schedule: .every(.seconds(86_400)), action: .http(.get("https://example.com/"))))
            bench.clock.step(by: .seconds(-7200))
            try await bench.scheduler.update(job.id) { $0.schedule = .once(at: start.addingTimeInterval(-3600)) }
            await bench.advance(.seconds(7200))
            #expect(try await bench.executions(of: job.id).count == 1)
        }
    }

    @Test("The occurrence of a one-shot that a pause passed over has one verdict, not two")
    func pausedOneShot() async throws {
        let bench = Bench()
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "j", schedule: .once(at: start.addingTimeInterval(60)),
                    action: .http(.get("https://example.com/"))))
            await bench.advance(.seconds(30))
            try await bench.scheduler.pause(job.id)
            await bench.advance(.seconds(90))
            try await bench.scheduler.resume(job.id)
            await bench.advance(.seconds(60))
            let fired = try await bench.executions(of: job.id).count
            let skipped = try await bench.scheduler.skips(of: job.id).count
            #expect(fired + skipped == 1)
        }
    }

    @Test("A limit of runs counts runs, not occurrences that overlap skipped")
    func limitWithOverlap() async throws {
        let bench = Bench()
        let clock = bench.clock
        try await bench.scheduler.handle("slow") { _ in
            try await clock.sleep(until: clock.now.addingTimeInterval(90))
        }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "j", schedule: .every(.seconds(60)).limited(toRuns: 2), action: .handler("slow"),
                    overlap: .skip))
            await bench.advance(.seconds(600))
            #expect(try await bench.executions(of: job.id).count == 2)
        }
    }

    @Test("Two pauses with runs in between are two records")
    func twoPauses() async throws {
        let bench = Bench()
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "j", schedule: .every(.seconds(60)), action: .http(.get("https://example.com/"))))
            for _ in 0..<2 {
                await bench.advance(.seconds(90))
                try await bench.scheduler.pause(job.id)
                await bench.advance(.seconds(60))
                try await bench.scheduler.resume(job.id)
                await bench.advance(.seconds(30))
            }
            let fired = try await bench.executions(of: job.id).map(\.scheduledFor)
            let skips = try await bench.scheduler.skips(of: job.id)
            #expect(skips.count == 2)
            #expect(!fired.contains { instant in skips.contains { $0.first <= instant && instant <= $0.last } })
        }
    }

    @Test("An occurrence that is due when the schedule is updated has a verdict")
    func updateWhenDue() async throws {
        let bench = Bench()
        let job = try await bench.scheduler.create(
            .init(name: "j", schedule: .every(.seconds(60)), action: .http(.get("https://example.com/"))))
        bench.clock.set(to: start.addingTimeInterval(61))
        try await bench.scheduler.update(job.id) { $0.schedule = .every(.seconds(3600)) }
        try await bench.running { await bench.advance(.zero) }
        let fired = try await bench.executions(of: job.id).count
        let skipped = try await bench.scheduler.skips(of: job.id).count
        #expect(fired + skipped == 1)
    }

    @Test("A pause followed by an update of the schedule still records what was passed over")
    func updateWhilePaused() async throws {
        let bench = Bench()
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "j", schedule: .every(.seconds(60)), action: .http(.get("https://example.com/"))))
            try await bench.scheduler.pause(job.id)
            await bench.advance(.seconds(130))
            try await bench.scheduler.update(job.id) { $0.schedule = .every(.seconds(3600)) }
            try await bench.scheduler.resume(job.id)
            #expect(try await bench.scheduler.skips(of: job.id).compactMap(\.count).reduce(0, +) == 2)
        }
    }

    @Test("Resuming half a millisecond before an occurrence does not both skip and fire it")
    func resumeJustBefore() async throws {
        let bench = Bench()
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "j", schedule: .cron("* * * * *"), action: .http(.get("https://example.com/"))))
            try await bench.scheduler.pause(job.id)
            await bench.advance(.milliseconds(119_999) + .microseconds(500))
            try await bench.scheduler.resume(job.id)
            await bench.advance(.seconds(10))
            #expect(try await bench.executions(of: job.id).count == 1)
            #expect(try await bench.scheduler.skips(of: job.id).map(\.count) == [1])
        }
    }

    @Test("After one conflict an idle scheduler sleeps again")
    func conflictThenIdle() async throws {
        let asked = Tally<String>()
        let refused = Tally<Int>()
        let store = InMemoryJobStore()
        let clock = ManualClock()
        let bench = Bench(
            clock: clock,
            store: HookedStore(
                base: store, before: { if $0 == "dueWork" { asked.add($0) } },
                conflicts: { _ in
                    refused.add(1)
                    return refused.all.count == 1
                }))
        let job = try await bench.scheduler.create(
            .init(name: "j", schedule: .once(at: start.addingTimeInterval(60)), action: .http(.get("https://e.com/"))))
        _ = job
        try await bench.running {
            // Another scheduler deletes the job while this one plans: it conflicts, and then there is nothing to do.
            await bench.advance(.seconds(59))
            try await bench.scheduler.update(job.id) { $0.name = "k" }
            await bench.advance(.seconds(1))
            let count = asked.all.count
            await bench.advance(.seconds(3600))
            #expect(asked.all.count - count < 10)
        }
    }

    @Test("After a conflict that another scheduler won, an idle scheduler does not wake every second")
    func conflictLostThenIdle() async throws {
        let asked = Tally<String>()
        let base = InMemoryJobStore()
        let clock = ManualClock()
        let winner = Bench(clock: clock, store: base, seed: 2)
        let loser = Bench(
            clock: clock,
            store: LosingStore(
                hooked: HookedStore(base: base, before: { if $0 == "dueWork" { asked.add($0) } })), seed: 3)
        // A run whose handler is missing would be tried again and again.
        try await loser.scheduler.handle("x") { _ in }
        _ = try await winner.scheduler.create(
            .init(name: "j", schedule: .once(at: start.addingTimeInterval(60)), action: .handler("x"), retry: .none))
        try await loser.running {
            await loser.advance(.seconds(61))
            let count = asked.all.count
            await loser.advance(.seconds(3600))
            #expect(asked.all.count - count < 10)
        }
    }
}
