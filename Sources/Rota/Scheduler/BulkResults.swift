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

/// The work to enqueue when all executions of a batch have ended.
///
/// ```swift
/// let letters = ["ann", "bob"].map { name in TriggerRequest(payload: try? JSONPayload(name)) }
/// let result = try await scheduler.enqueue("send", letters, then: BatchFollowUp("report"))
/// try await scheduler.handle("report") { context in
///     print("\(context.batch?.succeeded ?? 0) of \(context.batch?.total ?? 0) were sent")
/// }
/// ```
public struct BatchFollowUp: Sendable, Hashable {
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
