import RotaTesting

extension ExpressionModel {
    /// Returns a random expression of 5, 6 or 7 fields in the standard dialect.
    static func random(_ random: inout SeededGenerator, fields count: Int? = nil) -> ExpressionModel {
        let count = count ?? random.pick([5, 5, 5, 6, 7])
        let second = count > 5 ? timeField(0...59, &random) : Field(text: "", values: [0])
        let minute = timeField(0...59, &random)
        let hour = timeField(0...23, &random)
        let month = random.chance(60) ? Field(text: "*", values: Set(1...12)) : monthField(&random)
        var days =
            random.chance(45) ? Field(text: random.pick(["*", "*", "?"]), values: Set(1...31)) : dayField(&random)
        var weekdays =
            random.chance(45) ? Field(text: random.pick(["*", "*", "?"]), values: Set(0...6)) : weekdayField(&random)
        var both = false
        if !days.isStar, !weekdays.isStar, random.chance(40) {
            both = true
            weekdays.text = "+" + weekdays.text
        }
        // Days that not every month has would make most combinations impossible.
        if days.values.isEmpty, days.rules.isEmpty { days = Field(text: "1", values: [1]) }
        var texts = [minute.text, hour.text, days.text, month.text, weekdays.text]
        if count > 5 { texts.insert(second.text, at: 0) }
        var years: Set<Int>?
        if count == 7 {
            let year = yearField(&random)
            texts.append(year.text)
            years = year.text == "*" ? nil : year.values
        }
        return ExpressionModel(
            text: texts.joined(separator: " "), seconds: second.values, minutes: minute.values, hours: hour.values,
            days: days, months: month.values, weekdays: weekdays, years: years, bothDays: both,
            isWildcard: minute.isStar || hour.isStar, hasSeconds: count > 5)
    }

    private static func timeField(_ range: ClosedRange<Int>, _ random: inout SeededGenerator) -> Field {
        switch random.int(0...9) {
        case 0...2: Field(text: "*", values: Set(range))
        case 3: step("*", range.lowerBound, range, &random)
        default: list(range, &random)
        }
    }

    private static func step(
        _ text: String, _ first: Int, _ range: ClosedRange<Int>, _ random: inout SeededGenerator
    ) -> Field {
        let step = random.int(1...(range.count + 5))
        return Field(text: "\(text)/\(step)", values: Set(stride(from: first, through: range.upperBound, by: step)))
    }

    /// Returns one to three elements: values, ranges (also wrapped around) and steps.
    private static func list(
        _ range: ClosedRange<Int>, wraps: Bool = true, name: (Int) -> String = { "\($0)" },
        _ random: inout SeededGenerator
    ) -> Field {
        var parts: [String] = []
        var values: Set<Int> = []
        for _ in 0..<random.int(1...3) {
            let first = random.int(range)
            let second = random.int(range)
            switch random.int(0...5) {
            case 0...2:
                parts.append(name(first))
                values.insert(first)
            case 3:
                let (lower, upper) = wraps || first <= second ? (first, second) : (second, first)
                parts.append("\(name(lower))-\(name(upper))")
                values.formUnion(around(lower, upper, range, 1))
            case 4:
                let (lower, upper) = wraps || first <= second ? (first, second) : (second, first)
                let step = random.int(1...7)
                parts.append("\(name(lower))-\(name(upper))/\(step)")
                values.formUnion(around(lower, upper, range, step))
            default:
                let field = step("\(first)", first, range, &random)
                parts.append(field.text)
                values.formUnion(field.values)
            }
        }
        return Field(text: parts.joined(separator: ","), values: values)
    }

    private static func around(_ lower: Int, _ upper: Int, _ range: ClosedRange<Int>, _ step: Int) -> Set<Int> {
        let upwards = Array(lower...(lower <= upper ? upper : range.upperBound))
        let whole = lower <= upper ? upwards : upwards + Array(range.lowerBound...upper)
        return Set(stride(from: 0, to: whole.count, by: step).map { whole[$0] })
    }

    private static func monthField(_ random: inout SeededGenerator) -> Field {
        let names = ["JAN", "feb", "Mar", "APR", "may", "Jun", "JUL", "aug", "Sep", "OCT", "nov", "Dec"]
        let named = random.chance(30)
        return list(1...12, name: { named ? names[$0 - 1] : "\($0)" }, &random)
    }

    private static func yearField(_ random: inout SeededGenerator) -> Field {
        guard !random.chance(40) else { return Field(text: "*", values: []) }
        var parts: [String] = []
        var values: Set<Int> = []
        for _ in 0..<random.int(1...3) {
            let (first, length, step) = (random.int(1990...2060), random.int(0...60), random.int(1...9))
            switch random.int(0...2) {
            case 0:
                parts.append("\(first)")
                values.insert(first)
            case 1:
                parts.append("\(first)-\(first + length)/\(step)")
                values.formUnion(stride(from: first, through: first + length, by: step))
            default:
                parts.append("\(first)/\(step)")
                values.formUnion(stride(from: first, through: 2225, by: step))
            }
        }
        return Field(text: parts.joined(separator: ","), values: values)
    }

    private static func dayField(_ random: inout SeededGenerator) -> Field {
        if random.chance(12) { return step("*", 1, 1...31, &random) }
        guard random.chance(35) else { return list(1...31, &random) }
        var field = random.chance(40) ? list(1...31, &random) : Field(text: "", values: [])
        for _ in 0..<random.int(1...2) {
            let (text, rule) = specialDay(&random)
            field.text += (field.text.isEmpty ? "" : ",") + text
            field.rules.append(rule)
        }
        return field
    }

    private static func specialDay(_ random: inout SeededGenerator) -> (String, DayRule) {
        func nearest(_ day: Int, _ length: Int, _ weekday: (Int) -> Int) -> Int {
            // Find the nearest day from Monday to Friday by trying distances within the month.
            for distance in 0...3 {
                for candidate in [day - distance, day + distance] where 1...length ~= candidate {
                    if 1...5 ~= weekday(candidate) { return candidate }
                }
            }
            return day
        }
        func weekday(_ day: Day) -> (Int) -> Int {
            { (((day.weekday + $0 - day.day) % 7) + 7) % 7 }
        }
        let number = random.int(1...31)
        let distance = random.int(0...9)
        switch random.int(0...4) {
        case 0: return ("L", { $0.day == $0.length })
        case 1: return ("L-\(distance)", { $0.day == $0.length - distance })
        case 2: return ("LW", { $0.day == nearest($0.length, $0.length, weekday($0)) })
        case 3:
            return ("L-\(distance)W", { $0.day == nearest($0.length - distance, $0.length, weekday($0)) })
        default:
            return ("\(number)W", { number <= $0.length && $0.day == nearest(number, $0.length, weekday($0)) })
        }
    }

    private static func weekdayField(_ random: inout SeededGenerator) -> Field {
        if random.chance(10) { return step("*", 0, 0...6, &random) }
        let names = ["SUN", "mon", "Tue", "WED", "thu", "Fri", "SAT"]
        let named = random.chance(30)
        func name(_ weekday: Int) -> String { named ? names[weekday] : "\(weekday)" }
        if random.chance(10) { return Field(text: "7", values: [0]) }
        if random.chance(10) { return Field(text: "5-7", values: [5, 6, 0]) }
        guard random.chance(30) else { return list(0...6, name: name, &random) }
        var field = random.chance(30) ? list(0...6, name: name, &random) : Field(text: "", values: [])
        let weekday = random.int(0...6)
        let count = random.int(1...5)
        if random.chance(40) {
            field.text += (field.text.isEmpty ? "" : ",") + name(weekday) + "L"
            field.rules.append { $0.weekday == weekday && $0.day + 7 > $0.length }
        } else {
            field.text += (field.text.isEmpty ? "" : ",") + name(weekday) + "#\(count)"
            field.rules.append { $0.weekday == weekday && ($0.day + 6) / 7 == count }
        }
        return field
    }
}
