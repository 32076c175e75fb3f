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
    /// The record's name in lower case, if the list is sorted by name.
    public let name: String?

    /// Creates a cursor.
    ///
    /// Only stores need to do this.
    ///
    /// - Parameters:
    ///   - bits: The bits of the identifier of the page's last record.
    ///   - date: That record's date, in a list sorted by a date other than creation.
    ///   - name: That record's name in lower case, in a list sorted by name.
    public init(after bits: UInt128, at date: Date? = nil, named name: String? = nil) {
        self.bits = bits
        self.date = date
        self.name = name
    }

    /// Parses the text of a cursor.
    ///
    /// - Returns: `nil` if the text is not a cursor.
    public init?(_ description: String) {
        // An identifier, and a date or a name: `id`, `id.date`, `id..name`; then the check.
        let text = description.dropLast(Self.checkLength)
        guard description.hasSuffix(Self.check(text)) else { return nil }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        func number<Value: FixedWidthInteger>(_ text: Substring) -> Value? {
            text.utf8.allSatisfy { $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") } ? Value(text, radix: 36) : nil
        }
        guard let first = parts.first, let bits: UInt128 = number(first) else { return nil }
        switch parts.count {
        case 1: self.init(after: bits)
        case 2:
            guard let pattern: UInt64 = number(parts[1]), case let seconds = Double(bitPattern: pattern),
                seconds.isFinite
            else { return nil }
            self.init(after: bits, at: Date(timeIntervalSinceReferenceDate: seconds))
        case 3:
            let padding = String(repeating: "=", count: (4 - parts[2].utf8.count % 4) % 4)
            let text = String(parts[2]).replacing("_", with: "/").replacing("-", with: "+") + padding
            guard parts[1].isEmpty, let data = Data(base64Encoded: text),
                let name = String(validating: data, as: UTF8.self)
            else { return nil }
            self.init(after: bits, named: name)
        default: return nil
        }
    }

    /// The cursor as URL-safe text.
    public var description: String {
        var text = String(bits, radix: 36)
        if let date {
            text += "." + String(date.timeIntervalSinceReferenceDate.bitPattern, radix: 36)
        } else if let name {
            let encoded = Data(name.utf8).base64EncodedString()
            text += ".." + encoded.replacing("/", with: "_").replacing("+", with: "-").replacing("=", with: "")
        }
        return text + Self.check(text[...])
    }

    private static let checkLength = 4

    /// The last characters of a cursor's text, which tell it from any other word, such as an identifier.
    package static func check(_ text: Substring) -> String {
        let sum = text.utf8.reduce(UInt32(1)) { ($0 ^ UInt32($1)) &* 16_777_619 }
        // The 1 in front keeps zeros.
        return String(String(1_679_616 + sum % 1_679_616, radix: 36).suffix(checkLength))
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
