/// Where an occurrence goes that falls on a day which is not a business day.
public struct BusinessDayShift: Sendable, Hashable, Codable, CustomStringConvertible {
    enum Kind: String, Sendable, Hashable, Codable {
        case previous, next, nearest
    }

    let kind: Kind

    /// To the same time on the last business day before it.
    public static let previous = BusinessDayShift(kind: .previous)
    /// To the same time on the first business day after it.
    public static let next = BusinessDayShift(kind: .next)
    /// To the same time on the nearest business day; to the later one of two equally near.
    public static let nearest = BusinessDayShift(kind: .nearest)

    /// The shift's name, as it stands in JSON: `previous`, `next` or `nearest`.
    public var description: String { kind.rawValue }

    init(kind: Kind) {
        self.kind = kind
    }

    /// Reads `previous`, `next` or `nearest`.
    public init(from decoder: any Decoder) throws {
        kind = try Kind(from: decoder)
    }

    /// Writes `previous`, `next` or `nearest`.
    public func encode(to encoder: any Encoder) throws {
        try kind.encode(to: encoder)
    }

    /// How far a business day is looked for, in days.
    private static let reach = 366

    /// The business day that a day is moved to: itself if it is one; `nil` if there is none within a year.
    func target(of day: Int, isBusinessDay: (Int) -> Bool) -> Int? {
        if isBusinessDay(day) { return day }
        for distance in 1...Self.reach {
            if kind != .previous, isBusinessDay(day &+ distance) { return day &+ distance }
            if kind != .next, isBusinessDay(day &- distance) { return day &- distance }
        }
        return nil
    }

    /// The days that are moved to a business day, itself among them: a range without gaps.
    func sources(of day: Int, isBusinessDay: (Int) -> Bool) -> ClosedRange<Int> {
        var first = day
        var last = day
        while day &- first < Self.reach, !isBusinessDay(first &- 1),
            target(of: first &- 1, isBusinessDay: isBusinessDay) == day
        {
            first &-= 1
        }
        while last &- day < Self.reach, !isBusinessDay(last &+ 1),
            target(of: last &+ 1, isBusinessDay: isBusinessDay) == day
        {
            last &+= 1
        }
        return first...last
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

    /// The three letters cron knows it by: `SUN`.
    public var abbreviation: String {
        ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"][rawValue]
    }
}
