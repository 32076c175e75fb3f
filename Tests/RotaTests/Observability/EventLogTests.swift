import Foundation
import Rota
import RotaStore
import RotaTesting
import Testing

@Suite("Log of events")
struct EventLogTests {
    private static func scheduler(_ clock: ManualClock = ManualClock()) -> Scheduler {
        Scheduler(store: InMemoryJobStore(), clock: clock)
    }

    @Test("Pages follow one another, and tell if entries between them are gone")
    func pages() async throws {
        let scheduler = Self.scheduler()
        let log = scheduler.eventLog(keeping: 4)
        let start = log.events().next
        let job = try await scheduler.create(
            JobDraft(name: "a", schedule: .onDemand, action: .handler("a")))
        var ids: [ExecutionID] = []
        for _ in 0..<3 { ids.append(try await scheduler.trigger(job.id).id) }
        let first = log.events(after: start, limit: 2)
        #expect(first.entries.map(\.executionID) == Array(ids[..<2]) && !first.isIncomplete)
        #expect(log.events(after: first.next).entries.map(\.executionID) == [ids[2]])
        for _ in 0..<20 { ids.append(try await scheduler.trigger(job.id).id) }
        let late = log.events(after: start)
        #expect(late.isIncomplete && (4...8).contains(late.entries.count))
        #expect(late.entries.map(\.executionID) == ids.suffix(late.entries.count))
        #expect(log.events(after: late.next).entries.isEmpty)
    }

    @Test("Without a place the latest entries come, and what follows them next")
    func latest() async throws {
        let scheduler = Self.scheduler()
        let log = scheduler.eventLog(keeping: 10)
        let job = try await scheduler.create(JobDraft(name: "a", schedule: .onDemand, action: .handler("a")))
        var ids: [ExecutionID] = []
        for _ in 0..<15 { ids.append(try await scheduler.trigger(job.id).id) }
        let page = log.events(limit: 3)
        #expect(page.entries.map(\.executionID) == Array(ids.suffix(3)) && !page.isIncomplete)
        #expect(log.events(after: page.next).entries.isEmpty)
        ids.append(try await scheduler.trigger(job.id).id)
        #expect(log.events(after: page.next).entries.map(\.executionID) == [ids[15]])
        #expect(log.events(limit: 1_000).entries.map(\.executionID) == ids)
    }

    @Test("A cursor is read back, and one of another log begins at the oldest entry")
    func cursors() async throws {
        let scheduler = Self.scheduler()
        let log = scheduler.eventLog()
        let job = try await scheduler.create(JobDraft(name: "a", schedule: .onDemand, action: .handler("a")))
        try await scheduler.trigger(job.id)
        let page = log.events()
        #expect(SchedulerEvent.Log.Cursor(page.next.description) == page.next)
        let other = scheduler.eventLog().events().next
        let foreign = log.events(after: other)
        #expect(foreign.entries == page.entries && foreign.isIncomplete)
        for text in ["", "-", "a", "a-b", "a--1", "é-1", "a-1-2"] {
            #expect(SchedulerEvent.Log.Cursor(text) == nil, "\(text)")
        }
    }

    @Test("Readers that wait are woken by the next entry, and by their cancellation")
    func waiting() async throws {
        let scheduler = Self.scheduler()
        let log = scheduler.eventLog()
        let start = log.events().next
        let job = try await scheduler.create(JobDraft(name: "a", schedule: .onDemand, action: .handler("a")))
        let readers = (0..<10).map { _ in Task { await log.wait(after: start) } }
        let canceled = Task { await log.wait(after: SchedulerEvent.Log.Cursor("zzz-1") ?? start) }
        await canceled.value
        try await scheduler.trigger(job.id)
        for reader in readers { await reader.value }
        let next = log.events().next
        let waiting = Task { await log.wait(after: next) }
        waiting.cancel()
        await waiting.value
        await log.wait(after: start)
    }
}
