/// The direction in which an occurrence is moved from a day that is not a business day.
///
/// ```swift
/// // Payroll on the last day of the month, or on the last business day before it.
/// let payroll = try Schedule.cron("0 9 L * *", in: "America/New_York").onBusinessDays(.previous)
/// let may1 = Date(timeIntervalSince1970: 1_777_593_600)
/// if let next = payroll.next(after: may1) { print(next) }  // 2026-05-29 13:00:00 +0000: 31 May is a Sunday
/// ```
public struct BusinessDayShift: Sendable, Hashable, Codable, CustomStringConvertible {
    enum Kind: String, Sendable, Hashable, Codable {
        case previous, next, nearest
    }

    let kind: Kind

    /// To the same time on the business day before.
    public static let previous = BusinessDayShift(kind: .previous)
    /// To the same time on the business day after.
    public static let next = BusinessDayShift(kind: .next)
    /// To the same time on the nearest business day, or on the later of two equally near ones.
    public static let nearest = BusinessDayShift(kind: .nearest)

    /// The shift's name as encoded: `previous`, `next` or `nearest`.
    public var description: String { kind.rawValue }

    init(kind: Kind) {
        self.kind = kind
    }

    /// Decodes `previous`, `next` or `nearest`.
    public init(from decoder: any Decoder) throws {
        kind = try Kind(from: decoder)
    }

    /// Encodes `previous`, `next` or `nearest`.
    public func encode(to encoder: any Encoder) throws {
        try kind.encode(to: encoder)
    }

    /// How far to look for a business day, in days.
    private static let reach = 366

    /// Returns the business day that a day is moved to, which may be itself, or `nil` if there is none within a year.
    func target(of day: Int, isBusinessDay: (Int) -> Bool) -> Int? {
        if isBusinessDay(day) { return day }
        for distance in 1...Self.reach {
            if kind != .previous, isBusinessDay(day + distance) { return day + distance }
            if kind != .next, isBusinessDay(day - distance) { return day - distance }
        }
        return nil
    }

    /// Returns the days that are moved to a business day, including itself.
    ///
    /// They are consecutive: of the days between two business days, all belong to one of them, or the nearer half to
    /// each.
    ///
    /// - Complexity: O(*n*) in the number of other days around it, up to two years on either side.
    func sources(of day: Int, isBusinessDay: (Int) -> Bool) -> ClosedRange<Int> {
        /// The number of days without business before it, or after it.
        func free(_ step: Int) -> Int {
            (0..<2 * Self.reach).first { isBusinessDay(day + step * ($0 + 1)) } ?? 2 * Self.reach
        }
        return switch kind {
        case .next: day - min(free(-1), Self.reach)...day
        case .previous: day...day + min(free(1), Self.reach)
        // The later of two equally near ones: it gets the day in the middle.
        case .nearest: day - min((free(-1) + 1) / 2, Self.reach)...day + min(free(1) / 2, Self.reach)
        }
    }
}

/// A day of the week.
public enum Weekday: Int, Sendable, Hashable, Codable, CaseIterable {
    /// Sunday, 0 as in cron.
    case sunday = 0
    /// Monday, 1.
    case monday
    /// Tuesday, 2.
    case tuesday
    /// Wednesday, 3.
    case wednesday
    /// Thursday, 4.
    case thursday
    /// Friday, 5.
    case friday
    /// Saturday, 6.
    case saturday

    /// The three-letter name in cron notation, such as `SUN`.
    public var abbreviation: String {
        ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"][rawValue]
    }
}
