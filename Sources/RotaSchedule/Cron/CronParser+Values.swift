extension CronParser {
    /// Reads a number in the field's range, or one of the field's names.
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
        while isLetter(current) { cursor += 1 }
        if let index = nameIndex(start..<cursor, field) { return index + allowed.lowerBound }
        // "FRIL" is a weekday's name with the suffix L.
        if field == .dayOfWeek, cursor - start == 4, bytes[cursor - 1] | 0x20 == UInt8(ascii: "l"),
            let index = nameIndex(start..<cursor - 1, field)
        {
            cursor -= 1
            return index + allowed.lowerBound
        }
        throw unknownName(start..<cursor, field)
    }

    /// Returns the index of the field's name at a range of bytes, in upper or lower case.
    ///
    /// The three letters are compared as one number, one byte each: setting bit 0x20 makes a letter lower case.
    private func nameIndex(_ range: Range<Int>, _ field: CronField) -> Int? {
        guard range.count == 3 else { return nil }
        let code =
            UInt32(bytes[range.lowerBound] | 0x20) << 16 | UInt32(bytes[range.lowerBound + 1] | 0x20) << 8
            | UInt32(bytes[range.lowerBound + 2] | 0x20)
        if field == .dayOfWeek {
            switch code {
            case 0x73_75_6E: return 0  // sun
            case 0x6D_6F_6E: return 1  // mon
            case 0x74_75_65: return 2  // tue
            case 0x77_65_64: return 3  // wed
            case 0x74_68_75: return 4  // thu
            case 0x66_72_69: return 5  // fri
            case 0x73_61_74: return 6  // sat
            default: return nil
            }
        }
        guard field == .month else { return nil }
        switch code {
        case 0x6A_61_6E: return 0  // jan
        case 0x66_65_62: return 1  // feb
        case 0x6D_61_72: return 2  // mar
        case 0x61_70_72: return 3  // apr
        case 0x6D_61_79: return 4  // may
        case 0x6A_75_6E: return 5  // jun
        case 0x6A_75_6C: return 6  // jul
        case 0x61_75_67: return 7  // aug
        case 0x73_65_70: return 8  // sep
        case 0x6F_63_74: return 9  // oct
        case 0x6E_6F_76: return 10  // nov
        case 0x64_65_63: return 11  // dec
        default: return nil
        }
    }

    /// Adds the values lower, lower + step, … to the field.
    ///
    /// The range wraps around if `upper` is the smaller end.
    mutating func insert(_ lower: Int, _ upper: Int, step: Int, _ field: CronField) {
        if field == .year {
            var years = pattern.years ?? CronPattern.Years()
            var year = lower
            while year <= upper {
                years.insert(year)
                year += step
            }
            pattern.years = years
            return
        }
        let stored = field.stored
        // Quartz counts weekdays from 1. In the other dialects, 7 is Sunday again.
        let shift = field == .dayOfWeek && dialect == .quartz ? 1 : 0
        let size = stored.count
        var first = lower - shift
        var last = upper - shift
        if last < first { last += size }
        if field == .dayOfWeek, first == 7 {
            first = 0
            last = upper == 7 ? 0 : upper
        }
        var mask: UInt64 = 0
        if step == 1, last <= stored.upperBound {
            mask = (~0 >> UInt64(63 - (last - first))) << UInt64(first)
        } else {
            var number = first
            while number <= last {
                mask |= 1 << UInt64(number > stored.upperBound ? number - size : number)
                number += step
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
