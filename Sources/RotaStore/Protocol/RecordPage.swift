public import Foundation

/// One page of a list.
public struct RecordPage<Item: Sendable>: Sendable {
    /// The items, in the requested order.
    public var items: [Item]
    /// The cursor of the next page, or `nil` if this is the last one.
    ///
    /// It stays valid while records are added and removed.
    ///
    /// A store may return a page that is not full, or even empty, after scanning many records that do not match. Only
    /// `nil` means the end of the list.
    public var next: PageCursor?

    /// Creates a page.
    public init(items: [Item], next: PageCursor?) {
        self.items = items
        self.next = next
    }
}

/// The order of a list.
public enum ListOrder: String, Sendable, Hashable, Codable, CaseIterable {
    /// The smallest first: oldest to newest.
    case ascending = "asc"
    /// The greatest first: newest to oldest.
    case descending = "desc"
}

/// A position in a list: the record after which the next page begins.
public struct PageCursor: Sendable, Hashable, Codable, LosslessStringConvertible {
    /// The bits of the record's identifier.
    public let bits: UInt128
    /// The record's date, if the list is sorted by a date other than creation.
    public let date: Date?

    /// Creates a cursor.
    ///
    /// Only stores need to do this.
    ///
    /// - Parameters:
    ///   - bits: The bits of the identifier of the page's last record.
    ///   - date: That record's date, in a list sorted by a date other than creation.
    public init(after bits: UInt128, at date: Date? = nil) {
        self.bits = bits
        self.date = date
    }

    /// Parses the text of a cursor.
    ///
    /// - Returns: `nil` if the text is not a cursor.
    public init?(_ description: String) {
        let parts = description.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard description.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }),
            let first = parts.first, let bits = UInt128(first, radix: 36)
        else { return nil }
        self.bits = bits
        guard parts.count == 2 else {
            date = nil
            return
        }
        guard let pattern = UInt64(parts[1], radix: 36), case let seconds = Double(bitPattern: pattern),
            seconds.isFinite
        else { return nil }
        date = Date(timeIntervalSinceReferenceDate: seconds)
    }

    /// The cursor as URL-safe text.
    public var description: String {
        let text = String(bits, radix: 36)
        guard let date else { return text }
        return text + "." + String(date.timeIntervalSinceReferenceDate.bitPattern, radix: 36)
    }
}

/// The number of records in a store, by state.
public struct StoreCounts: Sendable, Hashable {
    /// The number of jobs in each state.
    ///
    /// States without jobs are absent.
    public var jobs: [JobState: Int]
    /// The number of executions in each status.
    ///
    /// Statuses without executions are absent.
    public var executions: [ExecutionStatus: Int]

    /// Creates counts.
    public init(jobs: [JobState: Int] = [:], executions: [ExecutionStatus: Int] = [:]) {
        self.jobs = jobs
        self.executions = executions
    }
}
