import Foundation
import RotaSchedule
import RotaStore

extension StoreContract {
    /// A job is replaced only from its current revision.
    static let changes: [Check] = [
        Check("a replacement needs the current revision, and a conflict changes nothing") { probe in
            let job = probe.job()
            try await probe.insert(job)
            let first = try await probe.store.replace(probe.change(job) { $0.state = .paused })
            try await probe.expect(.conflict, "a replacement from an old revision") {
                _ = try await probe.store.replace(
                    probe.change(job, skips: [probe.skip(job, at: 5, .paused)]) { $0.state = .completed })
            }
            try await probe.expect(.conflict, "a replacement from a future revision") {
                _ = try await probe.store.replace(probe.change(job, revision: 3) { $0.state = .completed })
            }
            try probe.expect(await probe.job(job.id), first, "the job")
            try probe.expect(await probe.store.skips(of: job.id), [], "its skips")
        },
        Check("replacing a missing job is refused") { probe in
            try await probe.expect(.jobNotFound, "a replacement of a missing job") {
                _ = try await probe.store.replace(probe.change(probe.job()))
            }
        },
        Check("a replacement sets the revision and keeps other fields") { probe in
            let job = probe.job()
            try await probe.insert(job)
            let moved = try await probe.store.replace(
                probe.change(job, at: 7, author: "ann") { scheduleState in
                    scheduleState.state = .paused
                    scheduleState.reason = "by hand"
                    scheduleState.resumesAt = probe.at(500)
                    scheduleState.revision = 77
                })
            try probe.expect(moved.revision, 2, "the revision after a replacement")
            try probe.expect(moved.version, 1, "the version after a replacement of the schedule state")
            try probe.expect(moved.definition, job.definition, "the definition")
            try probe.expect(moved.state, .paused, "the state")
            try probe.expect(moved.reason, "by hand", "the reason")
            try probe.expect(moved.scheduleState.resumesAt, probe.at(500), "the date of its resumption")
            try probe.expect(moved.updatedAt, probe.at(7), "the date of the change")
            try probe.expect(moved.updatedBy, "ann", "the author of the change")
            try probe.expect(moved.createdAt, job.createdAt, "the date of its creation")
            try probe.expect(await probe.job(job.id), moved, "the stored job")
        },
        Check("a new definition increments the version") { probe in
            let job = probe.job()
            try await probe.insert(job)
            let changed = try await probe.store.replace(probe.change(job, definition: probe.job("renamed").definition))
            try probe.expect(changed.version, 2, "the version")
            try probe.expect(changed.name, "renamed", "the name")
            try probe.expect(changed.revision, 2, "the revision")
            try probe.expect(await probe.job(job.id), changed, "the stored job")
        },
        Check("a replacement never moves the cursor back") { probe in
            let job = probe.job()
            try await probe.insert(job)
            _ = try await probe.store.fire([probe.fire(job, at: 60)])
            let now = try await probe.job(job.id)
            let changed = try await probe.store.replace(
                probe.change(now) { scheduleState in
                    scheduleState.decidedThrough = probe.at(0)
                    scheduleState.next = probe.at(180)
                })
            try probe.expect(changed.decidedThrough, probe.at(60), "the cursor")
            try probe.expect(changed.scheduleState.next, probe.at(180), "the next occurrence")
        },
        Check("a replacement records its skips") { probe in
            let job = probe.job()
            try await probe.insert(job)
            _ = try await probe.store.replace(
                probe.change(job, skips: [probe.skip(job, at: 60, .paused), probe.skip(job, at: 120, .requested)]) {
                    $0.decidedThrough = probe.at(120)
                })
            try await probe.expectSkips(of: job, [60: .paused, 120: .requested])
        },
        Check("a replacement repeated with its operation key does nothing until the key expires") { probe in
            let job = probe.job()
            try await probe.insert(job)
            let key = OperationKey("key", for: "pause", until: probe.at(100))
            let once = try await probe.store.replace(
                probe.change(job, at: 1, key: key) { $0.state = .paused })
            let twice = try await probe.store.replace(
                probe.change(job, at: 99, key: key) { $0.state = .completed })
            try probe.expect(twice, once, "the job after the repetition")
            try probe.expect(await probe.job(job.id), once, "the stored job")
            let other = OperationKey("key", for: "resume", until: probe.at(100))
            let resumed = try await probe.store.replace(probe.change(once, at: 2, key: other) { $0.state = .active })
            try probe.expect(resumed.state, .active, "the state after another operation with the same key")
            let later = try await probe.store.replace(
                probe.change(resumed, at: 100, key: key) { $0.state = .completed })
            try probe.expect(later.state, .completed, "the state after a replacement when the key has expired")
        },
        Check("a slug is unique within a project") { probe in
            let first = probe.job { $0.attributes = JobAttributes(slug: "report", project: "p") }
            let elsewhere = probe.job { $0.attributes = JobAttributes(slug: "report", project: "q") }
            let second = probe.job { $0.attributes = JobAttributes(slug: "report", project: "p") }
            let other = probe.job { $0.attributes = JobAttributes(slug: "other", project: "p") }
            try await probe.insert(first, elsewhere, other)
            try await probe.expect(.duplicate, "an existing slug") { try await probe.insert(second) }
            try probe.expect(await probe.store.job(second.id), nil, "the refused job")
            try await probe.expect(.duplicate, "a replacement with an existing slug") {
                _ = try await probe.store.replace(probe.change(other, definition: second.definition))
            }
            try probe.expect(await probe.job(other.id), other, "the job that was not replaced")
            _ = try await probe.store.replace(probe.change(first, definition: first.definition))
            _ = try await probe.store.delete([first.id])
            try await probe.insert(second)
        },
    ]
}

extension StoreProbe {
    /// A replacement of a job's schedule state, and of its definition if there is one.
    func change(
        _ job: Job, revision: Int? = nil, definition: JobDefinition? = nil, at seconds: Double = 5,
        author: String? = nil, key: OperationKey? = nil, skips: [SkippedOccurrence] = [],
        _ move: (inout ScheduleState) -> Void = { _ in }
    ) -> JobReplacement {
        var scheduleState = job.scheduleState
        move(&scheduleState)
        return JobReplacement(
            id: job.id, expectedRevision: revision ?? job.scheduleState.revision, definition: definition,
            scheduleState: scheduleState, skips: skips, date: at(seconds), author: author, idempotencyKey: key)
    }

    /// Requires that exactly these dates were skipped, in merged or separate records.
    func expectSkips(of job: Job, _ expected: [Double: SkippedOccurrence.Reason]) async throws {
        let skips = try await store.skips(of: job.id)
        try expect(skips.compactMap(\.count).reduce(0, +), expected.count, "the number of skipped occurrences")
        try expect(skips.map(\.first), skips.map(\.first).sorted(), "skips in order")
        for (seconds, reason) in expected {
            let found = skips.filter { $0.first <= at(seconds) && $0.last >= at(seconds) }
            try expect(found.map(\.reason), [reason], "the reason for the skip at \(Int(seconds)) s")
        }
    }
}
