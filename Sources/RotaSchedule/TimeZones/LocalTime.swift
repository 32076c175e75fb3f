/// A reading of a wall clock: a date and a time of day, without a zone.
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

    /// A reading, or `nil` if no clock ever shows it.
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

    /// The reading some seconds after 1970-01-01T00:00:00 on the same clock.
    init(seconds: Int64) {
        let days = seconds.floorDivided(by: 86_400)
        let date = CivilDate(daysSinceEpoch: Int(days))
        let time = Int(seconds &- days &* 86_400)
        year = date.year
        month = date.month
        day = date.day
        hour = time / 3_600
        minute = time / 60 % 60
        second = time % 60
    }

    /// Seconds since 1970-01-01T00:00:00 on the same clock.
    var seconds: Int64 {
        Int64(CivilDate(year: year, month: month, day: day).daysSinceEpoch) &* 86_400
            &+ Int64(hour &* 3_600 &+ minute &* 60 &+ second)
    }

    /// The reading as ISO 8601 writes it: `2026-03-08T02:30:00`.
    public var description: String {
        func padded(_ number: Int, _ width: Int = 2) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return "\(padded(year, 4))-\(padded(month))-\(padded(day))T\(padded(hour)):\(padded(minute)):\(padded(second))"
    }
}
