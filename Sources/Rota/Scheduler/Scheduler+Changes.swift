package import Foundation
import RotaCore
import RotaSchedule
package import RotaStore

/// The author of a change of a job, and what the change depends on.
package struct JobChange: Sendable {
    let author: String?
    let key: String?
    /// The revision of the job that the change is based on, if it must be that one.
    let revision: Int?

    /// - Parameters:
    ///   - author: The author of the change, if it is to be recorded.
    ///   - key: A key that makes the change repeatable: a repeated one does nothing.
    ///   - revision: The `scheduleState.revision` that the job must have, or `nil` for any.
    package init(_ author: String?, _ key: String?, ifRevision revision: Int? = nil) {
        self.author = author
        self.key = key
        self.revision = revision
    }
}

/// A job after a change, and whether the change had been made before, with the same idempotency key.
package struct JobChangeOutcome: Sendable {
    package let job: Job
    package let isRepeated: Bool
}

// The changes of one job. Each is planned from the job as it is, and stored if nothing else changed it meanwhile.
extension Scheduler {
    package nonisolated func outcome(
        ofUpdating id: JobID, state: JobState? = nil, _ change: JobChange, _ body: (inout JobDefinition) throws -> Void
    ) async throws -> JobChangeOutcome {
        try await replace(id, by: "update", change) { job, calendars, now in
            var definition = job.definition
            try body(&definition)
            return try job.updated(to: definition, calendars, state: state, at: now)
        }
    }

    /// Updates a job to a state that depends on the job and on its new definition.
    ///
    /// - Parameter body: Changes the definition of the job as it is, and returns the state to which it is to change.
    package nonisolated func outcome(
        ofChanging id: JobID, _ change: JobChange,
        _ body: (_ job: Job, _ definition: inout JobDefinition, _ now: Date) throws -> JobState?
    ) async throws -> JobChangeOutcome {
        try await replace(id, by: "update", change) { job, calendars, now in
            var definition = job.definition
            let state = try body(job, &definition, now)
            return try job.updated(to: definition, calendars, state: state, at: now)
        }
    }

    package func outcome(
        ofPausing id: JobID, reason: String? = nil, until end: Date? = nil, _ change: JobChange
    ) async throws -> JobChangeOutcome {
        try await replace(id, by: "pause", change) { job, _, now in
            try job.paused(reason: reason, until: end, at: now)
        }
    }

    package func outcome(ofResuming id: JobID, _ change: JobChange) async throws -> JobChangeOutcome {
        try await replace(id, by: "resume", change) { job, _, now in try job.resumed(at: now) }
    }

    package func outcome(
        ofSkipping count: Int, of id: JobID, _ change: JobChange
    ) async throws -> JobChangeOutcome {
        try await replace(id, by: "skip", change) { job, _, now in try job.skippingNext(count, at: now) }
    }

    /// Plans a replacement from the current job, and again if the job was changed in the meantime.
    ///
    /// - Parameter plan: Returns `nil` if nothing must be changed. If it throws because a calendar is missing, it is
    ///   called again with the store's calendars, which most changes do not need.
    private nonisolated func replace(
        _ id: JobID, by operation: String, _ change: JobChange,
        _ plan: (Job, _ calendars: [String: ScheduleCalendar], _ now: Date) throws -> JobReplacement?
    ) async throws -> JobChangeOutcome {
        let check = FieldCheck(code: .invalidRequest)
        try check.length(of: change.author, "The author", 1...255)
        try check.idempotencyKey(change.key)
        var calendars: [String: ScheduleCalendar]?
        while true {
            let job = try await self.job(id)
            let now = context.clock.now
            let key = change.key.map {
                OperationKey($0, for: operation, until: now.advanced(by: context.configuration.idempotencyLifetime))
            }
            if let revision = change.revision, revision != job.scheduleState.revision {
                guard let known = try await repeated(job, key, at: now) else { throw SchedulerError.changed(job) }
                return known
            }
            let planned: JobReplacement?
            do {
                planned = try plan(job, calendars ?? [:], now)
            } catch let error as SchedulerError where error.code == .calendarNotFound && calendars == nil {
                calendars = try await context.store.calendars()
                continue
            } catch {
                // A change that was possible when it was made.
                guard let known = try await repeated(job, key, at: now) else { throw error }
                return known
            }
            // Don't write a change that changes nothing, unless its key must be remembered.
            guard var replacement = planned ?? key.map({ _ in job.replacement(job.scheduleState, at: now) })
            else { return JobChangeOutcome(job: job, isRepeated: false) }
            replacement.author = change.author
            replacement.idempotencyKey = key
            do {
                let replaced = try await context.store.replace(replacement)
                defer { context.signal.raise() }
                // A change whose key was used before was not made.
                let isRepeated =
                    replaced.scheduleState.revision <= job.scheduleState.revision
                    || key != nil && replaced.updatedAt != replacement.date
                if !isRepeated { tell(replacement, of: replaced, after: job.scheduleState, at: now) }
                return JobChangeOutcome(job: replaced, isRepeated: isRepeated)
            } catch let error as StoreError where error.code == .conflict {
                try Task.checkCancellation()
                // The conflict may be with a change of a calendar.
                calendars = nil
            } catch let error as StoreError where error.code == .jobNotFound {
                throw SchedulerError.noJob(id)
            }
        }
    }

    /// Returns a job whose change was made before, or `nil` if its key is new.
    ///
    /// A store looks at the key first, and refuses a change of a revision that no job has.
    private nonisolated func repeated(
        _ job: Job, _ key: OperationKey?, at now: Date
    ) async throws -> JobChangeOutcome? {
        guard let key else { return nil }
        var question = job.replacement(job.scheduleState, at: now)
        question.expectedRevision = -1
        question.idempotencyKey = key
        do {
            return JobChangeOutcome(job: try await context.store.replace(question), isRepeated: true)
        } catch let error as StoreError where error.code == .conflict {
            return nil
        }
    }

    /// Reports what a replacement changed.
    nonisolated func tell(_ replacement: JobReplacement, of job: Job, after old: ScheduleState, at now: Date) {
        context.events.send(fired: [], skips: replacement.skips, of: job.id, named: job.name, at: now)
        context.events.changedState(of: job, from: old, by: replacement.author, at: now)
        context.events.checkNextOccurrence(of: job, at: now)
    }
}
