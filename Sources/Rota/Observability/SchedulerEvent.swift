public import Foundation
public import RotaStore
import Synchronization

/// Something that a scheduler did, as it tells those who watch.
public struct SchedulerEvent: Sendable {
    /// What kind of thing was done.
    public struct Kind: Sendable, Hashable, CustomStringConvertible {
        /// The name of the kind.
        public let description: String

        /// An execution was queued.
        public static let executionQueued = Kind(description: "execution queued")
        /// An attempt failed, and another one will follow.
        public static let attemptFailed = Kind(description: "attempt failed")
        /// An execution came to its end.
        public static let executionFinished = Kind(description: "execution finished")
        /// An execution was given back without a counted attempt, or parked until an answer comes.
        public static let executionReleased = Kind(description: "execution released")
        /// A job's breaker opened and paused it.
        public static let breakerOpened = Kind(description: "breaker opened")
        /// A job's breaker let it go on.
        public static let breakerClosed = Kind(description: "breaker closed")
        /// A handler that the job needs is not registered.
        public static let handlerMissing = Kind(description: "handler missing")
        /// Occurrences were skipped.
        public static let occurrencesSkipped = Kind(description: "occurrences skipped")
    }

    /// What kind of thing was done.
    public let kind: Kind
    /// When.
    public let date: Date
    /// The job that it concerns.
    public let jobID: JobID
    /// The execution that it concerns, if there is one, as it is afterwards.
    public let execution: Execution?
    /// The occurrences that were skipped, if any were.
    public let skip: SkippedOccurrence?
    /// What there is to say besides, in words.
    public let message: String?

    init(
        _ kind: Kind, date: Date, jobID: JobID, execution: Execution? = nil, skip: SkippedOccurrence? = nil,
        message: String? = nil
    ) {
        self.message = message
        self.kind = kind
        self.date = date
        self.jobID = jobID
        self.execution = execution
        self.skip = skip
    }
}

/// The events of a scheduler from the moment it was asked for them; it ends when `run()` returns the next time.
///
/// The stream keeps a bounded number of events for a slow reader and drops the oldest beyond, so that watching never
/// holds the scheduler up.
public struct EventStream: AsyncSequence, Sendable {
    /// An event.
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

    /// Makes the iterator over the events.
    public func makeAsyncIterator() -> AsyncStream<SchedulerEvent>.Iterator {
        stream.makeAsyncIterator()
    }
}
