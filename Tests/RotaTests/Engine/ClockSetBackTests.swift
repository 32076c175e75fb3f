import Foundation
import RotaStore
import RotaTestSupport
import RotaTesting
import Testing

/// A clock that ran ahead and was put right.
@Suite("A clock that was ahead")
struct ClockSetBackTests {
    static let tenYears: TimeInterval = 10 * 365.25 * 86_400

    struct Kind: Sendable, CustomTestStringConvertible {
        let name: String
        let interval: TimeInterval
        let schedule: @Sendable () throws -> Schedule
        var testDescription: String { name }
    }

    static let kinds = [
        Kind(name: "cron", interval: 60) { try .cron("* * * * *") },
        Kind(name: "cron in a zone", interval: 3600) { try .cron("30 * * * *", in: "America/New_York") },
        Kind(name: "interval", interval: 60) { .every(.seconds(60)) },
        Kind(name: "after completion", interval: 60) { .afterCompletion(.seconds(60)) },
        Kind(name: "union", interval: 60) { .union([.every(.seconds(60)), try .cron("0 0 * * *")]) },
        Kind(name: "smoothed", interval: 600) { .every(.seconds(600)).smoothed(over: .seconds(60), key: "k") },
    ]

    static let policies: [MisfirePolicy] = [.latest, .skip, .all(limit: 3), .latest(maximumLateness: .seconds(30))]

    static func rows() -> [(Kind, MisfirePolicy, Bool)] {
        kinds.flatMap { kind in policies.flatMap { policy in [true, false].map { (kind, policy, $0) } } }
    }

    @Test("Time continues from now, on the same process or after a restart", arguments: rows())
    func continues(kind: Kind, policy: MisfirePolicy, restarts: Bool) async throws {
        let (clock, store) = (ManualClock(), InMemoryJobStore())
        let first = Bench(clock: clock, store: store)
        let start = clock.now
        try await first.scheduler.handle("work") { _ in }
        let job = try await first.scheduler.create(
            .init(
                name: "j", schedule: kind.schedule(), action: .handler("work"), misfire: policy,
                retention: .last(10_000)))
        let second = restarts ? Bench(clock: clock, store: store, seed: 2) : first
        if restarts { try await second.scheduler.handle("work") { _ in } }
        try await first.running {
            await first.advance(.seconds(3 * kind.interval))
            clock.set(to: clock.now.addingTimeInterval(Self.tenYears))
            await first.advance(.seconds(kind.interval / 2))
            guard !restarts else { return }
            clock.set(to: start.addingTimeInterval(4 * kind.interval))
            await first.advance(.seconds(5 * kind.interval))
        }
        if restarts {
            clock.set(to: start.addingTimeInterval(4 * kind.interval))
            try await second.running { await second.advance(.seconds(5 * kind.interval)) }
        }
        let executions = try await second.executions(of: job.id)
        let dates = executions.map(\.scheduledFor)
        #expect(Set(dates).count == dates.count)
        let after = dates.filter { $0 > start.addingTimeInterval(4 * kind.interval) && $0 <= clock.now }
        #expect(after.count >= 4 && after.count <= 6)
        let next = try await second.scheduler.job(job.id).nextRunAt
        #expect(next.map { $0 <= clock.now.addingTimeInterval(kind.interval) } ?? false)
    }

    @Test("A job that was created while the clock was ahead fires in the right time", arguments: kinds)
    func createdAhead(kind: Kind) async throws {
        let bench = Bench()
        let (clock, start) = (bench.clock, bench.clock.now)
        try await bench.scheduler.handle("work") { _ in }
        try await bench.running {
            clock.set(to: start.addingTimeInterval(Self.tenYears))
            let job = try await bench.scheduler.create(
                .init(name: "j", schedule: kind.schedule(), action: .handler("work")))
            await bench.advance(.seconds(1))
            clock.set(to: start)
            await bench.advance(.seconds(5 * kind.interval))
            let fired = try await bench.executions(of: job.id)
            #expect(fired.count >= 3)
            #expect(fired.allSatisfy { $0.scheduledFor <= clock.now })
        }
    }

    @Test("What fired while the clock was ahead does not fire again when its time comes")
    func notTwice() async throws {
        let bench = Bench()
        let (clock, start) = (bench.clock, bench.clock.now)
        try await bench.scheduler.handle("work") { _ in }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "j", schedule: .every(.seconds(60)), action: .handler("work"), retention: .last(1000)))
            // Minutes 1 to 5, then a leap to 100: 6 to 99 are misfires, 100 to 103 fire.
            await bench.advance(.seconds(300))
            clock.set(to: start.addingTimeInterval(6000))
            await bench.advance(.seconds(200))
            clock.set(to: start.addingTimeInterval(330))
            await bench.advance(.seconds(7000))
            let minutes = try await bench.executions(of: job.id).map {
                Int($0.scheduledFor.timeIntervalSince(start) / 60)
            }
            #expect(minutes.sorted() == Array(1...122))
            #expect(try await bench.scheduler.skips(of: job.id).isEmpty)
        }
    }

    @Test("A one-shot that was missed by the wrong clock fires at its date")
    func missedOneShot() async throws {
        let bench = Bench()
        let (clock, start) = (bench.clock, bench.clock.now)
        try await bench.scheduler.handle("work") { _ in }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "j", schedule: .once(at: start.addingTimeInterval(600)), action: .handler("work"),
                    misfire: .skip))
            clock.set(to: start.addingTimeInterval(Self.tenYears))
            await bench.advance(.seconds(1))
            #expect(try await bench.scheduler.job(job.id).state == .completed)
            clock.set(to: start.addingTimeInterval(10))
            await bench.advance(.seconds(600))
            let fired = try await bench.executions(of: job.id)
            #expect(fired.map(\.scheduledFor) == [start.addingTimeInterval(600)])
            #expect(try await bench.scheduler.job(job.id).state == .completed)
        }
    }

    @Test("A retry waits for its delay, not for the date that the wrong clock gave it")
    func retry() async throws {
        let bench = Bench()
        let (clock, start) = (bench.clock, bench.clock.now)
        let attempts = Recorded<Date>()
        try await bench.scheduler.handle("work") { _ in
            attempts.add(clock.now)
            if attempts.all.count == 1 { throw Trouble() }
        }
        try await bench.running {
            clock.set(to: start.addingTimeInterval(Self.tenYears))
            let job = try await bench.scheduler.create(
                .init(
                    name: "j", schedule: .immediately, action: .handler("work"),
                    retry: RetryPolicy(maxAttempts: 3, backoff: .fixed(.seconds(300)), jitter: .none)))
            await bench.advance(.seconds(1))
            #expect(attempts.all.count == 1)
            clock.set(to: start)
            await bench.advance(.seconds(290))
            #expect(attempts.all.count == 1)
            await bench.advance(.seconds(30))
            #expect(attempts.all.count == 2)
            #expect(try await bench.executions(of: job.id).first?.status == .succeeded)
        }
    }

    @Test("The lease of a scheduler that died with a wrong clock lasts no longer than a lease")
    func lease() async throws {
        let (clock, store) = (ManualClock(), InMemoryJobStore())
        let start = clock.now
        clock.set(to: start.addingTimeInterval(Self.tenYears))
        let dead = Bench(clock: clock, store: store)
        try await dead.scheduler.handle("work") { _ in }
        let job = try await dead.scheduler.create(.init(name: "j", schedule: .immediately, action: .handler("work")))
        let claims = await store.claim(
            ClaimRequest(
                owner: "dead", limit: 1, now: clock.now, leaseExpiresAt: clock.now.addingTimeInterval(30)))
        #expect(claims.count == 1)
        clock.set(to: start)
        let other = Bench(clock: clock, store: store, seed: 2)
        try await other.scheduler.handle("work") { _ in }
        try await other.running {
            await other.advance(.seconds(120))
            let execution = try await other.executions(of: job.id).first
            #expect(execution?.status == .succeeded)
        }
    }

    @Test("Pauses and breakers that the wrong clock began end after their own time")
    func holds() async throws {
        let bench = Bench()
        let (clock, start) = (bench.clock, bench.clock.now)
        let isFailing = Recorded<Bool>()
        try await bench.scheduler.handle("fails") { _ in if isFailing.all.isEmpty { throw Trouble() } }
        try await bench.scheduler.handle("work") { _ in }
        try await bench.running {
            var draft = JobDraft(
                name: "broken", schedule: .every(.seconds(60)), action: .handler("fails"), retry: .none)
            draft.breaker = CircuitBreakerPolicy(consecutiveFailures: 1, openFor: .fixed(.seconds(300)))
            let broken = try await bench.scheduler.create(draft)
            let paused = try await bench.scheduler.create(
                .init(name: "paused", schedule: .every(.seconds(60)), action: .handler("work")))
            clock.set(to: start.addingTimeInterval(Self.tenYears))
            await bench.advance(.seconds(61))
            #expect(try await bench.scheduler.job(broken.id).scheduleState.isHeldByBreaker)
            try await bench.scheduler.pause(paused.id, until: clock.now.addingTimeInterval(600))
            isFailing.add(false)
            clock.set(to: start.addingTimeInterval(120))
            await bench.advance(.seconds(200))
            #expect(try await bench.scheduler.job(broken.id).state == .paused)
            #expect(try await bench.scheduler.job(paused.id).state == .paused)
            await bench.advance(.seconds(600))
            #expect(try await bench.scheduler.job(broken.id).state == .active)
            #expect(try await bench.scheduler.job(paused.id).state == .active)
        }
    }

    @Test("After a restart, new executions come after the older ones in lists and in retention")
    func identifiers() async throws {
        let (clock, store) = (ManualClock(), InMemoryJobStore())
        let start = clock.now
        let first = Bench(clock: clock, store: store)
        try await first.scheduler.handle("work") { _ in }
        clock.set(to: start.addingTimeInterval(Self.tenYears))
        let job = try await first.scheduler.create(
            .init(name: "j", schedule: .every(.seconds(3600)), action: .handler("work"), retention: .last(2)))
        try await first.running {
            for _ in 0..<3 {
                try await first.scheduler.trigger(job.id)
                await first.advance(.seconds(1))
            }
        }
        clock.set(to: start)
        let second = Bench(clock: clock, store: store, seed: 2)
        try await second.scheduler.handle("work") { _ in }
        try await second.running {
            let triggered = try await second.scheduler.trigger(job.id)
            await second.advance(.seconds(1))
            #expect(try await second.scheduler.waitForCompletion(of: triggered.id).status == .succeeded)
            let newest = try await second.scheduler.executions(ExecutionQuery(jobID: job.id, limit: 10)).items.first
            #expect(newest?.id == triggered.id)
        }
    }

    @Test("A retry policy's time limit does not end early when the clock leaps ahead")
    func timeLimit() async throws {
        let bench = Bench()
        let clock = bench.clock
        let attempts = Recorded<Date>()
        try await bench.scheduler.handle("work") { _ in
            attempts.add(clock.now)
            throw Trouble()
        }
        try await bench.running {
            try await bench.scheduler.create(
                .init(
                    name: "j", schedule: .immediately, action: .handler("work"),
                    retry: RetryPolicy(
                        maxAttempts: 10, backoff: .fixed(.seconds(60)), jitter: .none, timeLimit: .seconds(3600))))
            await bench.advance(.seconds(30))
            clock.step(by: .seconds(86_400))
            await bench.advance(.seconds(120))
            #expect(attempts.all.count >= 3)
        }
    }

    @Test("A machine that starts in 1970 until its clock is put right runs nothing for the years between")
    func noBattery() async throws {
        let bench = Bench()
        let (clock, start) = (bench.clock, bench.clock.now)
        try await bench.scheduler.handle("work") { _ in }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "j", schedule: .every(.seconds(60)), action: .handler("work"), misfire: .all(limit: 10),
                    retention: .last(1000)))
            await bench.advance(.seconds(600))
            clock.set(to: Date(timeIntervalSince1970: 30))
            await bench.advance(.seconds(200))
            clock.set(to: start.addingTimeInterval(900))
            await bench.advance(.seconds(300))
            let minutes = try await bench.executions(of: job.id).map {
                Int($0.scheduledFor.timeIntervalSince(start) / 60)
            }
            #expect(minutes.filter { $0 > 0 }.sorted() == Array(1...20))
            #expect(minutes.filter { $0 <= 0 }.count <= 4)
        }
    }

    @Test("What an execution wrote during the leap comes back with it: a retry, a breaker, the end it counts from")
    func leapWhileRunning() async throws {
        let bench = Bench()
        let (clock, start) = (bench.clock, bench.clock.now)
        let attempts = Recorded<String>()
        for name in ["retried", "broken", "after"] {
            try await bench.scheduler.handle(name) { _ in
                let count = attempts.all.filter { $0 == name }.count
                attempts.add(name)
                try await clock.sleep(until: clock.now.addingTimeInterval(5))
                if count == 0, name != "after" { throw Trouble() }
            }
        }
        try await bench.running {
            try await bench.scheduler.create(
                .init(
                    name: "retried", schedule: .immediately, action: .handler("retried"),
                    retry: RetryPolicy(maxAttempts: 3, backoff: .fixed(.seconds(60)), jitter: .none)))
            var draft = JobDraft(
                name: "broken", schedule: .every(.seconds(60)), action: .handler("broken"), retry: .none)
            draft.breaker = CircuitBreakerPolicy(consecutiveFailures: 1, openFor: .fixed(.seconds(120)))
            try await bench.scheduler.create(draft)
            try await bench.scheduler.create(
                .init(name: "after", schedule: .afterCompletion(.seconds(60)), action: .handler("after")))
            await bench.advance(.seconds(61))
            clock.step(by: .seconds(Self.tenYears))
            await bench.advance(.seconds(10))
            clock.set(to: start.addingTimeInterval(90))
            await bench.advance(.seconds(300))
            for name in ["retried", "broken", "after"] {
                #expect(attempts.all.filter { $0 == name }.count >= 2, "\(name)")
            }
        }
    }

    @Test("Small steps again and again shorten no delay", arguments: [1, 5, 60])
    func smallSteps(lead: Int) async throws {
        let bench = Bench()
        let (clock, start) = (bench.clock, bench.clock.now)
        let attempts = Recorded<Date>()
        try await bench.scheduler.handle("fails") { _ in
            attempts.add(clock.now)
            if attempts.all.count == 1 { throw Trouble() }
        }
        try await bench.scheduler.handle("long") { _ in
            for _ in 0..<60 { try await clock.sleep(until: clock.now.addingTimeInterval(30)) }
        }
        try await bench.running {
            clock.set(to: start.addingTimeInterval(Double(lead)))
            try await bench.scheduler.create(
                .init(
                    name: "fails", schedule: .immediately, action: .handler("fails"),
                    retry: RetryPolicy(maxAttempts: 2, backoff: .fixed(.seconds(3600)), jitter: .none)))
            try await bench.scheduler.create(.init(name: "long", schedule: .immediately, action: .handler("long")))
            await bench.advance(.seconds(1))
            for _ in 0..<5 {
                clock.step(by: .seconds(-lead))
                await bench.advance(.seconds(20))
                clock.step(by: .seconds(lead))
                await bench.advance(.seconds(20))
            }
            await bench.advance(.seconds(3300))
            #expect(attempts.all.count == 1)
            await bench.advance(.seconds(400))
            #expect(attempts.all.count == 2)
        }
    }

    @Test("An immediate job that was created ahead runs once, whether it had started or not", arguments: [true, false])
    func immediate(hasStarted: Bool) async throws {
        let (clock, store) = (ManualClock(), InMemoryJobStore())
        let start = clock.now
        clock.set(to: start.addingTimeInterval(600))
        let first = Bench(clock: clock, store: store)
        try await first.scheduler.handle("work") { _ in }
        let job = try await first.scheduler.create(.init(name: "j", schedule: .immediately, action: .handler("work")))
        if hasStarted { try await first.running { await first.advance(.seconds(1)) } }
        clock.set(to: start)
        let second = Bench(clock: clock, store: store, seed: 2)
        try await second.scheduler.handle("work") { _ in }
        try await second.running { await second.advance(.seconds(1200)) }
        #expect(try await second.executions(of: job.id).map(\.status) == [.succeeded])
        #expect(try await second.scheduler.job(job.id).state == .completed)
        #expect(try await second.scheduler.skips(of: job.id).isEmpty)
    }

    @Test("A job that keeps no history continues too", arguments: policies)
    func noHistory(policy: MisfirePolicy) async throws {
        let bench = Bench()
        let (clock, start) = (bench.clock, bench.clock.now)
        let dates = Recorded<Date>()
        try await bench.scheduler.handle("work") { context in dates.add(context.scheduledFor) }
        try await bench.running {
            try await bench.scheduler.create(
                .init(
                    name: "j", schedule: .every(.seconds(60)), action: .handler("work"), misfire: policy,
                    retention: .last(0)))
            await bench.advance(.seconds(200))
            clock.set(to: start.addingTimeInterval(Self.tenYears + 31))
            await bench.advance(.seconds(1))
            clock.set(to: start.addingTimeInterval(220))
            await bench.advance(.seconds(300))
            #expect(dates.all.filter { $0 > start.addingTimeInterval(220) && $0 <= clock.now }.count == 5)
            #expect(Set(dates.all).count == dates.all.count)
        }
    }

    @Test("An anchor that was chosen stays, and one that was filled in moves", arguments: [true, false])
    func anchors(isChosen: Bool) async throws {
        let bench = Bench()
        let (clock, start) = (bench.clock, bench.clock.now)
        try await bench.scheduler.handle("work") { _ in }
        try await bench.running {
            let anchor = start.addingTimeInterval(86_400)
            let job = try await bench.scheduler.create(
                .init(
                    name: "j", schedule: .every(.seconds(60), anchor: isChosen ? anchor : nil),
                    action: .handler("work")))
            clock.set(to: start.addingTimeInterval(Self.tenYears))
            try await bench.scheduler.update(job.id) { $0.name = "k" }
            await bench.advance(.seconds(1))
            clock.set(to: start.addingTimeInterval(10))
            await bench.advance(.seconds(120))
            let fired = try await bench.executions(of: job.id).filter { $0.scheduledFor <= clock.now }
            #expect(fired.isEmpty == isChosen)
        }
    }

    @Test("Every change is an event, and explain tells what became of both stretches")
    func told() async throws {
        let bench = Bench()
        let (clock, start) = (bench.clock, bench.clock.now)
        let events = bench.scheduler.events()
        try await bench.scheduler.handle("work") { _ in }
        let job = try await bench.scheduler.create(
            .init(name: "j", schedule: .every(.seconds(60)), action: .handler("work"), retention: .last(100)))
        try await bench.running {
            clock.set(to: start.addingTimeInterval(6000))
            await bench.advance(.seconds(1))
            clock.set(to: start.addingTimeInterval(30))
            await bench.advance(.seconds(100))
            let future = try await bench.scheduler.explain(job.id, at: start.addingTimeInterval(3600))
            #expect(future.outcome == .future)
            let early = try await bench.scheduler.explain(job.id, at: start.addingTimeInterval(6000))
            guard case .fired = early.outcome else {
                Issue.record("\(early)")
                return
            }
        }
        var rewound: [SchedulerEvent] = []
        for await event in events where event.kind == .scheduleRewound { rewound.append(event) }
        #expect(rewound.map(\.jobID) == [job.id])
        #expect(rewound.first?.message?.contains("ahead") == true)
    }
}

private struct Trouble: Error {}
