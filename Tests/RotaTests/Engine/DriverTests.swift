import Foundation
import RotaStore
import RotaTesting
import Testing

@testable import Rota

@Suite("Driver", .timeLimit(.minutes(20)))
struct DriverTests {
    let start = ManualClock().now

    @Test("Work whose lease expired during its renewal is not treated as crashed by its own scheduler")
    func renewedTooLate() async throws {
        let (clock, calls, isDone) = (ManualClock(), Recorded<Int>(), Latch())
        let end = clock.now.addingTimeInterval(7200)
        var store = HookedStore(base: InMemoryJobStore())
        store.before = { operation in
            guard operation == "renew", !isDone.isSet else { return }
            isDone.set()
            // The machine is suspended after the renewal was written. No other scheduler is running.
            clock.set(to: clock.now.addingTimeInterval(3600))
        }
        let bench = Bench(clock: clock, store: store)
        try await bench.scheduler.handle("work") { context in
            calls.add(context.attempt)
            try await clock.sleep(until: end)
        }
        let job = try await bench.scheduler.create(
            .init(
                name: "x", schedule: .immediately, action: .handler("work"), retry: .fixed(.seconds(1), maxAttempts: 5))
        )
        try await bench.running {
            await bench.advance(.seconds(60))
            #expect(isDone.isSet)
            let run = try #require(try await bench.executions(of: job.id).first)
            #expect(run.status == .running && run.attempts.isEmpty)
            await bench.advance(.seconds(7200))
            let ended = try #require(try await bench.executions(of: job.id).first)
            #expect(ended.status == .succeeded && ended.attempts.map(\.failure) == [nil])
            #expect(calls.all == [1])
        }
    }

    @Test("Nothing that has a limit is claimed before a worker is free for it")
    func limitedWorkIsNotClaimedAhead() async throws {
        let store = InMemoryJobStore()
        let bench = Bench(store: store)
        let now = bench.clock.now
        for name in ["limited", "plain"] {
            var draft = JobDraft(queue: name)
            if name == "limited" { draft.limits.rate = RateLimit(10, per: .seconds(60)) }
            let job = try await bench.scheduler.create(draft)
            try await bench.scheduler.trigger(job.id, (1...5).map { _ in TriggerRequest() })
        }
        var request = ClaimRequest(owner: "a", limit: 8, now: now, leaseExpiresAt: now.addingTimeInterval(30))
        request.free = 2
        let claims = await store.claim(request)
        #expect(claims.count { $0.job.name == "limited" } == 2)
    }

    @Test("Work claimed ahead of short attempts is given back when an attempt takes long")
    func claimedAhead() async throws {
        let store = try await FileJobStore(path: "/store", environment: .inMemory(FaultyFileSystem()))
        let bench = Bench(store: store, configuration: Bench.configuration { $0.maximumConcurrency = 1 })
        let clock = bench.clock
        try await bench.scheduler.handle("short") { _ in }
        try await bench.scheduler.handle("long") { _ in
            try await clock.sleep(until: clock.now.addingTimeInterval(60))
        }
        var jobs: [String: JobID] = [:]
        for name in ["short", "long"] {
            let draft = JobDraft(name: name, schedule: .every(.seconds(86_400)), action: .handler(name))
            jobs[name] = try await bench.scheduler.create(draft).id
        }
        let (short, long) = (try #require(jobs["short"]), try #require(jobs["long"]))
        try await bench.scheduler.trigger(short, Array(repeating: TriggerRequest(), count: 40))
        await clock.advance(by: .milliseconds(1), driving: [])
        try await bench.scheduler.trigger(long, Array(repeating: TriggerRequest(), count: 5))
        try await bench.running {
            await bench.advance(.seconds(1))
            #expect(try await bench.executions(of: short).filter { $0.status == .succeeded }.count == 40)
            let waiting = try await bench.executions(of: long)
            #expect(waiting.filter { $0.status == .running }.count == 1)
            #expect(waiting.filter { $0.status == .queued && $0.attempts.isEmpty }.count == 4)
            await bench.advance(.seconds(600))
            let ended = try await bench.executions(of: long)
            #expect(ended.allSatisfy { $0.status == .succeeded && $0.attempts.count == 1 })
        }
        try await store.close()
    }

    @Test("More is claimed ahead the sooner workers run out of work, and nothing when attempts are long")
    func lookahead() {
        func results(_ count: Int, _ duration: Duration = .zero) -> [AttemptResult] {
            let job = Job(
                id: JobID(bits: 1),
                definition: JobDefinition(name: "x", schedule: .once(at: start), action: .handler("x")),
                createdAt: start,
                scheduleState: .starting(.once(at: start), state: .active, at: start))
            let execution = job.execution(
                id: ExecutionID(bits: 1), source: .manual, scheduledFor: start, createdAt: start)
            let work = ClaimedWork(
                Claim(execution: execution, lease: Lease(owner: "a", token: 1, expiresAt: start), job: job), slot: 0)
            return Array(
                repeating: AttemptResult(work: work, startedAt: start, duration: duration, report: .succeeded),
                count: count)
        }
        var lookahead = Lookahead(limit: 100)
        let grown = (0..<4).map { _ in
            lookahead.adapt(to: results(20), unbegun: 0)
            return lookahead.count
        }
        #expect(grown == [20, 40, 80, 100])
        lookahead.adapt(to: results(20), unbegun: 50)
        #expect(lookahead.count == 100)
        lookahead.adapt(to: results(20), unbegun: 51)
        #expect(lookahead.count == 50)
        lookahead.adapt(to: results(1, .milliseconds(6)), unbegun: 0)
        #expect(lookahead.count == 0)

        lookahead.adapt(to: results(8), unbegun: 0)
        lookahead.begin(at: start)
        // Before the end; after the clock was set back by a day, when the deadline follows; and at the end.
        let isOver = [0.049, -86_400, -86_399].map { lookahead.isOver(at: start.addingTimeInterval($0)) }
        #expect(isOver == [false, false, true])
        #expect(lookahead.count == 0 && lookahead.deadline == nil)
    }

    @Test("A replaced execution is canceled immediately, not at its next lease renewal")
    func replacedAtOnce() async throws {
        let bench = Bench()
        let (clock, begin, ends) = (bench.clock, bench.clock.now, Recorded<Double>())
        try await bench.scheduler.handle("work") { _ in
            try? await clock.sleep(until: clock.now.addingTimeInterval(3600))
            ends.add(clock.now.timeIntervalSince(begin))
        }
        try await bench.scheduler.create(
            .init(name: "x", schedule: .every(.seconds(65)), action: .handler("work"), overlap: .replace))
        try await bench.running {
            await bench.advance(.seconds(200))
            #expect(ends.all == [130, 195])
        }
    }

    @Test("A busy driver sees what others left in the store, also after the clock was set back")
    func busyAfterStepBack() async throws {
        let (clock, base) = (ManualClock(), InMemoryJobStore())
        let (claims, fires) = (Recorded<Int>(), Recorded<Int>())
        let (queue, results) = (WorkQueue<ClaimedWork>(), Recorded<Outbox<AttemptResult>>())
        let other = Bench(clock: clock, store: base, seed: 2)
        var store = HookedStore(base: base)
        store.before = { operation in
            if operation == "fire" { fires.add(claims.all.count) }
        }
        let stop = Flag()
        store.afterClaim = { _ in
            // The last claim is finished by now, so the driver always has results.
            for work in queue.drain() {
                let result = AttemptResult(work: work, startedAt: clock.now, duration: .zero, report: .succeeded)
                results.all.first?.push(result, isUrgent: true)
            }
            claims.add(claims.all.count + 1)
            switch claims.all.count {
            case 3:
                clock.set(to: clock.now.addingTimeInterval(-3600))
                try await other.scheduler.create(
                    .init(name: "y", schedule: .every(.seconds(1)), action: .handler("work")))
            case 6: clock.set(to: clock.now.addingTimeInterval(1.5))
            case 15: stop.set()
            default: break
            }
        }
        let bench = Bench(
            clock: clock, store: store,
            configuration: Bench.configuration {
                $0.maximumConcurrency = 2
                $0.batchSize = 1
            })
        let job = try await bench.scheduler.create(
            .init(name: "x", schedule: .every(.seconds(86_400)), action: .handler("work")))
        let past = clock.now.addingTimeInterval(-7200)
        try await bench.scheduler.trigger(job.id, Array(repeating: TriggerRequest(at: past), count: 30))
        let context = await bench.scheduler.context
        let outbox = Outbox<AttemptResult>(signal: context.signal)
        results.add(outbox)
        var driver = Driver(
            context: context, queue: queue, outbox: outbox, thread: ThreadExecutor(name: "test"),
            random: SeededGenerator(seed: 1))
        try await driver.run(until: stop)
        #expect(claims.all.count >= 15)
        #expect(fires.all.count == 1)
    }

    @Test("Jobs whose fires always conflict do not starve others")
    func starvation() async throws {
        let base = InMemoryJobStore()
        let stuck = Recorded<JobID>()
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

    @Test("An idle scheduler sleeps again after a conflict")
    func conflictThenIdle() async throws {
        let asked = Recorded<String>()
        let refused = Recorded<Int>()
        let store = InMemoryJobStore()
        let clock = ManualClock(longestSleep: .seconds(86_400))
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
            // Another scheduler changes the job while this one plans. It conflicts, and then there is no due work.
            await bench.advance(.seconds(59))
            try await bench.scheduler.update(job.id) { $0.name = "k" }
            await bench.advance(.seconds(1))
            let count = asked.all.count
            await bench.advance(.seconds(3600))
            #expect(asked.all.count - count < 10)
        }
    }

    @Test("An idle scheduler does not wake every second after losing a conflict")
    func conflictLostThenIdle() async throws {
        let asked = Recorded<String>()
        let base = InMemoryJobStore()
        let clock = ManualClock(longestSleep: .seconds(86_400))
        let winner = Bench(clock: clock, store: base, seed: 2)
        let loser = Bench(
            clock: clock,
            store: HookedStore(base: base, before: { if $0 == "dueWork" { asked.add($0) } }, losesFires: true), seed: 3)
        // An execution with a missing handler would be claimed repeatedly.
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
