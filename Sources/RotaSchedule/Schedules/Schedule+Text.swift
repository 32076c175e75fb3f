public import Foundation
import RotaCore

extension Schedule {
    /// Reads a schedule from one of the common text forms.
    ///
    /// | text | schedule |
    /// |---|---|
    /// | `30 9 * * 1-5`, `@daily` | ``cron(_:in:dialect:daylightSaving:hashSeed:)-(_,String,_,_,_)`` |
    /// | `@every 90s`, `every_5m`, `every_1d` | ``every(_:anchor:)`` |
    /// | `2026-03-15T10:00:00Z`, `2026-03-15T10:00:00.000Z`, `2026-03-15T12:00:00+02:00` | ``once(at:)`` |
    /// | `immediately` | ``immediately`` |
    ///
    /// - Parameters:
    ///   - text: The text. White space and byte order marks around it do not matter.
    ///   - zone: The IANA identifier of the zone of a cron expression. The default is UTC.
    ///   - dialect: The dialect to read a cron expression in.
    /// - Throws: ``ScheduleError`` if the text has none of these forms.
    public static func parse(
        _ text: String, in zone: String = "UTC", dialect: CronDialect = .standard
    ) throws(ScheduleError) -> Schedule {
        let trimmed = text.trimmingInvisible
        guard !trimmed.isEmpty else {
            throw ScheduleError(
                .empty, value: text, message: "The text is empty; write a cron expression, every_5m or a date.")
        }
        if trimmed == "immediately" { return .immediately }
        if trimmed.hasPrefix("every_") { return try .preset(trimmed) }
        let bytes = Array(trimmed.utf8.prefix(5))
        if bytes.count == 5, bytes[4] == UInt8(ascii: "-"), bytes[..<4].allSatisfy({ $0 &- 0x30 < 10 }),
            !trimmed.contains("*")
        {
            return try .once(atText: trimmed)
        }
        return try .cron(trimmed, in: zone, dialect: dialect)
    }

    /// Creates an interval from a preset's name: `every_30s`, `every_5m`, `every_1h`, `every_1d`.
    ///
    /// - Parameters:
    ///   - name: `every_`, a whole number, and `s`, `m`, `h`, `d` or `w`.
    ///   - anchor: The date to count from. The default is the job's creation.
    /// - Throws: ``ScheduleError`` for any other text, or for an interval of zero or over 100 years.
    public static func preset(_ name: String, anchor: Date? = nil) throws(ScheduleError) -> Schedule {
        guard name.hasPrefix("every_"), let interval = DurationText.parse(String(name.dropFirst(6))) else {
            throw ScheduleError(
                .text, value: name,
                message: "\"\(name)\" is not a preset; write every_30s, every_5m, every_1h or every_1d.")
        }
        let schedule = Schedule.every(interval, anchor: anchor)
        try schedule.validate()
        return schedule
    }

    /// Creates an interval of whole minutes.
    ///
    /// - Parameters:
    ///   - minutes: 1–1440.
    ///   - anchor: The date to count from. The default is the job's creation.
    /// - Throws: ``ScheduleError`` for a number outside 1–1440.
    public static func everyMinutes(_ minutes: Int, anchor: Date? = nil) throws(ScheduleError) -> Schedule {
        guard 1...1_440 ~= minutes else {
            throw ScheduleError(
                .interval, value: "\(minutes)", message: "The number of minutes must be 1–1440, not \(minutes).")
        }
        return .every(.seconds(minutes * 60), anchor: anchor)
    }

    /// Creates an interval aligned to the clock: its occurrences are its multiples since 1970-01-01T00:00:00Z.
    ///
    /// Every 15 minutes, for example, is :00, :15, :30 and :45 in every zone whose offset is a multiple of 15 minutes.
    /// Daylight saving makes no difference.
    ///
    /// - Parameter interval: 1 ms to 100 years, which ``validate()`` checks.
    public static func everyAligned(_ interval: Duration) -> Schedule {
        .every(interval, anchor: Date(timeIntervalSince1970: 0))
    }

    /// Creates a schedule with a single occurrence at a date in ISO 8601.
    ///
    /// - Parameter text: A date, a time, and `Z` or an offset, such as `2026-03-15T10:00:00Z` or
    ///   `2026-03-15T12:00:00.000+02:00`.
    /// - Throws: ``ScheduleError`` for any other text. A time without a zone is refused, not guessed.
    public static func once(atText text: String) throws(ScheduleError) -> Schedule {
        guard let date = ISO8601.parse(text) else {
            let hint = ISO8601.parse(text + "Z") == nil ? "" : "; add Z for UTC, or an offset such as +02:00"
            throw ScheduleError(
                .date, value: text,
                message: "\"\(text)\" is not a date such as 2026-03-15T10:00:00Z" + hint + ".")
        }
        return .once(at: date)
    }
}
