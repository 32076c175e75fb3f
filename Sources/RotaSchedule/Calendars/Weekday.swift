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
