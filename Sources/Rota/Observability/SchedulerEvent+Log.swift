public import Foundation
public import RotaStore
import Synchronization

extension SchedulerEvent {
    /// The latest events of a scheduler, for readers that come and go, such as those of an HTTP API.
    ///
    /// A stream of events needs a reader that stays; a log is read in pages. It keeps what is needed to tell an event,
    /// and no payloads.
    ///
    /// ```swift
    /// let log = scheduler.eventLog(keeping: 500)
    /// let page = log.events()  // the latest hundred
    /// for entry in page.entries { print(entry.date, entry.text) }
    /// let later = log.events(after: page.next)  // what happened since
    /// ```
    public final class Log: Sendable {
        /// A place in the log.
        public struct Cursor: Sendable, Hashable, LosslessStringConvertible {
            /// Tells logs apart, since each counts from 1.
            let log: UInt64
            let number: Int

            init(log: UInt64, number: Int) {
                self.log = log
                self.number = number
            }

            /// Reads a cursor that was written by ``description``.
            public init?(_ description: String) {
                let parts = description.split(separator: "-", omittingEmptySubsequences: false)
                guard parts.count == 2, let log = UInt64(parts[0], radix: 36), let number = Int(parts[1]), number >= 0
                else {
                    return nil
                }
                self.init(log: log, number: number)
            }

            /// The cursor as text without blanks.
            public var description: String { String(log, radix: 36) + "-\(number)" }
        }

        /// An event, as far as it is kept.
        public struct Entry: Sendable, Hashable {
            /// The place behind the event.
            public let cursor: Cursor
            /// The kind of the event.
            public let kind: SchedulerEvent.Kind
            /// When it happened.
            public let date: Date
            /// The job.
            public let jobID: JobID
            /// The job's name.
            public let jobName: String
            /// The execution, if the event is about one.
            public let executionID: ExecutionID?
            /// The execution's status after the event.
            public let status: ExecutionStatus?
            /// The event in a sentence.
            public let text: String
        }

        /// Some entries, the oldest first.
        public struct Page: Sendable, Hashable {
            /// The entries.
            public let entries: [Entry]
            /// The place behind them, from which to read on.
            public let next: Cursor
            /// Whether entries between the cursor and the first of these are no longer kept.
            public let isIncomplete: Bool
        }

        private struct State {
            var entries: [Entry] = []
            /// The number of the latest entry.
            ///
            /// The first is 1.
            var last = 0
            var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
            var nextWaiter = 0
        }

        private let id: UInt64
        private let capacity: Int
        private let state = Mutex(State())

        init(id: UInt64, keeping capacity: Int) {
            self.id = id
            self.capacity = max(1, capacity)
        }

        /// Returns the entries after a place, or the latest ones.
        ///
        /// - Parameters:
        ///   - cursor: The place, or `nil` for the latest entries. After one of another log, as of the process before a
        ///     restart, come the oldest that are kept.
        ///   - limit: The largest number of entries, at least 1.
        public func events(after cursor: Cursor? = nil, limit: Int = 100) -> Page {
            state.withLock { state in
                let oldest = state.last - state.entries.count
                let known = cursor?.log == id ? min(cursor?.number ?? 0, state.last) : nil
                let latest = max(oldest, state.last - max(1, limit))
                let start = cursor == nil ? latest : max(known ?? oldest, oldest)
                let entries = state.entries.dropFirst(start - oldest).prefix(max(1, limit))
                return Page(
                    entries: Array(entries), next: entries.last?.cursor ?? Cursor(log: id, number: start),
                    isIncomplete: known.map { $0 < oldest } ?? (cursor != nil))
            }
        }

        /// Waits until there is an entry after a place.
        ///
        /// Returns at once if there is, and when the task is canceled.
        public func wait(after cursor: Cursor) async {
            let ticket = state.withLock { state in
                state.nextWaiter += 1
                return state.nextWaiter
            }
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let isReady = state.withLock { state in
                        guard cursor.log == id, cursor.number >= state.last, !Task.isCancelled else { return true }
                        state.waiting[ticket] = continuation
                        return false
                    }
                    if isReady { continuation.resume() }
                }
            } onCancel: {
                state.withLock { $0.waiting.removeValue(forKey: ticket) }?.resume()
            }
        }

        func append(_ event: SchedulerEvent) {
            let waiting = state.withLock { state in
                state.last += 1
                state.entries.append(Entry(event, at: Cursor(log: id, number: state.last)))
                // Drop many at a time: moving the rest costs as much as they are.
                if state.entries.count >= 2 * capacity { state.entries.removeFirst(capacity) }
                defer { state.waiting = [:] }
                return state.waiting
            }
            for continuation in waiting.values { continuation.resume() }
        }
    }
}

extension SchedulerEvent.Log.Entry {
    fileprivate init(_ event: SchedulerEvent, at cursor: SchedulerEvent.Log.Cursor) {
        self.cursor = cursor
        (kind, date, jobID, jobName) = (event.kind, event.date, event.jobID, event.jobName)
        executionID = event.execution?.id
        status = event.execution?.progress.status
        var text = "\(event.kind)"
        if let status { text += ": \(status.rawValue)" }
        if let skip = event.skip { text += ": \(skip.reason.rawValue), from \(skip.first.text) to \(skip.last.text)" }
        if let failure = event.execution?.progress.failure { text += ": \(failure.message.prefix(300))" }
        if let message = event.message { text += ": \(message.prefix(1_000))" }
        self.text = text
    }
}
