public import Foundation
public import RotaStore

extension Scheduler {
    /// A page of a job's history, the latest date first: its executions, and the occurrences that did not fire.
    ///
    /// ```swift
    /// let page = try await scheduler.history(of: job.id, limit: 20)
    /// for entry in page.entries {
    ///     switch entry {
    ///     case .execution(let execution): print("\(execution.scheduledFor) \(execution.status)")
    ///     case .skip(let skip): print("\(skip.first) to \(skip.last) skipped: \(skip.reason.rawValue)")
    ///     }
    /// }
    /// if let cursor = page.next { _ = try await scheduler.history(of: job.id, limit: 20, after: cursor) }
    /// ```
    public struct HistoryPage: Sendable, Hashable {
        /// An execution, or a range of occurrences that did not fire.
        public enum Entry: Sendable, Hashable {
            /// An occurrence that fired, or a triggered execution.
            case execution(Execution)
            /// A range of occurrences that did not fire, all for one reason.
            case skip(SkippedOccurrence)

            /// The nominal date of the execution, or of the last skipped occurrence.
            public var date: Date {
                switch self {
                case .execution(let execution): execution.scheduledFor
                case .skip(let skip): skip.last
                }
            }
        }

        /// The position of a page.
        public struct Cursor: Sendable, Hashable, Codable, LosslessStringConvertible {
            /// The position of the executions.
            let executions: PageCursor
            /// The date before which the skips continue.
            let before: Date

            init(executions: PageCursor, before: Date) {
                self.executions = executions
                self.before = before
            }

            /// Reads a cursor that was written by ``description``.
            public init?(_ description: String) {
                let parts = description.split(separator: "_", omittingEmptySubsequences: false)
                guard parts.count == 2, let executions = PageCursor(String(parts[0])),
                    let bits = UInt64(parts[1], radix: 36), case let seconds = Double(bitPattern: bits),
                    seconds.isFinite
                else { return nil }
                self.init(executions: executions, before: Date(timeIntervalSinceReferenceDate: seconds))
            }

            /// The cursor as text that may stand in a URL.
            public var description: String {
                "\(executions)_\(String(before.timeIntervalSinceReferenceDate.bitPattern, radix: 36))"
            }
        }

        /// The entries, the latest date first.
        public let entries: [Entry]
        /// The position of the next page, or `nil` if this is the last.
        public let next: Cursor?

        /// Merges a page of executions with the skips between their dates.
        ///
        /// - Parameters:
        ///   - page: The executions, the newest first.
        ///   - skips: All skips of the job, the oldest first.
        ///   - upper: The date before which the skips of this and later pages end, or `nil` for the first page.
        init(_ page: RecordPage<Execution>, skips: [SkippedOccurrence], before upper: Date?) {
            let lower = page.next == nil ? nil : page.items.map(\.scheduledFor).min()
            let among = skips.filter { skip in
                (upper.map { skip.last < $0 } ?? true) && (lower.map { skip.last >= $0 } ?? true)
            }
            entries = (page.items.map(Entry.execution) + among.map(Entry.skip)).sorted { $0.date > $1.date }
            next = page.next.flatMap { executions in lower.map { Cursor(executions: executions, before: $0) } }
        }
    }
}
