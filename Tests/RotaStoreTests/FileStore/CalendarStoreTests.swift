import Foundation
import RotaSchedule
import RotaStore
import RotaTesting
import Testing

@Suite("Calendars in a file store")
struct CalendarStoreTests {
    let files = FaultyFileSystem()
    /// Thursday.
    static let start = Date(timeIntervalSince1970: 1_767_225_600)

    private func open(_ files: FaultyFileSystem? = nil) async throws -> FileJobStore {
        try await FileJobStore(path: "/store", environment: .inMemory(files ?? self.files))
    }

    private static func dates(_ count: Int, from first: Int = 1) throws -> ScheduleCalendar {
        try .dates(
            (0..<count).map { number in
                let day = start.addingTimeInterval(Double(first + number * 2) * 86_400)
                return String(day.formatted(.iso8601).prefix(10))
            })
    }

    /// A job of every midnight but for the calendar's.
    private static func job(_ number: Int, next: Double = 86_400) throws -> Job {
        let schedule = try Schedule.daily(at: "00:00").excluding(.named("holidays"))
        return Job(
            id: JobID(bits: UInt128(number)),
            definition: JobDefinition(name: "job \(number)", schedule: schedule, action: .handler("work")),
            createdAt: start,
            scheduleState: ScheduleState(state: .active, decidedThrough: start, next: start.addingTimeInterval(next)))
    }

    private static func insert(_ count: Int, into store: FileJobStore) async throws {
        for first in stride(from: 1, through: count, by: 1000) {
            _ = try await store.insert((first..<first + 1000).map { JobInsertion(try job($0)) })
        }
    }

    @Test("A calendar of 260 dates costs 10,000 jobs what it costs once, in the journal and in memory")
    func cost() async throws {
        var sizes: [Int: Int] = [:]
        for count in [1, 260] {
            let files = FaultyFileSystem()
            let store = try await open(files)
            _ = try await store.setCalendar(Self.dates(count, from: 9), named: "holidays", at: Self.start)
            let calendar = await store.status.journalBytes
            try await Self.insert(10_000, into: store)
            sizes[count] = await store.status.journalBytes - calendar
            let kept = try #require(await store.calendars()["holidays"])
            for id in [1, 5000, 10_000] as [UInt128] {
                let job = try #require(await store.job(JobID(bits: id)))
                #expect(job.definition.schedule.boundCalendars["holidays"]?.sharesDates(with: kept) == true)
            }
            try await store.close()
            let reopened = try await open(files)
            let read = try #require(await reopened.calendars()["holidays"])
            for id in [1, 5000, 10_000] as [UInt128] {
                let job = try #require(await reopened.job(JobID(bits: id)))
                #expect(job.definition.schedule.boundCalendars["holidays"]?.sharesDates(with: read) == true)
            }
        }
        #expect(sizes[1] != nil && sizes[1] == sizes[260])
    }

    @Test("A change of a calendar is one commit for 10,000 jobs, and the same calendar is none")
    func oneCommit() async throws {
        let store = try await open()
        _ = try await store.setCalendar(Self.dates(1, from: 9), named: "holidays", at: Self.start)
        try await Self.insert(10_000, into: store)
        let change = try await store.setCalendar(Self.dates(2), named: "holidays", at: Self.start)
        #expect(change == CalendarChange(isChanged: true, jobs: 10_000, rescheduled: 10_000))
        let size = await store.status.journalBytes
        #expect(
            try await store.setCalendar(Self.dates(2), named: "holidays", at: Self.start)
                == CalendarChange(isChanged: false, jobs: 10_000))
        #expect(await store.status.journalBytes == size)
        files.crash(.lostUnsynced)
        let reopened = try await open()
        // The two calendars, and ten insertions.
        #expect(reopened.recovery.replayedFrames == 12)
        for id in [1, 5000, 10_000] as [UInt128] {
            let job = try #require(await reopened.job(JobID(bits: id)))
            #expect(job.scheduleState.next == Self.start.addingTimeInterval(2 * 86_400) && job.version == 1)
            #expect(job.definition.schedule.next(after: Self.start) == job.scheduleState.next)
        }
        #expect(try await StoreContents(reopened) == StoreContents(store))
    }

    @Test(
        "A power failure at any file operation keeps a calendar and its jobs together",
        arguments: [FaultyFileSystem.Crash.killed, .lostUnsynced, .tore(seed: 3)])
    func crash(_ crash: FaultyFileSystem.Crash) async throws {
        let (old, new) = (try Self.dates(1, from: 9), try Self.dates(2))
        var outcomes: Set<Bool> = []
        for operation in 1...6 {
            let files = FaultyFileSystem()
            let store = try await open(files)
            _ = try await store.setCalendar(old, named: "holidays", at: Self.start)
            _ = try await store.insert((1...5).map { JobInsertion(try Self.job($0)) })
            files.fault = FileFault(at: operation, .powerLoss, persists: true)
            let result = try? await store.setCalendar(new, named: "holidays", at: Self.start)
            files.fault = nil
            files.crash(crash)
            let reopened = try await open(files)
            let isNew = try #require(await reopened.calendars()["holidays"]) == new
            #expect(isNew || result == nil)
            outcomes.insert(isNew)
            for job in try await reopened.jobs(JobQuery()).items {
                #expect(job.scheduleState.next == Self.start.addingTimeInterval(isNew ? 172_800 : 86_400))
                #expect(job.definition.schedule.next(after: Self.start) == job.scheduleState.next)
            }
        }
        // The power failed before the change, and after it.
        #expect(outcomes.count == 2)
    }

    @Test("A calendar that is set between the parts of a snapshot binds the jobs of all parts", arguments: 0..<8)
    func snapshotInParts(place: Int) throws {
        var state = StoreState()
        var log = ChangeLog(isRecording: true)
        _ = try state.setCalendar(Self.dates(1, from: 9), named: "holidays", at: Self.start, log: &log)
        _ = try state.insert((1...6).map { JobInsertion(try Self.job($0)) }, log: &log)
        var later = ChangeLog(isRecording: true)
        var copy = StoreState()
        var position: StoreState.SnapshotPosition? = .jobs(after: nil)
        var step = 0
        while let from = position {
            if step == place {
                _ = try state.setCalendar(Self.dates(2), named: "holidays", at: Self.start, log: &later)
                _ = try state.setCalendar(.weekends, named: "nights", at: Self.start, log: &later)
                var job = try Self.job(7)
                job.definition.schedule = try .daily(at: "00:00").excluding(.named("nights"))
                _ = try state.insert([JobInsertion(job)], log: &later)
            }
            let part = state.snapshot(from: from, limit: 1)
            for record in part.records { copy.apply(record.insertion) }
            position = part.next
            step += 1
        }
        for change in later.changes { copy.apply(change) }
        #expect(StoreContents(copy) == StoreContents(state))
        #expect(place >= step || copy.jobs[JobID(bits: 7)]?.definition.schedule.isComputable == true)
        #expect(throws: StoreError.self) { try copy.deleteCalendar(named: "holidays", log: &later) }
    }

    @Test("Calendars survive compaction, and are read beside the writer")
    func compaction() async throws {
        let store = try await open()
        _ = try await store.setCalendar(Self.dates(260), named: "holidays", at: Self.start)
        _ = try await store.insert((1...5).map { JobInsertion(try Self.job($0, next: 2 * 86_400)) })
        try await store.compact()
        _ = try await store.setCalendar(.weekends, named: "nights", at: Self.start)
        let copy = try await FileJobStore(inspecting: "/store", environment: .inMemory(files))
        #expect(try await StoreContents(copy) == StoreContents(store))
        await #expect(throws: FileStoreError.self) {
            try await copy.setCalendar(.weekends, named: "holidays", at: Self.start)
        }
        try await store.close()
        #expect(try await StoreContents(open()) == StoreContents(copy))
    }

    @Test("An export has its calendars before the jobs, and an import refuses a job without its calendar")
    func exchange() async throws {
        let store = InMemoryJobStore()
        _ = try await store.setCalendar(Self.dates(3), named: "holidays", at: Self.start)
        _ = try await store.insert((1...2).map { JobInsertion(try Self.job($0, next: 2 * 86_400)) })
        var lines: [String] = []
        for try await line in await store.exportRecords() { lines.append(line) }
        #expect(
            lines[1]
                == #"{"calendar":{"calendar":{"dates":["2026-01-02","2026-01-04","2026-01-06"]},"name":"holidays"}}"#)
        let copy = InMemoryJobStore()
        try await copy.importRecords(AsyncStream(lines))
        #expect(try await StoreContents(copy) == StoreContents(store))
        var without = lines
        without.remove(at: 1)
        await #expect(
            throws: StoreImportError(
                .inconsistentRecord, line: 2, "there is no calendar \"holidays\" before this line")
        ) { try await InMemoryJobStore().importRecords(AsyncStream(without)) }
        var twice = lines
        twice.insert(lines[1], at: 1)
        await #expect(
            throws: StoreImportError(.inconsistentRecord, line: 3, "the calendar \"holidays\" already exists")
        ) { try await InMemoryJobStore().importRecords(AsyncStream(twice)) }
        var nested = lines
        nested[1] = #"{"calendar":{"calendar":{"named":["x"]},"name":"holidays"}}"#
        await #expect(throws: StoreImportError.self) { try await InMemoryJobStore().importRecords(AsyncStream(nested)) }
    }

    @Test("Earlier versions of a job do not keep an old calendar, and are computed with the current one")
    func versions() async throws {
        let store = InMemoryJobStore()
        _ = try await store.setCalendar(Self.dates(3, from: 9), named: "holidays", at: Self.start)
        let job = try Self.job(1)
        _ = try await store.insert([JobInsertion(job)])
        var definition = job.definition
        definition.name = "renamed"
        _ = try await store.replace(
            JobReplacement(
                id: job.id, expectedRevision: 1, definition: definition, scheduleState: job.scheduleState,
                date: Self.start))
        _ = try await store.setCalendar(Self.dates(3), named: "holidays", at: Self.start)
        let versions = await store.versions(of: job.id)
        #expect(versions.map(\.version) == [2, 1])
        for version in versions {
            #expect(
                version.definition.schedule.next(after: Self.start) == Self.start.addingTimeInterval(2 * 86_400))
        }
    }
}
