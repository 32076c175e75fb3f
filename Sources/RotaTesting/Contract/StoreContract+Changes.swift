import Foundation
import RotaSchedule
import RotaStore

extension StoreContract {
    /// A job changes only for those who have seen its present revision.
    static let changes: [Check] = [
        Check("a change needs the present revision, and the loser changes nothing") { probe in
            let job = probe.job()
            try await probe.insert(job)
            let first = try await probe.store.replace(probe.change(job) { $0.state = .paused })
            try await probe.expect(.conflict, "a change from an old revision") {
                _ = try await probe.store.replace(
                    probe.change(job, skips: [probe.skip(job, at: 5, .paused)]) { $0.state = .completed })
            }
            try await probe.expect(.conflict, "a change from a revision to come") {
                _ = try await probe.store.replace(probe.change(job, revision: 3) { $0.state = .completed })
            }
            try probe.expect(await probe.job(job.id), first, "the job")
            try probe.expect(await probe.store.skips(of: job.id), [], "its skips")
        },
        Check("a change of a job that is not there is refused") { probe in
            try await probe.expect(.jobNotFound, "a change of a deleted job") {
                _ = try await probe.store.replace(probe.change(probe.job()))
            }
        },
        Check("a change sets the revision and keeps what it does not name") { probe in
            let job = probe.job()
            try await probe.insert(job)
            let moved = try await probe.store.replace(
                probe.change(job, at: 7, author: "ann") { scheduleState in
                    scheduleState.state = .paused
                    scheduleState.reason = "by hand"
                    scheduleState.resumesAt = probe.at(500)
                    scheduleState.revision = 77
                })
            try probe.expect(moved.revision, 2, "the revision after a change")
            try probe.expect(moved.version, 1, "the version after a change of the schedule state")
            try probe.expect(moved.definition, job.definition, "the definition")
            try probe.expect(moved.state, .paused, "the state")
            try probe.expect(moved.reason, "by hand", "the reason")
            try probe.expect(moved.scheduleState.resumesAt, probe.at(500), "when it goes on")
            try probe.expect(moved.updatedAt, probe.at(7), "when it was changed")
            try probe.expect(moved.updatedBy, "ann", "who changed it")
            try probe.expect(moved.createdAt, job.createdAt, "when it was created")
            try probe.expect(await probe.job(job.id), moved, "what is read is what was returned")
        },
        Check("S-47 a new definition counts the version up") { probe in
            let job = probe.job()
            try await probe.insert(job)
            let changed = try await probe.store.replace(probe.change(job, definition: probe.job("renamed").definition))
            try probe.expect(changed.version, 2, "the version")
            try probe.expect(changed.name, "renamed", "the name")
            try probe.expect(changed.revision, 2, "the revision")
            try probe.expect(await probe.job(job.id), changed, "what is read is what was returned")
        },
        Check("a change never moves the cursor back") { probe in
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
        Check("a change records the occurrences that it passes over") { probe in
            let job = probe.job()
            try await probe.insert(job)
            _ = try await probe.store.replace(
                probe.change(job, skips: [probe.skip(job, at: 60, .paused), probe.skip(job, at: 120, .requested)]) {
                    $0.decidedThrough = probe.at(120)
                })
            try await probe.expectSkips(of: job, [60: .paused, 120: .requested])
        },
        Check("I-28 a change repeated under its key does nothing, until the key's time is over") { probe in
            let job = probe.job()
            try await probe.insert(job)
            let key = OperationKey("key", for: "pause", until: probe.at(100))
            let once = try await probe.store.replace(
                probe.change(job, at: 1, key: key) { $0.state = .paused })
            let twice = try await probe.store.replace(
                probe.change(job, at: 99, key: key) { $0.state = .completed })
            try probe.expect(twice, once, "the job after the repetition")
            try probe.expect(await probe.job(job.id), once, "the job that is kept")
            let other = OperationKey("key", for: "resume", until: probe.at(100))
            let resumed = try await probe.store.replace(probe.change(once, at: 2, key: other) { $0.state = .active })
            try probe.expect(resumed.state, .active, "the state after another operation with the same key")
            let later = try await probe.store.replace(
                probe.change(resumed, at: 100, key: key) { $0.state = .completed })
            try probe.expect(later.state, .completed, "the state after a change when the key's time is over")
        },
        Check("S-22 a slug is taken only once in a project") { probe in
            let first = probe.job { $0.attributes = JobAttributes(slug: "report", project: "p") }
            let elsewhere = probe.job { $0.attributes = JobAttributes(slug: "report", project: "q") }
            let second = probe.job { $0.attributes = JobAttributes(slug: "report", project: "p") }
            let other = probe.job { $0.attributes = JobAttributes(slug: "other", project: "p") }
            try await probe.insert(first, elsewhere, other)
            try await probe.expect(.duplicate, "a slug that is taken") { try await probe.insert(second) }
            try probe.expect(await probe.store.job(second.id), nil, "the refused job")
            try await probe.expect(.duplicate, "a change to a slug that is taken") {
                _ = try await probe.store.replace(probe.change(other, definition: second.definition))
            }
            try probe.expect(await probe.job(other.id), other, "the job that was not changed")
            _ = try await probe.store.replace(probe.change(first, definition: first.definition))
            _ = try await probe.store.delete([first.id])
            try await probe.insert(second)
        },
    ]
}

extension StoreProbe {
    /// A change of a job's position, and of its definition if one is given.
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

    /// Requires that exactly some instants were skipped, whether or not equal neighbours make one record.
    func expectSkips(of job: Job, _ expected: [Double: SkippedOccurrence.Reason]) async throws {
        let skips = try await store.skips(of: job.id)
        try expect(skips.compactMap(\.count).reduce(0, +), expected.count, "the number of skipped occurrences")
        try expect(skips.map(\.first), skips.map(\.first).sorted(), "skips in order")
        for (seconds, reason) in expected {
            let found = skips.filter { $0.first <= at(seconds) && $0.last >= at(seconds) }
            try expect(found.map(\.reason), [reason], "why the occurrence at \(Int(seconds)) s was skipped")
        }
    }
}
