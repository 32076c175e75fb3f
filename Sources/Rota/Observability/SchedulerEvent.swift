public import Foundation
public import RotaStore
import Synchronization

/// An event of a scheduler.
///
/// The events of the driver come in the order in which things happened. Those of a call, such as a trigger, may come
/// after the driver's: a busy scheduler may begin an execution, and even end it, before its `executionQueued`.
///
/// ```swift
/// for await event in scheduler.events() {
///     guard event.kind == .executionFinished, let execution = event.execution else { continue }
///     print("\(execution.jobName): \(execution.status)")
///     // daily-report: succeeded
/// }
/// ```
public struct SchedulerEvent: Sendable {
    /// The kind of an event.
    ///
    /// More kinds may be added.
    public struct Kind: Sendable, Hashable, CustomStringConvertible {
        /// The kind's name, such as `execution queued`.
        public let description: String

        /// An execution was queued.
        ///
        /// There is one for each execution, when it is stored. It may have to wait: for its date, for those before it
        /// in a backfill, or for the end of its batch.
        public static let executionQueued = Kind(description: "execution queued")
        /// An attempt failed, and another one will follow.
        public static let attemptFailed = Kind(description: "attempt failed")
        /// An execution ended.
        public static let executionFinished = Kind(description: "execution finished")
        /// An execution was released without counting an attempt, or waits for an external completion.
        ///
        /// If an attempt was interrupted, because the scheduler stops, the message says how often that has happened.
        /// Executions that wait for a missing handler have no such event: ``handlerMissing`` tells of them.
        public static let executionReleased = Kind(description: "execution released")
        /// An attempt that ignored its cancellation was abandoned: after its timeout, or when the scheduler stopped.
        public static let executionAbandoned = Kind(description: "execution abandoned")
        /// An abandoned attempt ended, and its result was dropped.
        public static let lateResultDropped = Kind(description: "late result dropped")
        /// A job's breaker opened and paused it.
        public static let breakerOpened = Kind(description: "breaker opened")
        /// A job's breaker closed and resumed it.
        public static let breakerClosed = Kind(description: "breaker closed")
        /// A job was paused, or the end or the reason of its pause changed.
        ///
        /// The message says who, until when and why.
        public static let jobPaused = Kind(description: "job paused")
        /// A paused job or a draft became active: someone resumed it, or its pause came to its end.
        public static let jobResumed = Kind(description: "job resumed")
        /// A handler that the job needs is not registered.
        ///
        /// There is at most one in 30 seconds for each handler, besides those of the start.
        public static let handlerMissing = Kind(description: "handler missing")
        /// The job's payload cannot be decoded as the type that its handler takes, so its attempts will fail.
        public static let payloadUnreadable = Kind(description: "payload unreadable")
        /// The clock had been ahead, and the job's schedule continues from the current time.
        public static let scheduleRewound = Kind(description: "schedule rewound")
        /// A due job cannot be planned now, because the rules of its time zone cannot be read.
        ///
        /// The scheduler tries again every minute. Occurrences that became due meanwhile are subject to the misfire
        /// policy then.
        public static let jobPostponed = Kind(description: "job postponed")
        /// The job was created or changed, and its schedule has no occurrence left, so it will never fire.
        public static let noOccurrence = Kind(description: "no occurrence")
        /// The job was created again with its idempotency key and another definition, which was ignored.
        public static let definitionKept = Kind(description: "definition kept")
        /// Occurrences were skipped.
        public static let occurrencesSkipped = Kind(description: "occurrences skipped")
    }

    /// The kind of the event.
    public let kind: Kind
    /// The date of the event.
    public let date: Date
    /// The job.
    public let jobID: JobID
    /// The job's name.
    public let jobName: String
    /// The execution after the event, if the event is about one.
    public let execution: Execution?
    /// The skipped occurrences, if any.
    public let skip: SkippedOccurrence?
    /// A message about the event, such as why a failed execution is not retried; `nil` if there is nothing to add.
    public let message: String?

    init(
        _ kind: Kind, date: Date, job id: JobID, named name: String, execution: Execution? = nil,
        skip: SkippedOccurrence? = nil, message: String? = nil
    ) {
        self.message = message
        self.kind = kind
        self.date = date
        jobID = id
        jobName = name
        self.execution = execution
        self.skip = skip
    }

    init(_ kind: Kind, date: Date, of execution: Execution, message: String? = nil) {
        self.init(
            kind, date: date, job: execution.jobID, named: execution.jobName, execution: execution, message: message)
    }

    init(_ kind: Kind, date: Date, of job: Job, message: String?) {
        self.init(kind, date: date, job: job.id, named: job.name, message: message)
    }
}

extension SchedulerEvent {
    /// The events of a scheduler from the moment the stream was created until `run()` returns.
    ///
    /// Keeps a bounded number of events for a slow reader and drops the oldest beyond that, so that reading never
    /// delays the scheduler. Get one from ``Scheduler/events(keeping:)``.
    ///
    /// ```swift
    /// let events = scheduler.events(keeping: 100)
    /// for await event in events where event.kind == .occurrencesSkipped {
    ///     print("skipped: \(event.skip?.reason.rawValue ?? "")")
    /// }
    /// if events.droppedCount > 0 { print("\(events.droppedCount) events were dropped") }
    /// ```
    public struct Stream: AsyncSequence, Sendable {
        /// The elements are scheduler events.
        public typealias Element = SchedulerEvent

        final class Drops: Sendable {
            private let count = Mutex(0)

            var value: Int { count.withLock(\.self) }

            func add() {
                count.withLock { $0 += 1 }
            }
        }

        let stream: AsyncStream<SchedulerEvent>
        let drops: Drops

        /// The number of events that were dropped because the reader was slow.
        public var droppedCount: Int { drops.value }

        /// Creates an iterator over the events.
        public func makeAsyncIterator() -> AsyncStream<SchedulerEvent>.Iterator {
            stream.makeAsyncIterator()
        }
    }
}
