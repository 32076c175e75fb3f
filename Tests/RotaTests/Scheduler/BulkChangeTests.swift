import Foundation
import RotaTestSupport
import RotaTesting
import Synchronization
import Testing

@Suite("Bulk changes")
struct BulkChangeTests {
    struct Outage: Error {}

    @Test(
        "A store that fails halfway is reported for each job, and repeating the call does the rest",
        .rows("S-4", "S-5", "S-20"),
        arguments: [true, false])
    func partialFailure(isPause: Bool) async throws {
        let writes = Mutex((isArmed: false, count: 0))
        let store = HookedStore(
            base: InMemoryJobStore(),
            before: { operation in
                let fails = writes.withLock { writes in
                    guard operation == "replace", writes.isArmed else { return false }
                    writes.count += 1
                    return writes.count == 2 || writes.count == 4
                }
                if fails { throw Outage() }
            })
        let bench = Bench(store: store)
        var ids: [JobID] = []
        for number in 0..<5 {
            let job = try await bench.scheduler.create(
                .init(name: "j \(number)", schedule: .every(.seconds(60)), action: .handler("x")))
            ids.append(job.id)
            if !isPause { try await bench.scheduler.pause(job.id) }
        }
        let change = { @Sendable (ids: [JobID]) async throws -> Scheduler.BulkChangeResult in
            isPause
                ? try await bench.scheduler.pause(ids, reason: "maintenance") : try await bench.scheduler.resume(ids)
        }
        writes.withLock { $0.isArmed = true }
        let first = try await change(ids)
        #expect(first.jobs.map(\.id) == [ids[0], ids[2], ids[4]])
        #expect(first.refusals.map(\.jobID) == [ids[1], ids[3]])
        #expect(first.refusals.allSatisfy { $0.error is Outage })
        bench.clock.set(to: bench.clock.now.addingTimeInterval(30))
        let second = try await change(ids)
        #expect(second.jobs.map(\.id) == ids)
        #expect(second.refusals.isEmpty)
        #expect(second.jobs.allSatisfy { $0.state == (isPause ? .paused : .active) })
        // Jobs that were already changed are not changed again.
        #expect(zip(first.jobs, [0, 2, 4]).allSatisfy { $0 == second.jobs[$1] })
        #expect(writes.withLock(\.count) == 7)
    }
}
