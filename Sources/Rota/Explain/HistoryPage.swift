public import Foundation
public import RotaStore

/// A part of what became of a job's occurrences, the latest instant first.
public struct HistoryPage: Sendable, Hashable {
    /// An execution, or a run of occurrences that did not fire.
    public enum Entry: Sendable, Hashable {
        /// An occurrence that fired, or a run that was asked for.
        case execution(Execution)
        /// Occurrences that did not fire, all for one reason.
        case skip(SkippedOccurrence)

        /// The nominal instant, or the last of them.
        public var instant: Date {
            switch self {
            case .execution(let execution): execution.scheduledFor
            case .skip(let skip): skip.last
            }
        }
    }

    /// Where a part begins.
    public struct Cursor: Sendable, Hashable, Codable {
        /// Where the executions go on.
        let executions: PageCursor
        /// The instant before which the skips go on.
        let before: Date
    }

    /// The entries, the latest instant first.
    public let entries: [Entry]
    /// Where the next part begins, or `nil` if this is the last.
    public let next: Cursor?

    /// Merges a page of executions with the skips that lie between its instants.
    ///
    /// - Parameters:
    ///   - page: The executions, the newest first.
    ///   - skips: All skips of the job, the oldest first.
    ///   - upper: The instant before which skips belong here or to a later part, or `nil` if this is the first.
    init(_ page: RecordPage<Execution>, skips: [SkippedOccurrence], before upper: Date?) {
        let lower = page.next == nil ? nil : page.items.map(\.scheduledFor).min()
        let among = skips.filter { skip in
            (upper.map { skip.last < $0 } ?? true) && (lower.map { skip.last >= $0 } ?? true)
        }
        entries = (page.items.map(Entry.execution) + among.map(Entry.skip)).sorted { $0.instant > $1.instant }
        next = page.next.flatMap { executions in lower.map { Cursor(executions: executions, before: $0) } }
    }
}
