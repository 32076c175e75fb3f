import RotaCore

/// A cron expression compiled to bit masks: the wall-clock times it matches, without a time zone.
///
/// Each field is a set of small numbers, kept as the bits of an integer. `*/15 9-11 * * 1-5` compiles to
///
///     bit       45             30             15             0
///     minutes   1000000000000001000000000000001000000000000001   0, 15, 30, 45
///     hours                                       111000000000   9 to 11
///     days                    11111111111111111111111111111110   1 to 31
///     months                                     1111111111110   1 to 12
///     weekdays                                          111110   1 to 5 (Sunday is 0)
///     flags     starMinute and starDay: the fields written with a star
///
/// so that the next matching value is the lowest bit at or above the current one. Days that depend on the month (`L`,
/// `15W`, `1#2`) have masks of their own and become days once the month is known: see `days(ofMonth:year:)`.
struct CronPattern: Hashable, Sendable {
    /// Second n is bit n.
    var seconds: UInt64 = 1
    /// Minute n is bit n.
    var minutes: UInt64 = 0
    /// Hour n is bit n.
    var hours: UInt64 = 0
    /// Day n of the month is bit n.
    var days: UInt64 = 0
    /// The nth day before the last of the month is bit n (`L` is bit 0, `L-3` is bit 3).
    var daysFromEnd: UInt64 = 0
    /// The working day nearest day n is bit n (`15W`).
    var nearestWeekdays: UInt64 = 0
    /// The working day nearest the nth day before the last of the month is bit n (`LW` is bit 0, `L-3W` is bit 3).
    var nearestWeekdaysFromEnd: UInt64 = 0
    /// Month n is bit n.
    var months: UInt64 = 0
    /// Weekday n is bit n; Sunday is bit 0.
    var weekdays: UInt64 = 0
    /// The last weekday n of the month is bit n (`5L`).
    var lastWeekdays: UInt64 = 0
    /// The kth weekday n of the month is bit (k − 1) × 7 + n (`1#2` is bit 8).
    var nthWeekdays: UInt64 = 0
    /// The years of the seventh field, or `nil` for every year.
    var years: Years?
    /// The fields that start with a star, and how the two day fields combine.
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
        /// Both day fields must match (`+` before the weekdays).
        static let bothDays = Flags(rawValue: 16)
        /// The expression has a seconds field.
        static let hasSeconds = Flags(rawValue: 32)
    }

    /// Whether the minute or hour field starts with a star, so that the expression follows elapsed time across an
    /// offset change.
    var isWildcard: Bool { !flags.isDisjoint(with: [.starMinute, .starHour]) }

    /// Whether a day must match both day fields: after `+`, or if either starts with a star (as in Vixie cron).
    var daysIntersect: Bool { !flags.isDisjoint(with: [.starDay, .starWeekday, .bothDays]) }
}

/// The positions of the set bits of a mask, from the lowest.
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
    /// Returns the position of the lowest set bit at or above another position.
    func lowestBit(from position: Int) -> Int? {
        guard position < 64 else { return nil }
        let rest = position > 0 ? self & ~((1 << UInt64(position)) &- 1) : self
        return rest == 0 ? nil : rest.trailingZeroBitCount
    }

    /// Returns the position of the highest set bit at or below another position.
    func highestBit(upTo position: Int) -> Int? {
        guard position >= 0 else { return nil }
        let rest = position >= 63 ? self : self & ((1 << UInt64(position &+ 1)) &- 1)
        return rest == 0 ? nil : 63 &- rest.leadingZeroBitCount
    }
}

extension CronPattern {
    /// Whether a reading is covered by the pattern.
    ///
    /// Without a seconds field, each matching minute is covered whole.
    func covers(local: Int64) -> Bool {
        matches(local: flags.contains(.hasSeconds) ? local : local.floorDivided(by: 60) &* 60)
    }

    /// Whether all readings are covered, as by `* * * * *`.
    var coversEverything: Bool {
        minutes == (1 << 60) - 1 && hours == (1 << 24) - 1 && days >> 1 == (1 << 31) - 1 && months >> 1 == (1 << 12) - 1
            && weekdays & 0x7F == 0x7F && years == nil && (!flags.contains(.hasSeconds) || seconds == (1 << 60) - 1)
    }

    /// Returns a reading after a covered one, such that every reading between them is covered.
    ///
    /// The result may be covered itself, so the caller checks it.
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

    /// Returns a reading before a covered one, such that every reading between them is covered.
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
    /// Returns the position of the lowest clear bit from a position up to a limit.
    fileprivate static func firstGap(_ mask: UInt64, from position: Int, below limit: Int) -> Int? {
        guard let gap = (~mask).lowestBit(from: position), gap < limit else { return nil }
        return gap
    }

    /// Returns the position of the highest clear bit at or below a position.
    fileprivate static func lastGap(_ mask: UInt64, upTo position: Int) -> Int? {
        (~mask).highestBit(upTo: position)
    }
}

/// A cron pattern in a quarter of the memory, because a store may hold a million of them.
///
/// The masks of the plain fields are stored at their true width. A search unpacks them on the stack first.
struct PackedCronPattern: Sendable {
    /// The whole pattern of an expression that has more than plain fields.
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

    /// The unpacked pattern.
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

    /// The seed that chose the values of `H`.
    var hashSeed: String? { rest?.hashSeed }
}
