import Foundation
import RotaCore
public import RotaStore

extension Scheduler {
    /// The result of triggering a job several times in one step.
    public struct BulkTriggerResult: Sendable {
        /// The batch that the new executions belong to.
        public let id: BatchID
        /// For each request, in order, the execution that was queued, or the earlier one with the same idempotency key.
        public let outcomes: [EnqueueOutcome]
        /// The execution that waits for the end of the batch, if one was asked for.
        public internal(set) var followUp: Execution?

        /// The number of requests.
        public var total: Int { outcomes.count }

        /// The number of executions that were created.
        public var created: Int {
            outcomes.count { outcome in
                if case .queued = outcome { true } else { false }
            }
        }
    }
}

extension TriggerRequest {
    /// The work to enqueue when all executions of a batch have ended.
    ///
    /// ```swift
    /// let letters = ["ann", "bob"].map { name in TriggerRequest(payload: try? JSONPayload(name)) }
    /// let result = try await scheduler.enqueue("send", letters, then: TriggerRequest.FollowUp("report"))
    /// try await scheduler.handle("report") { context in
    ///     print("\(context.batch?.succeeded ?? 0) of \(context.batch?.total ?? 0) were sent")
    /// }
    /// ```
    public struct FollowUp: Sendable, Hashable {
        /// The queue that gets the work.
        public var queue: String
        /// The payload, priority, keys and the rest of the work.
        public var request: TriggerRequest

        /// Describes the work.
        ///
        /// - Parameters:
        ///   - queue: The name of the queue that gets it: the same as that of the batch, or another.
        ///   - request: Its payload, priority, keys and the rest.
        public init(_ queue: String, _ request: TriggerRequest = TriggerRequest()) {
            self.queue = queue
            self.request = request
        }
    }
}

extension Scheduler {
    /// The result of canceling all executions that a query lists.
    public struct BulkCancelResult: Sendable, Hashable {
        /// The number of executions that had not started or were waiting, and are canceled.
        public internal(set) var canceled = 0
        /// The number of running executions whose tasks are being canceled.
        public internal(set) var requested = 0

        /// The number of executions that the call changed.
        public var total: Int { canceled + requested }
    }
}

extension Scheduler {
    /// The result of changing many jobs, one by one.
    ///
    /// The call can be repeated: jobs that were already changed are left as they are.
    public struct BulkChangeResult: Sendable {
        /// A job that was not changed.
        public struct Refusal: Sendable {
            /// The job.
            public let jobID: JobID
            /// The reason: a ``SchedulerError``, or the store's error.
            public let error: any Error
        }

        /// The jobs that were changed or needed no change, in order, as they are now.
        public internal(set) var jobs: [Job] = []
        /// The jobs that were not changed, in order.
        public internal(set) var refusals: [Refusal] = []
    }
}

extension Scheduler {
    /// The result of executing past occurrences.
    ///
    /// ```swift
    /// let lastDay = Date.now.addingTimeInterval(-86_400)..<Date.now
    /// let result = try await scheduler.backfill(job.id, lastDay, overlap: .serial)
    /// print("\(result.created) of \(result.outcomes.count) occurrences are new")
    /// // 24 of 24 occurrences are new
    /// ```
    public struct BackfillResult: Sendable {
        /// How the executions of a backfill relate to each other.
        ///
        /// The job's own overlap policy does not apply.
        public enum Overlap: Sendable, Hashable {
            /// One after another, the oldest first, after any outcome.
            case serial
            /// All at once, as far as the job's limits allow.
            case parallel
        }

        /// The batch that the new executions belong to.
        public let id: BatchID
        /// For each occurrence in the range, in order, the execution that was created, or that of an earlier backfill.
        public let outcomes: [EnqueueOutcome]

        /// The number of executions that were created.
        public var created: Int {
            outcomes.count { outcome in
                if case .queued = outcome { true } else { false }
            }
        }
    }
}

extension Job {
    /// Returns the nominal dates of the schedule in a range.
    ///
    /// - Returns: `nil` if there are more than the limit.
    func occurrences(in range: Range<Date>, limit: Int) -> [Date]? {
        var dates: [Date] = []
        var last = range.lowerBound.justBefore
        while let next = definition.schedule.next(after: last), next < range.upperBound {
            guard dates.count < limit else { return nil }
            dates.append(next)
            last = next
        }
        return dates
    }
}

extension Scheduler {
    /// The changes that a declaration made, or would make.
    public struct DeclarationResult: Sendable {
        /// The treatment of an owner's jobs that it no longer declares.
        public enum Orphans: Sendable, Hashable {
            /// Pause them. They keep their history, and resume when they are declared again.
            case pause
            /// Delete them, with their executions.
            case delete
            /// Leave them as they are. They keep firing.
            case keep
        }

        /// A job whose definition changed, or that was adopted or resumed.
        public struct Update: Sendable {
            /// The job after the change.
            public let job: Job
            /// The names of the members of its definition that changed, such as `schedule`.
            ///
            /// Empty if the job was only adopted or resumed.
            public let members: [String]
        }

        /// For each declared job, in order, the job as it is now.
        ///
        /// Empty if a newer generation is in force.
        public internal(set) var jobs: [Job] = []
        /// The jobs that are new.
        public internal(set) var created: [Job] = []
        /// The jobs that were changed.
        public internal(set) var updated: [Update] = []
        /// The owner's jobs that are no longer declared: paused, deleted or kept.
        public internal(set) var orphans: [Job] = []
        /// Those of the orphans that this declaration paused or deleted.
        public internal(set) var removed: [Job] = []
        /// The treatment of the orphans.
        public internal(set) var treatment = Orphans.pause
        /// Warnings: two of the declared jobs give a shared rate limit different numbers.
        public internal(set) var warnings: [JobPreview.Warning] = []
        /// The generation in force, if it is newer than the declared one.
        ///
        /// Then nothing was changed.
        public internal(set) var newerGeneration: Int?

        /// The number of declared jobs that were as declared already.
        public var unchanged: Int { jobs.count - created.count - updated.count }

        /// Whether the declaration changed no job.
        public var isUnchanged: Bool { created.isEmpty && updated.isEmpty && removed.isEmpty }
    }
}

extension Scheduler.DeclarationResult: CustomStringConvertible {
    /// The changes in one line, such as `1 created (report), 1 updated (backup: schedule), 12 unchanged`, and a line
    /// for each warning.
    public var description: String {
        if let newerGeneration { return "nothing changed: generation \(newerGeneration) is in force" }
        func part(_ verb: String, _ names: [String]) -> String? {
            guard !names.isEmpty else { return nil }
            return "\(names.count) \(verb) (\(names.prefix(5).joined(separator: ", "))\(names.count > 5 ? ", …" : ""))"
        }
        let parts = [
            part("created", created.map(\.name)),
            part("updated", updated.map { ([$0.job.name] + $0.members.prefix(3)).joined(separator: ": ") }),
            part("no longer declared and \(treatment == .delete ? "deleted" : "paused")", removed.map(\.name)),
        ]
        let changes = (parts.compactMap(\.self) + ["\(unchanged) unchanged"]).joined(separator: ", ")
        return ([changes] + warnings.map { "warning: \($0)" }).joined(separator: "\n")
    }
}
