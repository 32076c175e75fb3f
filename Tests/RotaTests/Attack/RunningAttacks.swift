import Foundation
import RotaTesting
import Testing

@Suite("Attack: running", .timeLimit(.minutes(20)))
struct RunningAttacks {
    let start = Date(timeIntervalSince1970: 1_767_225_600)

    @Test("A handler with a timeout that succeeds although its scheduler was canceled has succeeded")
    func successAfterCancel() async throws {
        for timeout in [Duration?.none, .seconds(600)] {
            let bench = Bench()
            let (begun, begin) = AsyncStream.makeStream(of: Void.self)
            let gate = Gate()
            try await bench.scheduler.handle("stubborn") { _ in
                begin.yield()
                await gate.wait()
            }
            let job = try await bench.scheduler.create(
                .init(name: "j", schedule: .immediately, action: .handler("stubborn", timeout: timeout)))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await bench.scheduler.run() }
                for await _ in begun { break }
                group.cancelAll()
                await gate.open()
                try await group.waitForAll()
            }
            #expect(try await bench.executions(of: job.id).map(\.status) == [.succeeded], "timeout: \(timeout as Any)")
        }
    }

    @Test("A step of the wall clock does not use up a handler's timeout")
    func timeoutAndStep() async throws {
        let bench = Bench()
        let clock = bench.clock
        try await bench.scheduler.handle("work") { _ in
            let end = clock.uptime + .seconds(30)
            while clock.uptime < end {
                try await clock.sleep(until: clock.now.addingTimeInterval((end - clock.uptime) / .seconds(1)))
            }
        }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "j", schedule: .immediately, action: .handler("work", timeout: .seconds(60)), retry: .none))
            await bench.advance(.seconds(1))
            clock.step(by: .seconds(3600))
            await bench.advance(.seconds(100))
            let execution = try #require(try await bench.executions(of: job.id).first)
            #expect(execution.status == .succeeded)
            #expect(execution.attempts.map(\.duration) == [.seconds(30)])
        }
    }

    @Test("A scheduler that takes back what it lost renews the new lease when the old attempt ends")
    func takenBack() async throws {
        let (clock, otherClock) = (ManualClock(), ManualClock())
        let store = InMemoryJobStore()
        let bench = Bench(clock: clock, store: store, seed: 1)
        let other = Bench(clock: otherClock, store: store, seed: 2)
        let gate = Gate()
        let calls = Tally<Int>()
        let (begun, begin) = AsyncStream.makeStream(of: Int.self)
        try await bench.scheduler.handle("work") { _ in
            let number = calls.all.count
            calls.add(number)
            begin.yield(number)
            if number == 0 {
                await gate.wait()
            } else {
                try await clock.sleep(until: clock.now.addingTimeInterval(240))
            }
        }
        let job = try await bench.scheduler.create(
            .init(
                name: "j", schedule: .immediately, action: .handler("work"),
                retry: .fixed(.seconds(1), maxAttempts: 10)))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await bench.scheduler.run() }
            var iterator = begun.makeAsyncIterator()
            #expect(await iterator.next() == 0)
            // To the other scheduler the first one seems dead.
            otherClock.set(to: start.addingTimeInterval(60))
            try await other.running { await other.advance(.zero) }
            #expect(try await store.allExecutions(of: job.id).first?.attempts.map(\.failure?.kind) == [.crashed])
            // The first one comes back, claims the retry, and then its old attempt ends.
            clock.set(to: start.addingTimeInterval(62))
            #expect(await iterator.next() == 1)
            await gate.open()
            // The second attempt runs for minutes; nobody but this scheduler is there.
            await clock.advance(by: .seconds(200), driving: [bench.scheduler])
            let execution = try #require(try await store.allExecutions(of: job.id).first)
            #expect(execution.status == .running)
            #expect(execution.attempts.count == 1)
            #expect(calls.all.count == 2)
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    @Test("A lease is renewed for as long as a handler runs on in a canceled scheduler")
    func leaseAfterCancel() async throws {
        let clock = ManualClock()
        let store = InMemoryJobStore()
        let bench = Bench(clock: clock, store: store, seed: 1)
        let other = Bench(clock: clock, store: store, seed: 2)
        try await bench.scheduler.handle("work") { _ in
            // Work that heeds no cancellation.
            await Task { try? await clock.sleep(until: clock.now.addingTimeInterval(95)) }.value
        }
        try await other.scheduler.handle("work") { _ in }
        let job = try await bench.scheduler.create(
            .init(name: "j", schedule: .immediately, action: .handler("work")))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await bench.scheduler.run() }
            await clock.settle([bench.scheduler])
            group.cancelAll()
            try await other.running {
                await clock.advance(by: .seconds(100), driving: [bench.scheduler, other.scheduler])
            }
            try await group.waitForAll()
        }
        let execution = try #require(try await store.allExecutions(of: job.id).first)
        #expect(execution.status == .succeeded)
        #expect(execution.attempts.map(\.duration) == [.seconds(95)])
    }

    @Test("On cancellation the results of what ended well are recorded, also by a store that heeds cancellation")
    func cancellableStore() async throws {
        let base = InMemoryJobStore()
        let bench = Bench(store: HookedStore(base: base, before: { _ in try Task.checkCancellation() }))
        let gate = Gate()
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        try await bench.scheduler.handle("work") { _ in
            begin.yield()
            await gate.wait()
        }
        let job = try await bench.scheduler.create(
            .init(name: "j", schedule: .immediately, action: .handler("work")))
        await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await bench.scheduler.run() }
            for await _ in begun { break }
            group.cancelAll()
            await gate.open()
            while let result = await group.nextResult() { _ = result }
        }
        #expect(try await base.allExecutions(of: job.id).map(\.status) == [.succeeded])
    }

    @Test("A manual run that ends leaves the schedule of a job that counts from the end of its runs alone")
    func manualRunAfterCompletion() async throws {
        let bench = Bench()
        let clock = bench.clock
        let running = Tally<Int>()
        let levels = Tally<Int>()
        try await bench.scheduler.handle("work") { context in
            let isManual = context.execution.source == .manual
            running.add(isManual ? 0 : 1)
            levels.add(running.all.reduce(0, +))
            try await clock.sleep(until: clock.now.addingTimeInterval(isManual ? 1 : 300))
            running.add(isManual ? 0 : -1)
        }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "j", schedule: .afterCompletion(.seconds(60)), action: .handler("work")))
            await bench.advance(.seconds(70))
            try await bench.scheduler.trigger(job.id)
            await bench.advance(.seconds(200))
            #expect(levels.all.max() == 1)
        }
    }

    @Test("Pausing and resuming a job that counts from the end of its runs starts no second run beside the first")
    func pauseAfterCompletion() async throws {
        let bench = Bench()
        let clock = bench.clock
        try await bench.scheduler.handle("work") { context in
            try await clock.sleep(until: clock.now.addingTimeInterval(300))
        }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "j", schedule: .afterCompletion(.seconds(60)), action: .handler("work")))
            await bench.advance(.seconds(70))
            try await bench.scheduler.pause(job.id)
            try await bench.scheduler.resume(job.id)
            await bench.advance(.seconds(200))
            #expect(try await bench.executions(of: job.id).count == 1)
        }
    }

    @Test("A job that counts from the end of its runs is completed when its schedule has ended")
    func endOfAfterCompletion() async throws {
        let bench = Bench()
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "j", schedule: .afterCompletion(.seconds(60)).ending(at: start.addingTimeInterval(100)),
                    action: .http(.get("https://example.com/"))))
            await bench.advance(.seconds(600))
            #expect(try await bench.executions(of: job.id).count == 1)
            #expect(try await bench.scheduler.job(job.id).state == .completed)
        }
    }

    @Test("A job that counts from the end of its runs gives one verdict on a long downtime, not one for every delay")
    func downtimeOfAfterCompletion() async throws {
        let asked = Tally<String>()
        let bench = Bench(
            store: HookedStore(base: InMemoryJobStore(), before: { if $0 == "fire" { asked.add($0) } }))
        let job = try await bench.scheduler.create(
            .init(
                name: "j", schedule: .afterCompletion(.seconds(1)), action: .http(.get("https://example.com/")),
                misfire: .skip))
        bench.clock.set(to: start.addingTimeInterval(3600))
        try await bench.running { await bench.advance(.zero) }
        #expect(asked.all.count < 10)
        #expect(try await bench.scheduler.skips(of: job.id).count == 1)
    }

    @Test("A handler that is at work in real time is not overtaken by its timeout on a manual clock")
    func manualClockAndTimeout() async throws {
        let bench = Bench()
        try await bench.scheduler.handle("work") { _ in
            // Work that waits for nothing but other tasks, as real input and output would.
            for _ in 0..<2000 { await Task.yield() }
            try Task.checkCancellation()
        }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "j", schedule: .immediately, action: .handler("work", timeout: .seconds(10)), retry: .none))
            await bench.advance(.seconds(60))
            #expect(try await bench.executions(of: job.id).map(\.status) == [.succeeded])
        }
    }

    @Test("A manual clock waits for a request although a handler with a timeout sleeps")
    func manualClockAndTwo() async throws {
        let bench = Bench { _ in
            for _ in 0..<2000 { await Task.yield() }
            return try .status(200)
        }
        let clock = bench.clock
        try await bench.scheduler.handle("sleeper") { _ in
            try await clock.sleep(until: clock.now.addingTimeInterval(1000))
        }
        try await bench.running {
            try await bench.scheduler.create(
                .init(name: "s", schedule: .immediately, action: .handler("sleeper", timeout: .seconds(2000))))
            await bench.advance(.seconds(1))
            let job = try await bench.scheduler.create(
                .init(name: "j", schedule: .immediately, action: .http(.get("https://example.com/"))))
            await bench.advance(.seconds(1))
            #expect(try await bench.executions(of: job.id).map(\.status) == [.succeeded])
        }
    }

    @Test("An immediate job's execution is told of as queued")
    func queuedEvent() async throws {
        let bench = Bench()
        let events = bench.scheduler.events()
        try await bench.running {
            try await bench.scheduler.create(
                .init(name: "j", schedule: .immediately, action: .http(.get("https://example.com/"))))
            await bench.advance(.seconds(1))
        }
        var kinds: [SchedulerEvent.Kind] = []
        for await event in events { kinds.append(event.kind) }
        #expect(kinds == [.executionQueued, .executionFinished])
    }

    @Test("Occurrences that a pause passed over are told of as skipped")
    func pausedEvent() async throws {
        let bench = Bench()
        let events = bench.scheduler.events()
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "j", schedule: .every(.seconds(60)), action: .http(.get("https://example.com/"))))
            try await bench.scheduler.pause(job.id)
            await bench.advance(.seconds(90))
            try await bench.scheduler.resume(job.id)
        }
        var kinds: [SchedulerEvent.Kind] = []
        for await event in events { kinds.append(event.kind) }
        #expect(kinds == [.occurrencesSkipped])
    }

    @Test("A scheduler that runs a second time has events again")
    func eventsOfSecondRun() async throws {
        let bench = Bench()
        try await bench.running { await bench.advance(.zero) }
        let events = bench.scheduler.events()
        try await bench.running {
            try await bench.scheduler.create(
                .init(name: "j", schedule: .immediately, action: .http(.get("https://example.com/"))))
            await bench.advance(.seconds(1))
        }
        var count = 0
        for await _ in events { count += 1 }
        #expect(count > 0)
    }

    @Test("A handler that throws CancellationError of its own has failed")
    func ownCancellation() async throws {
        let bench = Bench { _ in throw CancellationError() }
        try await bench.scheduler.handle("work") { _ in throw CancellationError() }
        try await bench.running {
            for action in [
                JobAction.handler("work"), .handler("work", timeout: .seconds(5)), .http(try .get("https://e.com/")),
            ] {
                let job = try await bench.scheduler.create(
                    .init(name: "j", schedule: .immediately, action: action, retry: .fixed(.seconds(1), maxAttempts: 2))
                )
                await bench.advance(.seconds(30))
                let execution = try #require(try await bench.executions(of: job.id).first)
                #expect(execution.status == .failed)
            }
        }
    }

    @Test("The same idempotency key twice in one batch is one job")
    func sameKeyTwice() async throws {
        let bench = Bench()
        let draft = JobDraft(
            name: "j", schedule: .immediately, action: .http(try .get("https://example.com/")), idempotencyKey: "k")
        let jobs = try await bench.scheduler.create([draft, draft])
        #expect(jobs[0] == jobs[1])
        try await bench.running { await bench.advance(.seconds(1)) }
        #expect(try await bench.executions().count == 1)
    }

    @Test("A job of every millisecond fires each of its occurrences once")
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
            let instants = try await bench.executions(of: job.id).map(\.scheduledFor)
            #expect(instants.count == 1400)
            #expect(Set(instants).count == instants.count)
        }
    }

    @Test("A schedule of which a downtime left more than a batch is worked off without a loss", arguments: [1, 3, 512])
    func moreThanABatch(size: Int) async throws {
        let bench = Bench(configuration: Bench.configuration { $0.batchSize = size })
        let job = try await bench.scheduler.create(
            .init(
                name: "j", schedule: .every(.milliseconds(100)), action: .http(.get("https://example.com/")),
                misfire: .skip))
        bench.clock.set(to: start.addingTimeInterval(8))
        try await bench.running { await bench.advance(.zero) }
        let fired = try await bench.executions(of: job.id).count
        // Those of the last five seconds are within the tolerance: on time.
        #expect(fired == 51)
    }

    @Test("Retention 0 keeps nothing, and events still tell")
    func retentionZero() async throws {
        let bench = Bench()
        let events = bench.scheduler.events()
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "j", schedule: .every(.seconds(60)), action: .http(.get("https://example.com/")),
                    retention: .last(0)))
            await bench.advance(.seconds(180))
            #expect(try await bench.executions(of: job.id).isEmpty)
            #expect(try await bench.scheduler.job(job.id).succeeded == 3)
        }
        var count = 0
        for await event in events where event.kind == .executionFinished { count += 1 }
        #expect(count == 3)
    }

    @Test("A payload of UTF-16 survives encoding and decoding")
    func payloadUTF16() throws {
        let data = try #require(#"{"a":"ü"}"#.data(using: .utf16))
        guard let payload = try? JSONPayload(json: data) else { return }
        let copy = try JSONDecoder().decode(JSONPayload.self, from: JSONEncoder().encode(payload))
        #expect(try copy.decode([String: String].self) == ["a": "ü"])
    }

    @Test("A policy under which nothing can ever run is refused")
    func negativeLateness() async throws {
        let bench = Bench()
        await #expect(throws: (any Error).self) {
            try await bench.scheduler.create(
                .init(
                    name: "j", schedule: .every(.seconds(60)), action: .handler("x"),
                    misfire: .latest(within: .seconds(-1))))
        }
    }

    @Test("Settling does not wait for a scheduler whose run() has refused its configuration")
    func settleAfterRefusal() async throws {
        let bench = Bench(configuration: Bench.configuration { $0.batchSize = 0 })
        await #expect(throws: SchedulerError.self) { try await bench.scheduler.run() }
        let clock = bench.clock
        let scheduler = bench.scheduler
        let isDone = Tally<Bool>()
        let task = Task {
            await clock.settle([scheduler])
            isDone.add(true)
        }
        for _ in 0..<2000 { await Task.yield() }
        #expect(isDone.all == [true])
        task.cancel()
    }
}
