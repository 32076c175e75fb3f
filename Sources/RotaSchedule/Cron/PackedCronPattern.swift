/// A cron pattern as it is remembered: a quarter of the size, for there may be a million of them.
///
/// The masks of the plain fields lie side by side; whoever searches unpacks them first, which takes no memory.
struct PackedCronPattern: Sendable {
    /// What few expressions have, in which case the whole pattern is here.
    private final class Rest: Sendable {
        let pattern: CronPattern
        let period: Int64?
        let hashSeed: String?

        init(pattern: CronPattern, period: Int64?, hashSeed: String?) {
            self.pattern = pattern
            self.period = period
            self.hashSeed = hashSeed
        }
    }

    private let rest: Rest?
    private let seconds: UInt64
    private let minutes: UInt64
    private let hours: UInt32
    private let days: UInt32
    private let months: UInt16
    private let weekdays: UInt8
    private let flags: CronPattern.Flags

    init(_ pattern: CronPattern, period: Int64?, hashSeed: String?) {
        seconds = pattern.seconds
        minutes = pattern.minutes
        hours = UInt32(truncatingIfNeeded: pattern.hours)
        days = UInt32(truncatingIfNeeded: pattern.days)
        months = UInt16(truncatingIfNeeded: pattern.months)
        weekdays = UInt8(truncatingIfNeeded: pattern.weekdays)
        flags = pattern.flags
        let isPlain =
            pattern.daysFromEnd | pattern.nearestWeekdays | pattern.nearestWeekdaysFromEnd | pattern.lastWeekdays
            | pattern.nthWeekdays == 0 && pattern.years == nil && period == nil && hashSeed == nil
        rest = isPlain ? nil : Rest(pattern: pattern, period: period, hashSeed: hashSeed)
    }

    /// The pattern to search in.
    var pattern: CronPattern {
        if let rest { return rest.pattern }
        var pattern = CronPattern()
        pattern.seconds = seconds
        pattern.minutes = minutes
        pattern.hours = UInt64(hours)
        pattern.days = UInt64(days)
        pattern.months = UInt64(months)
        pattern.weekdays = UInt64(weekdays)
        pattern.flags = flags
        return pattern
    }

    /// The period of `@every`, in seconds.
    var period: Int64? { rest?.period }

    /// What `H` took its values from.
    var hashSeed: String? { rest?.hashSeed }
}
