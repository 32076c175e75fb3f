public import Foundation
import RotaCore

// Schedules as people say them. Each is a cron expression, so its summary, its JSON and its treatment of daylight
// saving are those of one.

extension Schedule {
    /// Creates a schedule of every day at a time.
    ///
    /// ```swift
    /// let backup = try Schedule.daily(at: "03:00", in: "Europe/Berlin")
    /// print(backup.summary)  // At 03:00 (Europe/Berlin)
    /// ```
    ///
    /// - Parameters:
    ///   - time: The time of day, such as `09:30` or `09:30:15`.
    ///   - zone: The IANA identifier of the zone, such as `America/New_York`. The default is UTC.
    ///   - daylightSaving: How to treat times that an offset change skips or repeats.
    /// - Throws: ``ScheduleError`` with code `text` if the time cannot be read, or `timeZone` if the zone is unknown.
    public static func daily(
        at time: String, in zone: String = "UTC", daylightSaving: DaylightSavingPolicy = .automatic
    ) throws(ScheduleError) -> Schedule {
        try cron("\(fields(of: time)) * * *", in: zone, daylightSaving: daylightSaving)
    }

    /// Creates a schedule of certain days of every week at a time.
    ///
    /// ```swift
    /// let review = try Schedule.weekly(on: .monday, .thursday, at: "14:00", in: "America/New_York")
    /// print(review.summary)  // At 14:00, on Monday and Thursday (America/New_York)
    /// ```
    ///
    /// For every second week, add ``everyWeeks(_:from:in:)``.
    ///
    /// - Parameters:
    ///   - days: The days of the week, at least one.
    ///   - time: The time of day, such as `09:30` or `09:30:15`.
    ///   - zone: The IANA identifier of the zone, such as `America/New_York`. The default is UTC.
    ///   - daylightSaving: How to treat times that an offset change skips or repeats.
    /// - Throws: ``ScheduleError`` with code `empty` without a day, `text` if the time cannot be read, or `timeZone` if
    ///   the zone is unknown.
    public static func weekly(
        on days: Weekday..., at time: String, in zone: String = "UTC",
        daylightSaving: DaylightSavingPolicy = .automatic
    ) throws(ScheduleError) -> Schedule {
        try weekly(on: days, at: time, in: zone, daylightSaving: daylightSaving)
    }

    /// Creates a schedule of the days of every week in a list, at a time.
    ///
    /// ```swift
    /// let review = try Schedule.weekly(on: [.monday, .thursday], at: "14:00", in: "America/New_York")
    /// print(review.summary)  // At 14:00, on Monday and Thursday (America/New_York)
    /// ```
    ///
    /// - Parameters:
    ///   - days: The days of the week, at least one. Their order does not matter, and a day counts once.
    ///   - time: The time of day, such as `09:30` or `09:30:15`.
    ///   - zone: The IANA identifier of the zone, such as `America/New_York`. The default is UTC.
    ///   - daylightSaving: How to treat times that an offset change skips or repeats.
    /// - Throws: ``ScheduleError`` with code `empty` without a day, `text` if the time cannot be read, or `timeZone` if
    ///   the zone is unknown.
    public static func weekly(
        on days: [Weekday], at time: String, in zone: String = "UTC",
        daylightSaving: DaylightSavingPolicy = .automatic
    ) throws(ScheduleError) -> Schedule {
        let fields = try fields(of: time)
        guard !days.isEmpty else {
            throw ScheduleError(
                .empty, value: "",
                message: "A weekly schedule needs at least one day of the week, such as `.monday`; for every day, use "
                    + "`.daily(at:)`.")
        }
        let list = Set(days.map(\.rawValue)).sorted().map(String.init).joined(separator: ",")
        return try cron("\(fields) * * \(list)", in: zone, daylightSaving: daylightSaving)
    }

    /// Creates a schedule of one day of every month at a time.
    ///
    /// ```swift
    /// let invoices = try Schedule.monthly(on: .lastBusinessDay, at: "18:00", in: "Europe/Paris")
    /// let board = try Schedule.monthly(on: .weekday(.tuesday, 2), at: "10:00", in: "Europe/Paris")
    /// print(board.summary)  // At 10:00, on the 2nd Tuesday of the month (Europe/Paris)
    /// ```
    ///
    /// - Parameters:
    ///   - day: The day of the month.
    ///   - time: The time of day, such as `09:30` or `09:30:15`.
    ///   - zone: The IANA identifier of the zone, such as `America/New_York`. The default is UTC.
    ///   - daylightSaving: How to treat times that an offset change skips or repeats.
    /// - Throws: ``ScheduleError`` with code `cron` if the day does not exist, `text` if the time cannot be read, or
    ///   `timeZone` if the zone is unknown.
    public static func monthly(
        on day: MonthDay, at time: String, in zone: String = "UTC",
        daylightSaving: DaylightSavingPolicy = .automatic
    ) throws(ScheduleError) -> Schedule {
        let fields = try fields(of: time)
        func schedule(_ days: String) throws(ScheduleError) -> Schedule {
            try cron("\(fields) \(days)", in: zone, daylightSaving: daylightSaving)
        }
        switch day.kind {
        case .day(let number): return try schedule("\(number) * *")
        case .last: return try schedule("L * *")
        case .firstBusinessDay: return try schedule("1 * *").onBusinessDays(.next)
        case .lastBusinessDay: return try schedule("L * *").onBusinessDays(.previous)
        case .weekday(let weekday, let number): return try schedule("* * \(weekday.rawValue)#\(number)")
        case .lastWeekday(let weekday): return try schedule("* * \(weekday.rawValue)L")
        }
    }

    /// Creates a schedule from a cron expression on the wall clock of a time zone.
    ///
    /// - Parameters:
    ///   - text: The expression, such as `30 9 * * 1-5`.
    ///   - zone: The zone whose wall clock the fields describe, such as `TimeZone.current`. Only its identifier is
    ///     kept.
    ///   - dialect: The dialect to read the text in.
    ///   - daylightSaving: How to treat times that an offset change skips or repeats.
    ///   - hashSeed: The seed that chooses the values of `H`, such as the job's name.
    /// - Throws: ``ScheduleError`` if the text is not an expression, or if the zone is unknown.
    public static func cron(
        _ text: String, in zone: TimeZone, dialect: CronDialect = .standard,
        daylightSaving: DaylightSavingPolicy = .automatic, hashSeed: String? = nil
    ) throws(ScheduleError) -> Schedule {
        try cron(
            text, in: zone.identifier, dialect: dialect, daylightSaving: daylightSaving, hashSeed: hashSeed)
    }

    /// Returns the fields of a cron expression up to the hour, for a time such as `09:30` or `09:30:15`.
    private static func fields(of time: String) throws(ScheduleError) -> String {
        let parts = time.split(separator: ":", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { part -> Int? in
            guard 1...2 ~= part.utf8.count, part.utf8.allSatisfy({ 48...57 ~= $0 }) else { return nil }
            return Int(part)
        }
        guard 2...3 ~= parts.count, numbers.count == parts.count, parts[1].utf8.count == 2, numbers[0] < 24,
            numbers.dropFirst().allSatisfy({ $0 < 60 })
        else {
            throw ScheduleError(
                .text, value: time,
                message: "\"\(time)\" is not a time of day; write one from 00:00 to 23:59, such as 09:30 or 09:30:15.")
        }
        let second = numbers.count == 3 && numbers[2] > 0 ? "\(numbers[2]) " : ""
        return "\(second)\(numbers[1]) \(numbers[0])"
    }
}

/// A day of every month, for ``Schedule/monthly(on:at:in:daylightSaving:)``.
public struct MonthDay: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        case day(Int)
        case last
        case firstBusinessDay
        case lastBusinessDay
        case weekday(Weekday, Int)
        case lastWeekday(Weekday)
    }

    let kind: Kind

    /// Returns a day by its number.
    ///
    /// - Parameter number: From 1 to 31. A month without the day is left out; ``last`` is in every month.
    public static func day(_ number: Int) -> MonthDay { MonthDay(kind: .day(number)) }

    /// The last day: the 28th to the 31st.
    public static let last = MonthDay(kind: .last)

    /// The first day from Monday to Friday.
    ///
    /// Holidays count once they are excluded together with weekends, as in
    /// `.excluding(holidays.union(.weekends))`.
    public static let firstBusinessDay = MonthDay(kind: .firstBusinessDay)

    /// The last day from Monday to Friday.
    ///
    /// Holidays count once they are excluded together with weekends, as in
    /// `.excluding(holidays.union(.weekends))`.
    public static let lastBusinessDay = MonthDay(kind: .lastBusinessDay)

    /// Returns a day of the week by its number in the month, such as the second Tuesday.
    ///
    /// - Parameters:
    ///   - weekday: The day of the week.
    ///   - number: From 1 to 5. A month without a fifth one is left out.
    public static func weekday(_ weekday: Weekday, _ number: Int) -> MonthDay {
        MonthDay(kind: .weekday(weekday, number))
    }

    /// Returns the last of a day of the week, such as the last Friday.
    public static func last(_ weekday: Weekday) -> MonthDay { MonthDay(kind: .lastWeekday(weekday)) }
}

extension Duration {
    /// Returns a duration of minutes.
    ///
    /// - Parameter count: Any number. Beyond 10,000 years in either direction, the duration is 10,000 years.
    public static func minutes(_ count: Int) -> Duration { span(count, of: 60) }

    /// Returns a duration of hours.
    ///
    /// - Parameter count: Any number. Beyond 10,000 years in either direction, the duration is 10,000 years.
    public static func hours(_ count: Int) -> Duration { span(count, of: 3_600) }

    /// Returns a duration of days of 24 hours each.
    ///
    /// A day on the wall clock can be shorter or longer. For the same time every day, use
    /// ``RotaSchedule/Schedule/daily(at:in:daylightSaving:)``.
    ///
    /// - Parameter count: Any number. Beyond 10,000 years in either direction, the duration is 10,000 years.
    public static func days(_ count: Int) -> Duration { span(count, of: 86_400) }

    private static func span(_ count: Int, of seconds: Int) -> Duration {
        let limit = 320_000_000_000 / seconds
        return .seconds(min(max(count, -limit), limit) * seconds)
    }
}
