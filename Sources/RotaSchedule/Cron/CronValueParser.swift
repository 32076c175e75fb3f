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

extension CronParser {
    /// A number in the field's range, or one of its names.
    mutating func value(_ field: CronField) throws(CronParser.Failure) -> Int {
        let start = cursor
        let allowed = written(field)
        if let number = number() {
            guard allowed.contains(number) else {
                throw CronParser.Failure(
                    .outOfRange, at: start..<cursor, in: field,
                    found: text(start..<cursor) + (number > allowed.upperBound ? " is too large" : " is too small"),
                    expected: "\(allowed.lowerBound)–\(allowed.upperBound)", hint: rangeHint(field, number))
            }
            return number
        }
        guard isLetter(current) else { throw unexpected(field, expected: expectation(field)) }
        while isLetter(current) { cursor &+= 1 }
        if let index = nameIndex(start..<cursor, field) { return index &+ allowed.lowerBound }
        // "FRIL": a weekday's name before the suffix.
        if field == .dayOfWeek, cursor &- start == 4, bytes[cursor &- 1] | 0x20 == UInt8(ascii: "l"),
            let index = nameIndex(start..<cursor &- 1, field)
        {
            cursor &-= 1
            return index &+ allowed.lowerBound
        }
        throw unknownName(start..<cursor, field)
    }

    /// Which of the field's names stands in a range of bytes, in any case.
    private func nameIndex(_ range: Range<Int>, _ field: CronField) -> Int? {
        guard range.count == 3 else { return nil }
        let code =
            UInt32(bytes[range.lowerBound] | 0x20) << 16 | UInt32(bytes[range.lowerBound &+ 1] | 0x20) << 8
            | UInt32(bytes[range.lowerBound &+ 2] | 0x20)
        if field == .dayOfWeek {
            switch code {
            case 0x73_75_6E: return 0
            case 0x6D_6F_6E: return 1
            case 0x74_75_65: return 2
            case 0x77_65_64: return 3
            case 0x74_68_75: return 4
            case 0x66_72_69: return 5
            case 0x73_61_74: return 6
            default: return nil
            }
        }
        guard field == .month else { return nil }
        switch code {
        case 0x6A_61_6E: return 0
        case 0x66_65_62: return 1
        case 0x6D_61_72: return 2
        case 0x61_70_72: return 3
        case 0x6D_61_79: return 4
        case 0x6A_75_6E: return 5
        case 0x6A_75_6C: return 6
        case 0x61_75_67: return 7
        case 0x73_65_70: return 8
        case 0x6F_63_74: return 9
        case 0x6E_6F_76: return 10
        case 0x64_65_63: return 11
        default: return nil
        }
    }

    /// Adds lower, lower + step, … up to `upper`, going round the end of the field where `upper` is the smaller.
    mutating func insert(_ lower: Int, _ upper: Int, step: Int, _ field: CronField) {
        if field == .year {
            var years = pattern.years ?? CronPattern.Years()
            var year = lower
            while year <= upper {
                years.insert(year)
                year &+= step
            }
            pattern.years = years
            return
        }
        let stored = field.stored
        // Weekdays are written from 1 in Quartz, and 7 is a second name of Sunday elsewhere.
        let shift = field == .dayOfWeek && dialect == .quartz ? 1 : 0
        let size = stored.count
        var first = lower &- shift
        var last = upper &- shift
        if last < first { last &+= size }
        if field == .dayOfWeek, first == 7 {
            first = 0
            last = upper == 7 ? 0 : upper
        }
        var mask: UInt64 = 0
        if step == 1, last <= stored.upperBound {
            mask = (~0 >> UInt64(63 &- (last &- first))) << UInt64(first)
        } else {
            var number = first
            while number <= last {
                mask |= 1 << UInt64(number > stored.upperBound ? number &- size : number)
                number &+= step
            }
        }
        add(mask, field)
    }

    private mutating func add(_ mask: UInt64, _ field: CronField) {
        switch field {
        case .second: pattern.seconds |= mask
        case .minute: pattern.minutes |= mask
        case .hour: pattern.hours |= mask
        case .dayOfMonth: pattern.days |= mask
        case .month: pattern.months |= mask
        case .dayOfWeek: pattern.weekdays |= mask
        case .year: break
        }
    }
}
