/// One of the columns of a cron expression.
enum CronField: Int, Sendable, Hashable {
    case second, minute, hour, dayOfMonth, month, dayOfWeek, year

    /// The field's name in messages.
    var name: String {
        switch self {
        case .second: "second"
        case .minute: "minute"
        case .hour: "hour"
        case .dayOfMonth: "day of month"
        case .month: "month"
        case .dayOfWeek: "day of week"
        case .year: "year"
        }
    }

    /// The years a seventh field may name.
    static let years = 1970...2225

    /// The numbers a person may write; weekdays are 0–7, and 1–7 where Sunday is 1 (Quartz).
    func written(sundayIsOne: Bool) -> ClosedRange<Int> {
        switch self {
        case .second, .minute: 0...59
        case .hour: 0...23
        case .dayOfMonth: 1...31
        case .month: 1...12
        case .dayOfWeek: sundayIsOne ? 1...7 : 0...7
        case .year: Self.years
        }
    }

    /// The numbers the compiled pattern holds: a weekday counts from Sunday = 0, a year from the first supported one.
    var stored: ClosedRange<Int> {
        switch self {
        case .second, .minute: 0...59
        case .hour: 0...23
        case .dayOfMonth: 1...31
        case .month: 1...12
        case .dayOfWeek: 0...6
        case .year: 0...(Self.years.count - 1)
        }
    }

    /// The three-letter names a field has, in the order of their numbers.
    var names: [String] {
        switch self {
        case .month: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
        case .dayOfWeek: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
        default: []
        }
    }
}
