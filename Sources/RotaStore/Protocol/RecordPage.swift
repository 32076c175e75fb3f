public import Foundation

/// A part of a list, and where the next part begins.
public struct RecordPage<Item: Sendable>: Sendable {
    /// The items, in the order asked for.
    public var items: [Item]
    /// The cursor of the next page, or `nil` if this is the last; it stays valid while records come and go.
    ///
    /// A store may stop before a page is full, even empty, when it has looked at very many records that are not
    /// listed: only `nil` says that there are no more.
    public var next: PageCursor?

    /// Makes a page.
    public init(items: [Item], next: PageCursor?) {
        self.items = items
        self.next = next
    }
}

/// The order of a list.
public enum ListOrder: String, Sendable, Hashable, Codable {
    /// The smallest first, which is the oldest.
    case ascending = "asc"
    /// The greatest first, which is the newest.
    case descending = "desc"
}

/// A place in a list: a record, after which the next page begins.
public struct PageCursor: Sendable, Hashable, Codable, LosslessStringConvertible {
    /// The bits of the record's identifier.
    public let bits: UInt128
    /// The instant by which the list is in order, if it is not the records' identifiers alone.
    public let instant: Date?

    /// Makes a cursor, as stores must.
    ///
    /// - Parameters:
    ///   - bits: The identifier of the last record of a page.
    ///   - instant: The record's instant, in a list that is sorted by instants.
    public init(after bits: UInt128, at instant: Date? = nil) {
        self.bits = bits
        self.instant = instant
    }

    /// Reads a cursor that was printed before.
    ///
    /// - Returns: `nil` if the text is not a cursor.
    public init?(_ description: String) {
        let parts = description.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard description.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }),
            let first = parts.first, let bits = UInt128(first, radix: 36)
        else { return nil }
        self.bits = bits
        guard parts.count == 2 else {
            instant = nil
            return
        }
        guard let pattern = UInt64(parts[1], radix: 36), case let seconds = Double(bitPattern: pattern),
            seconds.isFinite
        else { return nil }
        instant = Date(timeIntervalSinceReferenceDate: seconds)
    }

    /// The cursor as text that is safe in a URL.
    public var description: String {
        let text = String(bits, radix: 36)
        guard let instant else { return text }
        return text + "." + String(instant.timeIntervalSinceReferenceDate.bitPattern, radix: 36)
    }
}

/// How many records a store holds, by state.
public struct StoreCounts: Sendable, Hashable {
    /// The number of jobs in each state; a state without jobs is absent.
    public var jobs: [JobState: Int]
    /// The number of executions in each status; a status without executions is absent.
    public var executions: [ExecutionStatus: Int]

    /// Makes counts.
    public init(jobs: [JobState: Int] = [:], executions: [ExecutionStatus: Int] = [:]) {
        self.jobs = jobs
        self.executions = executions
    }
}
