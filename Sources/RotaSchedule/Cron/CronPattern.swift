import RotaCore

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

/// The positions of the bits that are set, from the lowest.
struct Bits: Sequence, IteratorProtocol {
    private var rest: UInt64

    init(_ mask: UInt64) {
        rest = mask
    }

    mutating func next() -> Int? {
        guard rest != 0 else { return nil }
        defer { rest &= rest &- 1 }
        return rest.trailingZeroBitCount
    }
}

extension UInt64 {
    /// The lowest bit at or above a position that is set, or `nil`.
    func lowestBit(from position: Int) -> Int? {
        guard position < 64 else { return nil }
        let rest = position > 0 ? self & ~((1 << UInt64(position)) &- 1) : self
        return rest == 0 ? nil : rest.trailingZeroBitCount
    }

    /// The highest bit at or below a position that is set, or `nil`.
    func highestBit(upTo position: Int) -> Int? {
        guard position >= 0 else { return nil }
        let rest = position >= 63 ? self : self & ((1 << UInt64(position &+ 1)) &- 1)
        return rest == 0 ? nil : 63 &- rest.leadingZeroBitCount
    }
}

extension CronPattern {
    /// Whether a reading is inside the times the pattern names; without a seconds field each minute counts whole.
    func covers(local: Int64) -> Bool {
        matches(local: flags.contains(.hasSeconds) ? local : local.floorDivided(by: 60) &* 60)
    }

    /// A reading after a covered one that is as far ahead as certainly only covered readings lie between.
    ///
    /// It may be covered itself: the caller asks again.
    func nextUncovered(after local: Int64) -> Int64 {
        let day = local.floorDivided(by: 86_400)
        let second = Int(local &- day &* 86_400)
        if flags.contains(.hasSeconds), let next = Bits.firstGap(seconds, from: second % 60, below: 60) {
            return local &- Int64(second % 60) &+ Int64(next)
        }
        let minute = second / 60
        if let next = Bits.firstGap(minutes, from: minute % 60, below: 60) {
            return day &* 86_400 &+ Int64(minute / 60 &* 60 &+ next) &* 60
        }
        if let next = Bits.firstGap(hours, from: minute / 60, below: 24) {
            return day &* 86_400 &+ Int64(next) &* 3_600
        }
        return (day &+ 1) &* 86_400
    }

    /// A reading before a covered one that is as far back as certainly only covered readings lie between.
    func previousUncovered(before local: Int64) -> Int64 {
        let day = local.floorDivided(by: 86_400)
        let second = Int(local &- day &* 86_400)
        if flags.contains(.hasSeconds), let last = Bits.lastGap(seconds, upTo: second % 60) {
            return local &- Int64(second % 60) &+ Int64(last)
        }
        let minute = second / 60
        if let last = Bits.lastGap(minutes, upTo: minute % 60) {
            return day &* 86_400 &+ Int64(minute / 60 &* 60 &+ last) &* 60 &+ 59
        }
        if let last = Bits.lastGap(hours, upTo: minute / 60) {
            return day &* 86_400 &+ Int64(last) &* 3_600 &+ 3_599
        }
        return day &* 86_400 &- 1
    }
}

extension Bits {
    /// The lowest clear bit at or above a position and below a limit.
    fileprivate static func firstGap(_ mask: UInt64, from position: Int, below limit: Int) -> Int? {
        guard let gap = (~mask).lowestBit(from: position), gap < limit else { return nil }
        return gap
    }

    /// The highest clear bit at or below a position.
    fileprivate static func lastGap(_ mask: UInt64, upTo position: Int) -> Int? {
        (~mask).highestBit(upTo: position)
    }
}

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
