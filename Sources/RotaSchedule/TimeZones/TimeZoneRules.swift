public import Foundation
import RotaCore

/// The offsets of one time zone from UTC.
///
/// ```swift
/// let newYork = try TimeZoneDatabase.system.rules(for: "America/New_York")
/// print(newYork.secondsFromGMT(for: .now))
/// if let change = newYork.nextTransition(after: .now) {
///     print("The offset changes at \(change).")
/// }
/// ```
public struct TimeZoneRules: Sendable, Hashable {
    /// The dates at which a wall clock shows a time.
    public enum Resolution: Sendable, Hashable {
        /// The clock shows it once.
        case unique(Date)
        /// The clock skips it: the end of the gap, and the date at which a clock that had not changed would show it.
        case gap(end: Date, shifted: Date)
        /// The clock shows it more than once: the first and the last date.
        case overlap(first: Date, last: Date)
    }

    let table: ZoneTable

    init(table: ZoneTable) {
        self.table = table
    }

    /// Reads a compiled time zone file (TZif, RFC 8536).
    ///
    /// - Parameters:
    ///   - identifier: The name of the zone.
    ///   - data: The bytes of the file, at most 1 MiB.
    /// - Throws: ``TimeZoneError`` if the file is not valid.
    public init(identifier: String, tzif data: Data) throws(TimeZoneError) {
        do throws(TZifFile.Damage) {
            table = ZoneTable(identifier: identifier, file: try TZifFile(Array(data)))
        } catch {
            throw TimeZoneError(
                .damagedFile, value: identifier,
                message: "The file of time zone \"\(identifier)\" is damaged: \(error.reason).")
        }
    }

    /// The zone's name.
    public var identifier: String { table.identifier }

    /// Returns the offset of the zone from UTC at a date, in seconds, or 0 for a date that is not a number.
    public func secondsFromGMT(for date: Date) -> Int {
        WholeSeconds.floor(date).map { Int(table.span(at: $0).offset) } ?? 0
    }

    /// Returns the time on the zone's wall clock, or `nil` outside the years 1–9999.
    public func localTime(at date: Date) -> LocalTime? {
        guard let second = WholeSeconds.floor(date) else { return nil }
        let local = second + table.span(at: second).offset
        return WholeSeconds.supported.contains(local) ? LocalTime(seconds: local) : nil
    }

    /// Returns the date of the next change of the zone's offset, or `nil` if there is none through the year 9999.
    public func nextTransition(after date: Date) -> Date? {
        guard let second = WholeSeconds.floor(date) else { return nil }
        let end = table.span(at: second).end
        return end <= WholeSeconds.supported.upperBound ? Date(wholeSeconds: end) : nil
    }

    /// Returns the dates at which the zone's wall clock shows a time.
    public func dates(of local: LocalTime) -> Resolution {
        let reading = local.seconds
        var found: [Int64] = []
        var gap: ZoneSpan?
        // Offsets lie within 26 hours of UTC.
        var span = table.span(at: reading - 94_000)
        while true {
            if reading >= span.start + span.offset, reading < span.end + span.offset {
                found.append(reading - span.offset)
            } else if reading >= span.fresh, reading < span.start + span.offset, gap == nil {
                gap = span
            }
            guard span.end < ZoneSpan.forever, span.end <= reading + 94_000 else { break }
            span = table.span(at: span.end)
        }
        if let first = found.first, let last = found.last {
            return first == last
                ? .unique(Date(wholeSeconds: first))
                : .overlap(first: Date(wholeSeconds: first), last: Date(wholeSeconds: last))
        }
        let after = gap ?? span
        return .gap(end: Date(wholeSeconds: after.start), shifted: Date(wholeSeconds: reading - after.offsetBefore))
    }

    /// Whether two values contain the same rules under the same name.
    public static func == (left: TimeZoneRules, right: TimeZoneRules) -> Bool {
        left.table == right.table
    }

    /// Hashes the zone's name.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(identifier)
    }
}

/// A date and a time of day on a wall clock, without a zone.
public struct LocalTime: Sendable, Hashable, CustomStringConvertible {
    /// 1–9999.
    public let year: Int
    /// 1–12.
    public let month: Int
    /// 1–31.
    public let day: Int
    /// 0–23.
    public let hour: Int
    /// 0–59.
    public let minute: Int
    /// 0–59.
    public let second: Int

    /// Creates a time, or returns `nil` if there is no such date or time of day.
    ///
    /// - Parameters:
    ///   - year: 1–9999.
    ///   - month: 1–12.
    ///   - day: 1 to the length of the month.
    ///   - hour: 0–23.
    ///   - minute: 0–59.
    ///   - second: 0–59.
    public init?(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
        guard 1...9_999 ~= year, 1...12 ~= month, 1...CivilDate.days(inMonth: month, of: year) ~= day,
            0...23 ~= hour, 0...59 ~= minute, 0...59 ~= second
        else { return nil }
        self.year = year
        self.month = month
        self.day = day
        self.hour = hour
        self.minute = minute
        self.second = second
    }

    /// Creates the time a number of seconds after 1970-01-01T00:00:00 on the same clock.
    init(seconds: Int64) {
        let days = seconds.floorDivided(by: 86_400)
        let date = CivilDate(daysSinceEpoch: Int(days))
        let time = Int(seconds - days * 86_400)
        year = date.year
        month = date.month
        day = date.day
        hour = time / 3_600
        minute = time / 60 % 60
        second = time % 60
    }

    /// Seconds since 1970-01-01T00:00:00 on the same clock.
    var seconds: Int64 {
        Int64(CivilDate(year: year, month: month, day: day).daysSinceEpoch) * 86_400
            + Int64(hour * 3_600 + minute * 60 + second)
    }

    /// The time in ISO 8601, such as `2026-03-08T02:30:00`.
    public var description: String {
        func padded(_ number: Int, _ width: Int = 2) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return "\(padded(year, 4))-\(padded(month))-\(padded(day))T\(padded(hour)):\(padded(minute)):\(padded(second))"
    }
}
