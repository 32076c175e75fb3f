import Foundation
import RotaCore
import RotaStore
import RotaTestSupport
import RotaTesting
import Testing

/// The dry run of a trigger: what it says, and that it leaves no trace.
@Suite("Previews of triggers")
struct TriggerPreviewTests {
    private let draft = JobDraft(name: "hourly", schedule: .onDemand, action: .handler("work"))

    @Test("A dry run says what a trigger would do, and stores nothing", .rows("SX-20"))
    func storesNothing() async throws {
        let bench = Bench()
        try await bench.scheduler.handle("work") { _ in }
        let job = try await bench.scheduler.create(draft.with { $0.limits.timeToLive = .seconds(60) })
        let earlier = try await bench.scheduler.trigger(job.id, TriggerRequest(idempotencyKey: "a"))
        let before = try await StoreContents(bench.store)
        let (now, later) = (bench.clock.now, bench.clock.now.addingTimeInterval(600))
        let known = try await bench.scheduler.preview(TriggerRequest(idempotencyKey: "a"), of: job.id)
        #expect(known.existing == earlier && !known.isDuplicate && known.startsAt == now)
        let new = try await bench.scheduler.preview(
            TriggerRequest(payload: JSONPayload(["b": 1, "a": 2]), at: later, idempotencyKey: "b"), of: job.id)
        #expect(new.existing == nil && new.startsAt == later && new.holds == [.notDue(until: later)])
        #expect(new.expiresAt == later.addingTimeInterval(60))
        #expect(new.warnings.isEmpty)
        // SHA-256 of {"a":2,"b":1}, and of null.
        #expect(new.payloadHash == "d3626ac30a87e6f7a6428233b3c68299976865fa5508e4267c5415c76af7a772")
        #expect(known.payloadHash == "74234e98afe7498fb5daf1f36ac2d78acc339464f950703b8c019892f982b90b")
        let spelled = try JSONPayload(json: Data(#"{"a": 2.0, "b":1}"#.utf8))
        #expect(
            try await bench.scheduler.preview(TriggerRequest(payload: spelled), of: job.id).payloadHash
                == new.payloadHash)
        #expect(try await StoreContents(bench.store) == before)
    }

    @Test("The dry run on files leaves the files as they are", .rows("SX-20"))
    func leavesFiles() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "rota-preview-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let store = try await FileJobStore(directory: folder)
        let bench = Bench(store: store)
        try await bench.scheduler.handle("work") { _ in }
        let job = try await bench.scheduler.create(draft.with { $0.deduplicationWindow = .seconds(60) })
        let run = try await bench.scheduler.trigger(job.id)
        func files() throws -> [String: Data] {
            var files: [String: Data] = [:]
            for name in try FileManager.default.subpathsOfDirectory(atPath: folder.path()) {
                files[name] = FileManager.default.contents(atPath: folder.appending(path: name).path())
            }
            return files
        }
        let before = try files()
        let preview = try await bench.scheduler.preview(TriggerRequest(), of: job.id)
        #expect(preview.existing == run && preview.isDuplicate)
        #expect(before.values.contains { !$0.isEmpty })
        #expect(try files() == before)
        try await store.close()
    }

    @Test("A dry run throws what the trigger would throw", .rows("SX-20"))
    func refusals() async throws {
        let bench = Bench()
        let job = try await bench.scheduler.create(
            draft.with { $0.payloadSchema = try? JSONSchema(["type": "object"]) })
        for request in [
            TriggerRequest(payload: try JSONPayload(7)),
            TriggerRequest(payload: try JSONPayload([:] as [String: Int]), priority: 11),
        ] {
            let refused = await #expect(throws: SchedulerError.self) {
                _ = try await bench.scheduler.trigger(job.id, request)
            }
            let previewed = await #expect(throws: SchedulerError.self) {
                _ = try await bench.scheduler.preview(request, of: job.id)
            }
            #expect(refused != nil && previewed?.message == refused?.message)
        }
        let missing = await #expect(throws: SchedulerError.self) {
            _ = try await bench.scheduler.preview(TriggerRequest(), of: JobID(bits: 7))
        }
        #expect(missing?.code == .jobNotFound)
    }

    @Test("A dry run tells holds, the earliest start, and what is rarely intended", .rows("SX-20"))
    func warnings() async throws {
        let bench = Bench(clock: ManualClock(now: try Date(utc: "2026-01-01T12:00:30Z")))
        let now = bench.clock.now
        let windowed = try await bench.scheduler.create(
            draft.with {
                $0.limits = JobLimits(window: try? ExecutionWindow("0-29 14 * * *", in: "UTC"), timeToLive: .hours(1))
            })
        let preview = try await bench.scheduler.preview(
            TriggerRequest(at: now.addingTimeInterval(-5)), of: windowed.id)
        let opening = try Date(utc: "2026-01-01T14:00:00Z")
        #expect(preview.startsAt == opening && preview.holds == [.window(until: opening)])
        #expect(preview.warnings.map(\.code) == [.unknownHandler, .inThePast, .expiresFirst])
        try await bench.scheduler.handle("work") { _ in }
        try await bench.scheduler.pause(windowed.id)
        let paused = try await bench.scheduler.preview(TriggerRequest(), of: windowed.id)
        #expect(paused.startsAt == nil && paused.holds.contains(.pausedQueue(until: nil)))
        #expect(paused.warnings.map(\.code) == [.inactive])
    }

    @Test("A dry run tells the limits and dependencies that hold the execution", .rows("SX-20"))
    func limits() async throws {
        let bench = Bench()
        let clock = bench.clock
        try await bench.scheduler.handle("work") { _ in try await clock.sleep(until: clock.now.addingTimeInterval(60)) }
        let job = try await bench.scheduler.create(draft.with { $0.limits.concurrency = 1 })
        let other = try await bench.scheduler.create(
            JobDraft(name: "other", schedule: .onDemand, action: .handler("work")))
        try await bench.running {
            try await bench.scheduler.trigger(job.id)
            await bench.advance(.seconds(1))
            let preview = try await bench.scheduler.preview(TriggerRequest(), of: job.id)
            #expect(preview.holds == [.concurrency(limit: 1)] && preview.startsAt == clock.now)
            try await bench.scheduler.addDependency(of: other.id, on: job.id)
            let dependent = try await bench.scheduler.preview(
                TriggerRequest().with { $0.dependencyKey = "day" }, of: other.id)
            #expect(
                dependent.holds == [.dependency(on: job.id, name: "hourly", .completed, key: "day", last: nil)])
        }
    }

    @Test("A dry run and the trigger after it agree, in every store", .rows("SX-20"), arguments: 0..<40)
    func agreement(seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        let stores: [any JobStore] = [InMemoryJobStore(), ReferenceJobStore(), HookedStore(base: InMemoryJobStore())]
        let clock = ManualClock()
        let schedulers = stores.map { store in
            Scheduler(
                store: store, clock: clock, ids: TimeOrderedIDGenerator(random: SeededGenerator(seed: seed)),
                random: SeededGenerator(seed: seed))
        }
        var jobs: [JobID] = []
        for scheduler in schedulers { jobs.append(try await scheduler.create(draft).id) }
        for _ in 0..<40 {
            await clock.advance(by: .seconds(Int.random(in: 0...9, using: &random)), driving: [])
            let key = ["a", "b"].randomElement(using: &random) ?? "a"
            var request = TriggerRequest(payload: try JSONPayload(Int.random(in: 0...1, using: &random)))
            switch Int.random(in: 0...5, using: &random) {
            case 0: request.idempotencyKey = key
            case 1: request.uniqueness = .unique(key)
            case 2: request.uniqueness = .unique(key, for: .seconds(15))
            case 3: request.uniqueness = .samePayload(for: .seconds(15))
            case 4: request.uniqueness = .debounced(key, atMost: .seconds(20))
            default: request.timeToLive = .seconds(8)
            }
            for (scheduler, job) in zip(schedulers, jobs) {
                let known = Set(try await scheduler.executions(ExecutionQuery(limit: 1000)).items.map(\.id))
                let preview = try await scheduler.preview(request, of: job)
                let run = try await scheduler.trigger(job, request)
                #expect(preview.existing?.id == (known.contains(run.id) ? run.id : nil))
                if let existing = preview.existing { #expect(existing == run) }
            }
        }
    }
}
