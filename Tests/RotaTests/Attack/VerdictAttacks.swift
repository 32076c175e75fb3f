import Foundation
import RotaTestSupport
import RotaTesting
import Testing

@Suite("Attack: verdicts", .timeLimit(.minutes(20)))
struct VerdictAttacks {
    let start = Date(timeIntervalSince1970: 1_767_225_600)

    @Test("Every occurrence has one verdict under overlap, downtimes, small batches and steps", arguments: 1...20)
    func oneVerdictEach(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let clock = ManualClock()
        let store = InMemoryJobStore()
        let schedules: [Schedule] = [
            .every(.seconds(Int.random(in: 1...40, using: &random)), anchor: clock.now),
            try .cron("*/7 * * * * *"), try .cron("*/3 * * * *"),
            .union([.every(.seconds(30), anchor: clock.now), try .cron("10,20,30 * * * * *")]),
            .every(.seconds(20), anchor: clock.now.addingTimeInterval(300)),
            .every(.seconds(20), anchor: clock.now.addingTimeInterval(-305)),
            .every(.seconds(15), anchor: clock.now).smoothed(over: .seconds(4), key: "\(seed)"),
        ]
        let policies: [MisfirePolicy] = [
            .latest, .skip, .all(limit: 2), .all(limit: 500), .latest(within: .seconds(45)),
            .all(limit: 5, within: .seconds(200)),
        ]
        let schedule = schedules.randomElement(using: &random) ?? .immediately
        let configuration = Bench.configuration {
            $0.batchSize = Int.random(in: 1...20, using: &random)
            $0.maximumConcurrency = Int.random(in: 1...4, using: &random)
        }
        let draft = JobDraft(
            name: "job", schedule: schedule, action: .handler("work"), retry: .fixed(.seconds(1), maxAttempts: 2),
            misfire: policies.randomElement(using: &random) ?? .latest,
            overlap: Bool.random(using: &random) ? .skip : .allow, retention: .last(100_000))
        let length = Double.random(in: 0...30, using: &random)
        let job = try await Bench(clock: clock, store: store, seed: seed).scheduler.create(draft)
        for round in 0..<8 {
            let benches = (0..<2).map {
                Bench(
                    clock: clock, store: store, seed: seed &* 100 &+ UInt64(round * 2 + $0),
                    configuration: configuration)
            }
            for bench in benches {
                try await bench.scheduler.handle("work") { _ in
                    try await clock.sleep(until: clock.now.addingTimeInterval(length))
                }
            }
            let span = Int.random(in: 0...200, using: &random)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for bench in benches { group.addTask { try await bench.scheduler.run() } }
                await clock.advance(by: .seconds(span), driving: benches.map(\.scheduler))
                group.cancelAll()
                try await group.waitForAll()
            }
            clock.set(to: clock.now.addingTimeInterval(Double.random(in: 0...300, using: &random)))
        }
        let last = Bench(clock: clock, store: store)
        try await last.scheduler.handle("work") { _ in }
        try await last.running { await last.advance(.seconds(100)) }

        var expected: [Date] = []
        var instant = start
        while let next = schedule.nextOccurrence(after: instant), next.effective <= clock.now {
            expected.append(next.nominal)
            instant = next.nominal
        }
        var verdicts: [Date] = try await store.allExecutions(of: job.id).map(\.scheduledFor)
        for skip in try await last.scheduler.skips(of: job.id) {
            let covered = expected.filter { skip.first <= $0 && $0 <= skip.last }
            #expect(skip.count == covered.count)
            verdicts += covered
        }
        #expect(verdicts.sorted() == expected)
    }

    @Test("A delay after completion within a union is refused, or does not fire once for every delay of a downtime")
    func completionInUnion() async throws {
        let bench = Bench()
        let draft = JobDraft(
            name: "j", schedule: .union([.afterCompletion(.seconds(60)), .every(.seconds(86_400))]),
            action: .http(try .get("https://example.com/")))
        guard let job = try? await bench.scheduler.create(draft) else { return }
        bench.clock.set(to: start.addingTimeInterval(3600))
        try await bench.running { await bench.advance(.zero) }
        #expect(try await bench.executions(of: job.id).count <= 2)
    }

    @Test("A limit of runs within a union is refused or counts")
    func limitInUnion() async throws {
        let bench = Bench()
        let draft = JobDraft(
            name: "j", schedule: .union([.every(.seconds(60)).limited(toRuns: 2)]),
            action: .http(try .get("https://example.com/")))
        guard let job = try? await bench.scheduler.create(draft) else { return }
        try await bench.running { await bench.advance(.seconds(600)) }
        #expect(try await bench.executions(of: job.id).count == 2)
    }

    @Test("A delay after completion that is smoothed is refused, or starts at its effective instant")
    func smoothedCompletion() async throws {
        let bench = Bench()
        let schedule = Schedule.afterCompletion(.seconds(60)).smoothed(over: .seconds(1000), key: "k")
        let draft = JobDraft(name: "j", schedule: schedule, action: .http(try .get("https://example.com/")))
        guard let job = try? await bench.scheduler.create(draft) else { return }
        try await bench.running { await bench.advance(.seconds(7200)) }
        let executions = try await bench.executions(of: job.id)
        let offset = schedule.smoothingOffset.components.seconds
        #expect(executions.allSatisfy { ($0.lateness ?? .zero) >= .seconds(offset) })
        #expect(executions.count > 5)
        #expect(try await bench.scheduler.skips(of: job.id).isEmpty)
    }

    @Test("An update between two attempts does not change what an execution sends", .rows("TX-4"))
    func updateBetweenAttempts() async throws {
        let bench = Bench { _ in try .status(503) }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "j", schedule: .immediately,
                    action: .http(.post("https://example.com/", body: .text("old"))),
                    retry: .fixed(.seconds(10), maxAttempts: 2)))
            await bench.advance(.seconds(1))
            try await bench.scheduler.update(job.id) {
                $0.action = .http(try .post("https://example.com/", body: .text("new")))
            }
            await bench.advance(.seconds(30))
            #expect(bench.transport.requests.count == 2)
            #expect(Set(bench.transport.requests.map(\.body)).count == 1)
        }
    }

    @Test("A new schedule with a limit of runs counts its own runs")
    func limitOfNewSchedule() async throws {
        let bench = Bench()
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "j", schedule: .every(.seconds(60)).limited(toRuns: 3),
                    action: .http(.get("https://example.com/"))))
            await bench.advance(.seconds(600))
            try await bench.scheduler.update(job.id) { $0.schedule = .every(.seconds(30)).limited(toRuns: 2) }
            await bench.advance(.seconds(600))
            #expect(try await bench.executions(of: job.id).count == 5)
        }
    }

    @Test("A scheduler without a handler leaves the jobs that call it to one that has it")
    func otherHandlers() async throws {
        let clock = ManualClock()
        let store = InMemoryJobStore()
        let without = Bench(clock: clock, store: store, seed: 1)
        let with = Bench(clock: clock, store: store, seed: 2)
        try await with.scheduler.handle("x") { _ in }
        let job = try await with.scheduler.create(.init(name: "j", schedule: .immediately, action: .handler("x")))
        try await without.running { await without.advance(.zero) }
        try await with.running { await with.advance(.seconds(60)) }
        #expect(try await store.allExecutions(of: job.id).map(\.status) == [.succeeded])
    }

    @Test("Fires refused for ever at the head of the due work do not starve the others")
    func starvation() async throws {
        let base = InMemoryJobStore()
        let stuck = Tally<JobID>()
        let bench = Bench(
            store: HookedStore(base: base, conflicts: { fires in fires.allSatisfy { stuck.all.contains($0.jobID) } }),
            configuration: Bench.configuration { $0.batchSize = 2 })
        for _ in 0..<2 {
            stuck.add(
                try await bench.scheduler.create(
                    .init(
                        name: "stuck", schedule: .once(at: start.addingTimeInterval(5)),
                        action: .http(.get("https://example.com/")))
                ).id)
        }
        let job = try await bench.scheduler.create(
            .init(name: "j", schedule: .every(.seconds(60)), action: .http(.get("https://example.com/"))))
        try await bench.running { await bench.advance(.seconds(120)) }
        #expect(try await bench.executions(of: job.id).count == 2)
    }

    @Test("Events beyond the capacity are dropped, the oldest first, and counted")
    func drops() async throws {
        let bench = Bench()
        let events = bench.scheduler.events(keeping: 2)
        try await bench.running {
            try await bench.scheduler.create(
                .init(name: "j", schedule: .every(.seconds(60)), action: .http(.get("https://example.com/"))))
            await bench.advance(.seconds(600))
        }
        var dates: [Date] = []
        for await event in events { dates.append(event.date) }
        #expect(dates == [bench.clock.now, bench.clock.now])
        #expect(events.droppedCount == 18)
    }

    @Test("The same job deleted and created again within its run leaves both apart")
    func deleteAndRecreate() async throws {
        let bench = Bench()
        let clock = bench.clock
        try await bench.scheduler.handle("x") { _ in try await clock.sleep(until: clock.now.addingTimeInterval(30)) }
        let draft = JobDraft(
            name: "j", schedule: .every(.seconds(20)), action: .handler("x"), overlap: .skip, idempotencyKey: "k")
        try await bench.running {
            let job = try await bench.scheduler.create(draft)
            await bench.advance(.seconds(25))
            try await bench.scheduler.delete(job.id)
            let again = try await bench.scheduler.create(draft)
            #expect(again.id != job.id)
            await bench.advance(.seconds(100))
            #expect(try await bench.executions(of: job.id).isEmpty)
            #expect(try await bench.executions(of: again.id).count == 3)
        }
    }

    @Test("One-shots in the past, under every policy, end with one verdict", arguments: 0..<5)
    func pastOnce(index: Int) async throws {
        let policies: [MisfirePolicy] = [
            .latest, .skip, .all(limit: 5), .latest(within: .seconds(60)), .all(limit: 5, within: .seconds(7200)),
        ]
        let bench = Bench()
        let job = try await bench.scheduler.create(
            .init(
                name: "j", schedule: .once(at: start.addingTimeInterval(-3600)),
                action: .http(.get("https://example.com/")), misfire: policies[index]))
        try await bench.running { await bench.advance(.seconds(10)) }
        let fired = try await bench.executions(of: job.id).count
        let skips = try await bench.scheduler.skips(of: job.id).count
        #expect(fired == [1, 0, 1, 0, 1][index])
        #expect(skips == [0, 1, 0, 1, 0][index])
        #expect(try await bench.scheduler.job(job.id).state == .completed)
    }

    @Test("A draft's one-shot that went by before its activation has one verdict")
    func draftOnce() async throws {
        let bench = Bench()
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "j", schedule: .once(at: start.addingTimeInterval(60)),
                    action: .http(.get("https://example.com/")), state: .draft))
            await bench.advance(.seconds(120))
            try await bench.scheduler.resume(job.id)
            await bench.advance(.seconds(10))
            let verdicts =
                try await bench.executions(of: job.id).count + bench.scheduler.skips(of: job.id).count
            #expect(verdicts == 1)
        }
    }
}
