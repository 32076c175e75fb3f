/// A cron expression compiled to bit masks: which local wall-clock times it names, without any time zone.
struct CronPattern: Hashable, Sendable {
    /// Bit n: second n.
    var seconds: UInt64 = 1
    /// Bit n: minute n.
    var minutes: UInt64 = 0
    /// Bit n: hour n.
    var hours: UInt64 = 0
    /// Bit n: day n of the month.
    var days: UInt64 = 0
    /// Bit n: n days before the last day of the month (`L`, `L-3`).
    var daysFromEnd: UInt64 = 0
    /// Bit n: the weekday nearest to day n (`15W`).
    var nearestWeekdays: UInt64 = 0
    /// Bit n: the weekday nearest to n days before the last day of the month (`LW`, `L-3W`).
    var nearestWeekdaysFromEnd: UInt64 = 0
    /// Bit n: month n.
    var months: UInt64 = 0
    /// Bit n: weekday n, Sunday is 0.
    var weekdays: UInt64 = 0
    /// Bit n: the last weekday n of the month (`5L`).
    var lastWeekdays: UInt64 = 0
    /// Bit (k - 1) × 7 + n: the kth weekday n of the month (`1#2`).
    var nthWeekdays: UInt64 = 0
    /// The years of a seventh field, or `nil` for every year.
    var years: Years?
    /// Which fields start with a star and how the two day fields combine.
    var flags: Flags = []

    struct Flags: OptionSet, Hashable, Sendable {
        let rawValue: UInt8

        /// The minute field starts with `*`.
        static let starMinute = Flags(rawValue: 1)
        /// The hour field starts with `*`.
        static let starHour = Flags(rawValue: 2)
        /// The day-of-month field starts with `*`.
        static let starDay = Flags(rawValue: 4)
        /// The day-of-week field starts with `*`.
        static let starWeekday = Flags(rawValue: 8)
        /// Both day fields must match (`+`).
        static let bothDays = Flags(rawValue: 16)
        /// The expression has a seconds field.
        static let hasSeconds = Flags(rawValue: 32)
    }

    /// Whether the minute or the hour field starts with a star: the expression follows elapsed time over an offset
    /// change.
    var isWildcard: Bool { !flags.isDisjoint(with: [.starMinute, .starHour]) }

    /// Whether a day must satisfy both day fields: `+`, or a star in either (the star bit of Vixie cron).
    var daysIntersect: Bool { !flags.isDisjoint(with: [.starDay, .starWeekday, .bothDays]) }
}
