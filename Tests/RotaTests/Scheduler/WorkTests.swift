import Foundation
import RotaHTTP
import RotaStore
import RotaTesting
import Testing

@Suite("Work in queues")
struct WorkTests {
    // MARK: Uniqueness

    @Test("A key keeps work unique until its end, for a time, or until nothing more comes")
    func uniqueness() async throws {
        let (bench, done) = (Bench(), Recorded<String>())
        try await bench.scheduler.handle("work", payload: String.self) { text, _ in done.add(text) }
        func enqueue(_ text: String, after delay: Duration = .zero, _ uniqueness: Uniqueness) async throws
            -> ExecutionID
        {
            try await bench.scheduler.enqueue(
                "work", payload: text, after: delay, TriggerRequest(uniqueness: uniqueness)
            ).id
        }
        try await bench.running {
            let first = try await enqueue("one", after: .seconds(5), .unique("doc"))
            #expect(try await enqueue("two", .unique("doc")) == first)
            await bench.advance(.seconds(6))
            #expect(try await enqueue("three", .unique("doc")) != first)
            await bench.advance(.seconds(1))
            #expect(done.all == ["one", "three"])

            let hourly = try await enqueue("four", .unique("user", for: .hours(1)))
            await bench.advance(.minutes(59))
            #expect(try await enqueue("five", .unique("user", for: .hours(1))) == hourly)
            await bench.advance(.minutes(2))
            #expect(try await enqueue("six", .unique("user", for: .hours(1))) != hourly)
            await bench.advance(.seconds(1))
            #expect(done.all == ["one", "three", "four", "six"])

            for text in ["a", "b", "c"] {
                _ = try await enqueue(text, after: .seconds(30), .debounced("page"))
                await bench.advance(.seconds(20))
            }
            #expect(done.all.count == 4)
            await bench.advance(.seconds(15))
            #expect(done.all.suffix(1) == ["c"] && done.all.count == 5)
        }
    }

    @Test("A key or a time out of range is an error")
    func invalidUniqueness() async throws {
        let bench = Bench()
        try await bench.scheduler.handle("work") { _ in }
        let both = await #expect(throws: SchedulerError.self) {
            try await bench.scheduler.enqueue("work", TriggerRequest(idempotencyKey: "a", uniqueness: .unique("b")))
        }
        #expect(both?.code == .invalidRequest)
        for wrong in [
            Uniqueness.unique(""), .unique("k", for: .zero), .unique("k", for: .hours(24 * 31)),
            .debounced("k", atMost: .seconds(-1)),
        ] {
            let error = await #expect(throws: SchedulerError.self) {
                try await bench.scheduler.enqueue("work", TriggerRequest(uniqueness: wrong))
            }
            #expect(error?.code == .invalidRequest)
        }
        #expect(try await bench.executions().isEmpty)
    }

    @Test("Work that expired before it began is no reason to leave out new work")
    func expiredUniqueness() async throws {
        let (bench, done) = (Bench(), Recorded<Int>())
        try await bench.scheduler.handle("work") { _ in done.add(1) }
        let request = TriggerRequest(uniqueness: .unique("doc"), timeToLive: .minutes(1))
        let first = try await bench.scheduler.enqueue("work", request)
        await bench.clock.advance(by: .minutes(2), driving: [])
        let second = try await bench.scheduler.enqueue("work", request)
        #expect(first.id != second.id)
        try await bench.running { await bench.advance(.seconds(1)) }
        #expect(done.all == [1])
        #expect(try await bench.scheduler.execution(first.id).status == .expired)
    }

    @Test("The record of finished work is stored as it is")
    func records() async throws {
        let bench = Bench()
        try await bench.scheduler.handle("work") { _ in }
        let queued = try await bench.scheduler.enqueue("work", TriggerRequest(uniqueness: .debounced("doc")))
        let job = try await bench.scheduler.job(slug: "work")
        for (number, uniqueness) in [Uniqueness.unique("doc"), .debounced("doc")].enumerated() {
            var details = ExecutionDetails.none
            details.uniqueness = uniqueness
            details.awaitedBatch = BatchID(bits: 7)
            var record = job.execution(
                id: ExecutionID(bits: UInt128(number) + 1), source: .manual, scheduledFor: bench.clock.now,
                createdAt: bench.clock.now, details: details)
            (record.progress.status, record.progress.finishedAt) = (.succeeded, bench.clock.now)
            #expect(try await bench.store.enqueue([record]) == [.queued(record)])
            #expect(try await bench.store.execution(record.id) == record)
        }
        #expect(try await bench.scheduler.execution(queued.id) == queued)
    }

    @Test("A queue that another process makes meanwhile is used")
    func madeMeanwhile() async throws {
        let (base, isMade) = (InMemoryJobStore(), Latch())
        let other = Bench(store: base, seed: 2)
        var store = HookedStore(base: base)
        store.beforeWrite = { operation in
            guard operation == "insert", !isMade.isSet else { return }
            isMade.set()
            _ = try await other.scheduler.declare([JobDraft(queue: "work")], owner: "app")
        }
        let bench = Bench(store: store)
        try await bench.scheduler.handle("work") { _ in }
        let queued = try await bench.scheduler.enqueue("work")
        let jobs = try await bench.scheduler.jobs().items
        #expect(jobs.map(\.id) == [queued.jobID] && jobs.first?.declaredBy == "app")
    }

    @Test("A payload that the job's present schema does not allow is not replayed")
    func replayedPayload() async throws {
        let bench = Bench()
        try await bench.scheduler.handle("work") { _ in }
        let first = try await bench.scheduler.enqueue("work", payload: 7)
        let replay = try await bench.scheduler.replay(first.id, idempotencyKey: "k")
        try await bench.scheduler.update(first.jobID) { $0.payloadSchema = try JSONSchema(["type": "string"]) }
        let error = await #expect(throws: SchedulerError.self) { try await bench.scheduler.replay(first.id) }
        #expect(error?.code == .invalidPayload)
        // One that was made before is answered as it was.
        #expect(try await bench.scheduler.replay(first.id, idempotencyKey: "k").id == replay.id)
        // Without a payload there is nothing to check.
        let bare = try await bench.store.enqueue([
            bench.scheduler.job(first.jobID).execution(
                id: ExecutionID(bits: 7), source: .schedule, scheduledFor: bench.clock.now, createdAt: bench.clock.now,
                details: nil)
        ])
        #expect(try await bench.scheduler.replay(bare[0].execution.id).payload == nil)
    }

    // MARK: Batches

    @Test("What follows a batch runs once, after the last of it, and knows how it went")
    func batch() async throws {
        struct Refusal: Error {}
        let (bench, done) = (Bench(), Recorded<String>())
        _ = try await bench.scheduler.declare(
            [
                JobDraft(
                    queue: "send", retry: RetryPolicy(maxAttempts: 2, backoff: .fixed(.seconds(60)), jitter: .none)),
                JobDraft(queue: "report"),
            ], owner: "app")
        try await bench.scheduler.handle("send", payload: Int.self) { number, _ in
            if number % 10 == 0 { throw Refusal() }
        }
        try await bench.scheduler.handle("report", payload: String.self) { text, context in
            let counts = try #require(context.batch)
            done.add("\(text): \(counts.succeeded)/\(counts.total), \(counts.failed) failed, \(counts.unfinished) left")
        }
        try await bench.running {
            let requests = try (1...2000).map { TriggerRequest(payload: try JSONPayload($0)) }
            let result = try await bench.scheduler.enqueue(
                "send", requests,
                then: TriggerRequest.FollowUp("report", TriggerRequest(payload: try JSONPayload("letters"))))
            let followUp = try #require(result.followUp)
            #expect(result.created == 2000 && followUp.status == .waiting)
            await bench.advance(.seconds(30))
            #expect(done.all.isEmpty)
            #expect(try await bench.scheduler.execution(followUp.id).progress.batch?.unfinished == 200)
            await bench.advance(.seconds(60))
        }
        #expect(done.all == ["letters: 1800/2000, 200 failed, 0 left"])
    }

    @Test("A batch that was interrupted is continued by another scheduler, and its follow-up runs once")
    func interruptedBatch() async throws {
        let (clock, store, done) = (ManualClock(), InMemoryJobStore(), Recorded<Int>())
        let first = Bench(clock: clock, store: store)
        try await first.scheduler.handle("step") { _ in }
        try await first.scheduler.handle("end") { _ in }
        _ = try await first.scheduler.enqueue(
            "step", (0..<10).map { _ in TriggerRequest(at: clock.now.addingTimeInterval(60)) },
            then: TriggerRequest.FollowUp("end"))
        let second = Bench(clock: clock, store: store, seed: 2)
        try await second.scheduler.handle("step") { _ in }
        try await second.scheduler.handle("end") { context in done.add(context.batch?.succeeded ?? -1) }
        try await second.running { await second.advance(.minutes(2)) }
        #expect(done.all == [10])
    }

    @Test("A batch that is too large, or has one invalid request, is refused whole")
    func invalidBatch() async throws {
        let bench = Bench()
        try await bench.scheduler.handle("work") { _ in }
        let many = [TriggerRequest](repeating: TriggerRequest(), count: 10_001)
        var error = await #expect(throws: SchedulerError.self) {
            try await bench.scheduler.enqueue("work", many, then: TriggerRequest.FollowUp("work"))
        }
        #expect(error?.code == .tooMany)
        error = await #expect(throws: SchedulerError.self) {
            try await bench.scheduler.enqueue(
                "work", [TriggerRequest(), TriggerRequest(priority: 11)], then: TriggerRequest.FollowUp("work"))
        }
        #expect(error?.code == .invalidRequest)
        error = await #expect(throws: SchedulerError.self) {
            try await bench.scheduler.enqueue("work", [TriggerRequest()], then: TriggerRequest.FollowUp("typo"))
        }
        #expect(error?.code == .jobNotFound)
        #expect(try await bench.executions().isEmpty)
    }

    @Test(
        "Work that follows a batch cannot be unique, nor be completed from outside, and lives from the batch's end on")
    func followUps() async throws {
        let (bench, done) = (Bench(), Recorded<Int>())
        try await bench.scheduler.handle("work") { _ in }
        try await bench.scheduler.handle("end") { context in done.add(context.batch?.succeeded ?? -1) }
        let later = TriggerRequest(at: bench.clock.now.addingTimeInterval(600))
        let error = await #expect(throws: SchedulerError.self) {
            try await bench.scheduler.enqueue(
                "work", [later], then: TriggerRequest.FollowUp("end", TriggerRequest(uniqueness: .unique("end"))))
        }
        #expect(error?.code == .invalidRequest)
        #expect(try await bench.executions().isEmpty)
        try await bench.running {
            let batch = try await bench.scheduler.enqueue(
                "work", [later], then: TriggerRequest.FollowUp("end", TriggerRequest(timeToLive: .minutes(5))))
            let followUp = try #require(batch.followUp)
            let early = await #expect(throws: SchedulerError.self) {
                try await bench.scheduler.complete(followUp.id, as: .succeeded)
            }
            #expect(early?.code == .illegalState)
            await bench.advance(.minutes(11))
            #expect(try await bench.scheduler.execution(followUp.id).status == .succeeded)
            #expect(done.all == [1])
            let replay = try await bench.scheduler.replay(followUp.id)
            await bench.advance(.seconds(1))
            #expect(try await bench.scheduler.execution(replay.id).status == .succeeded)
            #expect(done.all == [1, 1])
        }
    }

    // MARK: Pauses

    @Test("A paused queue holds its work until it is resumed")
    func pausedQueue() async throws {
        let (bench, done) = (Bench(), Recorded<Int>())
        try await bench.scheduler.handle("work", payload: Int.self) { number, _ in done.add(number) }
        try await bench.running {
            try await bench.scheduler.enqueue("work", payload: 1)
            await bench.advance(.seconds(1))
            let queue = try await bench.scheduler.job(slug: "work")
            try await bench.scheduler.pause(queue.id)
            try await bench.scheduler.enqueue("work", payload: 2)
            await bench.advance(.hours(5))
            #expect(done.all == [1])
            try await bench.scheduler.resume(queue.id)
            await bench.advance(.seconds(1))
            #expect(done.all == [1, 2])
            try await bench.scheduler.pause(queue.id, until: bench.clock.now.addingTimeInterval(60))
            try await bench.scheduler.enqueue("work", payload: 3)
            await bench.advance(.seconds(59))
            #expect(done.all == [1, 2])
            await bench.advance(.seconds(2))
            #expect(done.all == [1, 2, 3])
        }
    }

    // MARK: Dead letters

    @Test("Dead letters are listed, counted, replayed once, and discarded")
    func deadLetters() async throws {
        struct Refusal: Error {}
        let (bench, isBroken) = (Bench(), Recorded<Int>())
        _ = try await bench.scheduler.declare([JobDraft(queue: "send", retry: .none)], owner: "app")
        try await bench.scheduler.handle("send", payload: Int.self) { number, _ in
            if isBroken.all.isEmpty { throw Refusal() }
        }
        let scheduler = bench.scheduler
        try await bench.running {
            for number in 1...5 {
                try await scheduler.enqueue(
                    "send", payload: number,
                    TriggerRequest().with { $0.tags = ["parity": number % 2 == 0 ? "even" : "odd"] })
            }
            await bench.advance(.seconds(1))
            #expect(try await scheduler.countDeadLetters() == 5)
            #expect(try await scheduler.countDeadLetters(ExecutionQuery().with { $0.failureKinds = [.timeout] }) == 0)
            isBroken.add(1)
            let odd = ExecutionQuery().with { $0.tags = ["parity": "odd"] }
            async let once = scheduler.replayDeadLetters(matching: odd)
            async let twice = scheduler.replayDeadLetters(matching: odd)
            let replays = Set(try await once.map(\.id) + twice.map(\.id))
            #expect(replays.count == 3)
            await bench.advance(.seconds(1))
            #expect(
                try await scheduler.deadLetters().items.map(\.details.tags) == [["parity": "even"], ["parity": "even"]])
            let replayed = try await scheduler.executions(ExecutionQuery().with { $0.sources = [.replay] }).items
            #expect(replayed.count == 3 && replayed.allSatisfy { $0.status == .succeeded })
            for replay in replayed {
                let original = try await scheduler.execution(try #require(replay.replayOf))
                #expect(original.progress.resolution == .replayed(replay.id))
            }
            let letter = try #require(try await scheduler.deadLetters().items.first)
            #expect(try await scheduler.discardDeadLetter(letter.id).isDeadLetter == false)
            #expect(try await scheduler.discardDeadLetters() == 1)
            #expect(try await scheduler.countDeadLetters() == 0)
            let error = await #expect(throws: SchedulerError.self) {
                try await scheduler.discardDeadLetter(replayed[0].id)
            }
            #expect(error?.code == .illegalState)
        }
    }

    @Test("A bulk replay ends, though its replays become dead letters at once")
    func endlessReplay() async throws {
        struct Refusal: Error {}
        let bench = Bench()
        _ = try await bench.scheduler.declare(
            [JobDraft(queue: "send", retry: .none, retention: .last(10_000))], owner: "app")
        try await bench.scheduler.handle("send") { _ in throw Refusal() }
        try await bench.running {
            for _ in 0..<3 {
                try await bench.scheduler.enqueue("send", [TriggerRequest](repeating: TriggerRequest(), count: 500))
            }
            await bench.advance(.seconds(1))
            #expect(try await bench.scheduler.countDeadLetters() == 1500)
            #expect(try await bench.scheduler.replayDeadLetters().count == 1500)
            await bench.advance(.seconds(1))
            #expect(try await bench.scheduler.countDeadLetters() == 1500)
        }
    }

    @Test("A bulk replay leaves out the dead letters of a job that is deleted meanwhile")
    func replayOfDeleted() async throws {
        struct Refusal: Error {}
        let (store, isArmed) = (InMemoryJobStore(), Recorded<JobID>())
        let bench = Bench(
            store: HookedStore(
                base: store,
                beforeEnqueue: {
                    if let id = isArmed.all.last { _ = await store.delete([id]) }
                }))
        _ = try await bench.scheduler.declare(
            [JobDraft(queue: "gone", retry: .none), JobDraft(queue: "kept", retry: .none)], owner: "app")
        for queue in ["gone", "kept"] { try await bench.scheduler.handle(queue) { _ in throw Refusal() } }
        try await bench.running {
            for queue in ["gone", "kept"] {
                try await bench.scheduler.enqueue(queue, [TriggerRequest(), TriggerRequest()])
            }
            await bench.advance(.seconds(1))
            #expect(try await bench.scheduler.countDeadLetters() == 4)
            isArmed.add(try await bench.scheduler.job(named: "gone").id)
            #expect(try await bench.scheduler.replayDeadLetters().map(\.jobName) == ["kept", "kept"])
        }
    }

    // MARK: Requests from payloads

    @Test("Each execution of a queue sends its own URL, headers, body and signature")
    func webhooks() async throws {
        let bench = Bench()
        let template = try RequestTemplate.post(
            "{{payload.url}}", headers: ["X-Event": "{{payload.event}}"],
            body: .json(["event": "{{payload.event}}", "data": "{{payload.data}}", "text": "no. {{payload.data.n}}"]),
            signature: "secret://{{payload.secret}}")
        _ = try await bench.scheduler.declare([JobDraft(queue: "hooks", action: .http(template))], owner: "app")
        struct Hook: Encodable, Sendable {
            var url: String
            var event: String
            var secret = "hook"
            var data: [String: Int]
        }
        try await bench.running {
            for number in 1...2 {
                try await bench.scheduler.enqueue(
                    "hooks",
                    payload: Hook(url: "https://host\(number).example/in?x=1", event: "paid", data: ["n": number]))
            }
            await bench.advance(.seconds(1))
        }
        let requests = bench.transport.requests.sorted { $0.url.absoluteString < $1.url.absoluteString }
        #expect(requests.map(\.url.absoluteString) == ["https://host1.example/in?x=1", "https://host2.example/in?x=1"])
        let secret = try WebhookSecret(Bench.hookSecret)
        for (index, request) in requests.enumerated() {
            let body = try #require(request.body.data)
            #expect(
                String(decoding: body, as: UTF8.self)
                    == #"{"event":"paid","data":{"n":\#(index + 1)},"text":"no. \#(index + 1)"}"#)
            #expect(request.headers.values("X-Event") == ["paid"])
            try WebhookSignature.standard.verify(
                headers: request.headers, body: body, at: bench.clock.now, with: [secret])
        }
    }

    @Test("A body that is the payload is left out where there is none, so its job may have a schedule")
    func payloadAsBody() async throws {
        let bench = Bench()
        let template = try RequestTemplate.post("https://example.com/in", body: .json("{{payload}}"))
        let job = try await bench.scheduler.create(
            JobDraft(name: "timed", schedule: .every(.seconds(60)), action: .http(template)))
        try await bench.running {
            try await bench.scheduler.trigger(job.id, payload: JSONPayload(["n": 1]))
            await bench.advance(.seconds(60))
        }
        #expect(bench.transport.requests.map(\.body.data) == [Data(#"{"n":1}"#.utf8), nil])
        // A part of the payload cannot be left out.
        let part = try RequestTemplate.post("https://example.com/in", body: .json("{{payload.n}}"))
        let error = await #expect(throws: SchedulerError.self) {
            try await bench.scheduler.create(
                JobDraft(name: "part", schedule: .every(.seconds(60)), action: .http(part)))
        }
        #expect(error?.code == .invalidJob)
    }

    @Test("A payload that a request cannot be made from is refused when it is enqueued")
    func unfitPayloads() async throws {
        let bench = Bench()
        let template = try RequestTemplate.post("https://example.com/{{payload.id}}", body: .text("{{payload}}"))
        _ = try await bench.scheduler.declare([JobDraft(queue: "hooks", action: .http(template))], owner: "app")
        for wrong in ["{}", #"{"id":null}"#, "[1]", "3"] {
            let payload = try JSONPayload(json: Data(wrong.utf8))
            let error = await #expect(throws: HTTPRequestError.self) {
                try await bench.scheduler.enqueue("hooks", TriggerRequest(payload: payload))
            }
            #expect(error?.code == .missingValue && error?.field == "url")
        }
        await #expect(throws: HTTPRequestError.self) { try await bench.scheduler.enqueue("hooks") }
        let error = await #expect(throws: SchedulerError.self) {
            try await bench.scheduler.create(
                JobDraft(name: "timed", schedule: .every(.seconds(60)), action: .http(template)))
        }
        #expect(error?.code == .invalidJob && error?.description.contains("onDemand") == true)
        #expect(try await bench.executions().isEmpty)
    }

    // MARK: Checkpoints

    @Test("The next attempt continues where the last one saved, after a failure and after a shutdown")
    func checkpoints() async throws {
        struct Refusal: Error {}
        let (clock, store, pages) = (ManualClock(), InMemoryJobStore(), Recorded<Int>())
        let queue = JobDraft(
            queue: "import", retry: RetryPolicy(maxAttempts: 3, backoff: .fixed(.seconds(5)), jitter: .none))
        let configuration = Bench.configuration { $0.shutdownGrace = .zero }
        let first = Bench(clock: clock, store: store, configuration: configuration)
        _ = try await first.scheduler.declare([queue], owner: "app")
        try await first.scheduler.handle("import") { context in
            for page in (try context.checkpoint(as: Int.self) ?? 1)...3 {
                pages.add(page)
                try await context.save(page + 1)
                if page == 2, context.attempt == 1 { throw Refusal() }
                if page == 3 { try await clock.sleep(until: clock.now.addingTimeInterval(1000)) }
            }
        }
        let work = try await first.scheduler.enqueue("import")
        try await first.running { await first.advance(.seconds(10)) }
        #expect(pages.all == [1, 2, 3])
        let stored = try await first.scheduler.execution(work.id)
        #expect(stored.interruptionCount == 1 && stored.status == .queued)
        let second = Bench(clock: clock, store: store, seed: 2)
        try await second.scheduler.handle("import") { context in
            #expect(context.execution.interruptionCount == 1)
            pages.add(100 + (try context.checkpoint(as: Int.self) ?? 0))
        }
        try await second.running { await second.advance(.seconds(10)) }
        #expect(pages.all == [1, 2, 3, 104])
    }

    @Test("An attempt that lost its lease saves no checkpoint")
    func staleCheckpoint() async throws {
        let (bench, errors) = (Bench(), Recorded<SchedulerError.Code>())
        try await bench.scheduler.handle("work") { context in
            let claim = ClaimRequest(
                owner: "other", limit: 1, now: bench.clock.now, leaseExpiresAt: bench.clock.now.addingTimeInterval(90))
            // Another scheduler takes the execution over.
            let lease = try #require(context.execution.progress.lease)
            _ = try await bench.store.finish([
                Completion(
                    executionID: context.execution.id, token: lease.token, attempt: nil,
                    next: .released(until: bench.clock.now), date: bench.clock.now)
            ])
            _ = try await bench.store.claim(claim)
            do { try await context.save(1) } catch let error as SchedulerError { errors.add(error.code) }
        }
        let work = try await bench.scheduler.enqueue("work")
        try await bench.running { await bench.advance(.seconds(1)) }
        #expect(errors.all == [.illegalState])
        #expect(try await bench.scheduler.execution(work.id).progress.checkpoint == nil)
    }
}
