import Foundation
import RotaSchedule
import RotaStore
import RotaTesting
import Testing

@Suite("Time zones whose rules cannot be read", .serialized)
struct ZoneFailureTests {
    let bench = Bench()
    let start = ManualClock().now
    let zones: ZonesInUse

    init() throws {
        zones = try ZonesInUse()
    }

    /// A job in the store as an earlier process left it, when its zone could be read.
    @discardableResult
    private func insert(
        _ schedule: String, in store: (any JobStore)? = nil, state: ScheduleState? = nil, number: UInt64 = 5,
        _ change: (inout JobDefinition) -> Void = { _ in }
    ) async throws -> JobID {
        let decoder = JSONDecoder()
        decoder.readStoredValues()
        var definition = JobDefinition(
            name: "report", schedule: try decoder.decode(Schedule.self, from: Data(schedule.utf8)),
            action: .http(try .get("https://example.com/")))
        change(&definition)
        let id = JobID(bits: TimeOrderedIDGenerator(random: SeededGenerator(seed: number)).makeID(at: start))
        let job = Job(
            id: id, definition: definition, createdAt: start,
            scheduleState: state
                ?? ScheduleState(state: .active, decidedThrough: start, next: start.addingTimeInterval(60)))
        _ = try await (store ?? bench.store).insert([JobInsertion(job)])
        return id
    }

    @Test("A calendar that changes meanwhile is obeyed as soon as the rules can be read")
    func calendarChanges() async throws {
        let zone = zones.newName()
        try await bench.scheduler.setCalendar(.weekdays([]), named: "holidays")
        let id = try await insert(
            #"""
            {"cron":"* * * * *","timezone":"\#(zone)",
            "calendars":[{"exclude":{"named":["holidays"]},"timezone":"UTC"}]}
            """#)
        let change = try await bench.scheduler.setCalendar(.cron(CronExpression("0-9 * * * *")), named: "holidays")
        #expect(change.jobs == 1)
        try await bench.running {
            await bench.advance(.seconds(119))
            let job = try await bench.scheduler.job(id)
            #expect(job.state == .active && job.scheduleState.next == nil)
            try zones.write(zone, asIn: "Asia/Tokyo")
            await bench.advance(.seconds(500))
            #expect(try await bench.executions(of: id).map(\.scheduledFor) == [start.addingTimeInterval(600)])
        }
        #expect(try await bench.scheduler.skips(of: id).isEmpty)
    }

    @Test("A due job stays active, the failure is reported every minute, and the job fires when the rules can be read")
    func postponed() async throws {
        let zone = zones.newName()
        let log = ObserverLog()
        bench.scheduler.observe(log)
        let events = bench.scheduler.events(keeping: 100)
        let id = try await insert(#"{"cron":"* * * * *","timezone":"\#(zone)"}"#)
        try await bench.running {
            await bench.advance(.seconds(299))
            let job = try await bench.scheduler.job(id)
            #expect(job.state == .active && job.scheduleState.next == start.addingTimeInterval(60))
            #expect(try await bench.executions(of: id).isEmpty)
            #expect(try await bench.scheduler.skips(of: id).isEmpty)
            #expect(log.all.filter { $0.hasPrefix("postponed") }.count == 4)

            try zones.write(zone, asIn: "Asia/Tokyo")
            await bench.advance(.seconds(121))
            let mended = try await bench.scheduler.job(id)
            #expect(mended.state == .active && mended.scheduleState.next == start.addingTimeInterval(480))
            // The misfire policy decides about the occurrences of the meantime: the latest one fires.
            let dates = try await bench.executions(of: id).map(\.scheduledFor)
            #expect(dates == [300, 360, 420].map(start.addingTimeInterval))
            #expect(try await bench.scheduler.skips(of: id).map(\.reason) == [.misfire])
        }
        var messages: [String] = []
        for await event in events where event.kind == .jobPostponed && event.jobID == id {
            messages.append(event.message ?? "")
        }
        #expect(messages.count == 4 && messages.allSatisfy { $0.contains(zone) && $0.contains("tries again at") })
    }

    @Test("Jobs that wait for their zone do not hold up the others")
    func others() async throws {
        let bench = Bench(configuration: Bench.configuration { $0.batchSize = 1 })
        for number in 0..<5 {
            let zone = zones.newName()
            try await insert(#"{"cron":"* * * * *","timezone":"\#(zone)"}"#, in: bench.store, number: UInt64(number))
        }
        let other = try await bench.scheduler.create(
            JobDraft(name: "other", schedule: .every(.seconds(60)), action: .http(.get("https://example.com/"))))
        try await bench.running {
            await bench.advance(.seconds(600))
            let executions = try await bench.executions(of: other.id)
            #expect(executions.count == 10)
            #expect(executions.allSatisfy { $0.lateness == .zero })
        }
    }

    @Test("A paused job does not resume, by request or by itself, until the rules can be read")
    func resumption() async throws {
        let zone = zones.newName()
        var state = ScheduleState(state: .paused, decidedThrough: start, next: nil)
        state.resumesAt = start.addingTimeInterval(30)
        let id = try await insert(#"{"cron":"* * * * *","timezone":"\#(zone)"}"#, state: state)
        let error = await #expect(throws: ScheduleError.self) { try await bench.scheduler.resume(id) }
        #expect(error?.code == .timeZone && error?.value == zone)
        try await bench.running {
            await bench.advance(.seconds(45))
            #expect(try await bench.scheduler.job(id).state == .paused)
            try zones.write(zone, asIn: "Asia/Tokyo")
            await bench.advance(.seconds(60))
            #expect(try await bench.scheduler.job(id).state == .active)
        }
    }

    @Test("The end of an execution does not complete a schedule whose calendar's zone cannot be read")
    func afterCompletion() async throws {
        let zone = zones.newName()
        let text =
            #"{"afterCompletion":"10m","anchor":"2026-01-01T00:00:00Z","calendars":[{"timezone":"\#(zone)","#
            + #""exclude":{"weekdays":["SUN"]}}]}"#
        let decoder = JSONDecoder()
        decoder.readStoredValues()
        let schedule = try decoder.decode(Schedule.self, from: Data(text.utf8))
        let execution = ExecutionID(bits: TimeOrderedIDGenerator(random: SeededGenerator(seed: 6)).makeID(at: start))
        var state = ScheduleState(
            state: .active, decidedThrough: start, next: nil, awaitedExecutionID: execution)
        let hasChanged = state.resumeAfterCompletion(of: execution, at: start.addingTimeInterval(5), in: schedule)
        #expect(hasChanged)
        #expect(state.state == .active && state.nextWakeup == start.addingTimeInterval(5))

        let id = try await insert(text, state: state)
        try await bench.running {
            await bench.advance(.seconds(30))
            #expect(try await bench.scheduler.job(id).state == .active)
            try zones.write(zone, asIn: "Asia/Tokyo")
            await bench.advance(.seconds(60))
            #expect(try await bench.scheduler.job(id).nextRunAt == start.addingTimeInterval(605))
            #expect(try await bench.executions(of: id).isEmpty)
        }
    }

    @Test("A window is closed while its zone cannot be read, and looked at again every minute")
    func window() async throws {
        let zone = zones.newName()
        let decoder = JSONDecoder()
        decoder.readStoredValues()
        let window = try decoder.decode(
            ExecutionWindow.self, from: Data(#"{"cron":"* * * * *","timezone":"\#(zone)"}"#.utf8))
        #expect(!window.contains(start) && window.nextCheck(from: start) == start.addingTimeInterval(60))
        let id = try await insert(#"{"every":"1d","anchor":"2026-01-01T00:00:00Z"}"#) { $0.limits.window = window }
        try await bench.running {
            let execution = try await bench.scheduler.trigger(id)
            await bench.advance(.seconds(130))
            #expect(try await bench.scheduler.execution(execution.id).status == .queued)
            try zones.write(zone, asIn: "Asia/Tokyo")
            await bench.advance(.seconds(60))
            #expect(try await bench.scheduler.execution(execution.id).status == .succeeded)
        }
    }

    @Test("Questions that need the rules are errors, not empty answers")
    func questions() async throws {
        let id = try await insert(#"{"cron":"* * * * *","timezone":"\#(zones.newName())"}"#)
        await #expect(throws: ScheduleError.self) { try await bench.scheduler.explain(id, at: start) }
        await #expect(throws: ScheduleError.self) {
            try await bench.scheduler.backfill(id, start.addingTimeInterval(-600)..<start)
        }
        await #expect(throws: ScheduleError.self) { try await bench.scheduler.preview(updating: id) }
        await #expect(throws: ScheduleError.self) {
            try await bench.scheduler.update(id) { $0.name = "other" }
        }
        #expect(try await bench.scheduler.job(id).state == .active)
    }

    @Test("A file store opens with jobs in zones that the machine does not know, such as an abbreviation")
    func fileStore() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "rota-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let first = try await FileJobStore(directory: folder)
        let id = try await insert(#"{"cron":"0 9 * * *","timezone":"BST"}"#, in: first)
        try await first.close()
        let second = try await FileJobStore(directory: folder)
        let job = try #require(try await second.job(id))
        #expect(job.schedule.timeZoneIdentifier == "BST" && job.state == .active)
        // The way out: another zone.
        let bench = Bench(store: second)
        let changed = try await bench.scheduler.update(id) { $0.schedule = try .cron("0 9 * * *", in: "Europe/London") }
        #expect(changed.schedule.timeZoneIdentifier == "Europe/London")
        try await second.close()
    }
}

/// The system's zone files in a folder of the test's own, which every schedule uses as long as this value lives.
final class ZonesInUse {
    private let url: URL
    private let original: URL?
    private var count = 0

    init() throws {
        let database = TimeZoneDatabase.system
        original = database.directory
        url = FileManager.default.temporaryDirectory.appending(path: "rota-zones-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        guard let original else { return }
        let source = original.resolvingSymlinksInPath()
        for name in try FileManager.default.contentsOfDirectory(atPath: source.path)
        where name != "posix" && name != "right" {
            try FileManager.default.copyItem(at: source.appending(path: name), to: url.appending(path: name))
        }
        try database.reload(from: url)
    }

    deinit {
        if let original { _ = try? TimeZoneDatabase.system.reload(from: original) }
        try? FileManager.default.removeItem(at: url)
    }

    /// Returns the name of a zone that no folder has.
    func newName() -> String {
        count += 1
        return "Test/Zone_\(UUID().uuidString.prefix(8))_\(count)"
    }

    /// Writes the file of a zone with the rules of another one.
    func write(_ name: String, asIn other: String) throws {
        let file = url.appending(path: name)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        let source = url.appending(path: other).resolvingSymlinksInPath()
        try Data(contentsOf: source).write(to: file, options: .atomic)
    }
}
