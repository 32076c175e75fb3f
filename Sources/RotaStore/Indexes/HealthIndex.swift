import Foundation
import RotaCore

/// The executions of a scope that ended, so that questions about its health do not read its history.
///
/// It begins with the first question and is kept up to date from then on. Each window that was asked for keeps its
/// counts and its durations in order, and drops what has left it at the next question.
///
/// ```
///   entries by creation   [ · · · · · · · · · · · · · · ]  ─► now
///   month                   └───────────────────────────
///   day                                     └───────────   counts, sum and sorted durations of each
/// ```
struct HealthIndex: Sendable {
    /// An execution that ended.
    struct Entry: Sendable {
        let key: DueKey<ExecutionID>
        let outcome: HealthOutcome
        let duration: Int64?

        init?(_ execution: borrowing Execution) {
            guard let outcome = HealthOutcome(of: execution) else { return nil }
            key = DueKey(date: execution.createdAt, id: execution.id)
            self.outcome = outcome
            duration = execution.healthDuration
        }
    }

    /// A duration in the order of durations.
    private struct DurationKey: Sendable, Comparable {
        let nanoseconds: Int64
        let id: ExecutionID

        static func < (left: DurationKey, right: DurationKey) -> Bool {
            left.nanoseconds == right.nanoseconds ? left.id < right.id : left.nanoseconds < right.nanoseconds
        }
    }

    /// The contents of one window.
    private struct Contents: Sendable {
        /// The first date of the window.
        var start: Date
        var counts = JobHealth()
        var sum: Int128 = 0
        var durations = OrderedIndex<DurationKey>()

        mutating func add(_ entry: Entry) {
            counts.count(entry.outcome)
            guard let duration = entry.duration else { return }
            sum += Int128(duration)
            durations.insert(DurationKey(nanoseconds: duration, id: entry.key.id))
        }

        mutating func remove(_ entry: Entry) {
            counts.count(entry.outcome, -1)
            guard let duration = entry.duration else { return }
            sum -= Int128(duration)
            durations.remove(DurationKey(nanoseconds: duration, id: entry.key.id))
        }
    }

    private var order = OrderedIndex<DueKey<ExecutionID>>()
    private var entries: [ExecutionID: Entry] = [:]
    private var windows: [JobHealth.Window: Contents] = [:]

    mutating func add(_ entry: Entry) {
        remove(entry.key.id)
        entries[entry.key.id] = entry
        order.insert(entry.key)
        // Not over the keys of the windows: their iterator would keep a second owner of the contents, which are then
        // copied.
        for window in JobHealth.Window.allCases where windows[window].map({ entry.key.date >= $0.start }) ?? false {
            windows[window]?.add(entry)
        }
    }

    mutating func remove(_ id: ExecutionID) {
        guard let entry = entries.removeValue(forKey: id) else { return }
        order.remove(entry.key)
        for window in JobHealth.Window.allCases where windows[window].map({ entry.key.date >= $0.start }) ?? false {
            windows[window]?.remove(entry)
        }
    }

    /// The health within a window that ends now.
    ///
    /// - Complexity: O(*k* log *n*) in the number *k* of executions that have left the window since the last question.
    ///   The first question about a window, and one after the clock was set back, read all entries.
    mutating func health(over window: JobHealth.Window, at now: Date) -> JobHealth {
        let start = now.addingTimeInterval(-(window.duration / .seconds(1)))
        var contents: Contents
        if let known = windows.removeValue(forKey: window), known.start <= start {
            contents = known
            for key in order.suffix(after: .end(of: known.start.justBefore)).prefix(while: { $0.date < start }) {
                if let entry = entries[key.id] { contents.remove(entry) }
            }
            contents.start = start
        } else {
            contents = Contents(start: start)
            for key in order.suffix(after: .end(of: start.justBefore)) {
                if let entry = entries[key.id] { contents.add(entry) }
            }
        }
        windows[window] = contents
        var health = contents.counts
        let durations = contents.durations
        health.setDurations(sum: contents.sum, count: durations.count) { place in
            durations.key(fromEnd: durations.count - 1 - place)?.nanoseconds ?? 0
        }
        return health
    }
}
