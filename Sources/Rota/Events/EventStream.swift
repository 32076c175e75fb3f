import Synchronization

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
