extension CronPattern {
    /// Which days, months and years in English, each part without its comma: `Monday to Friday`, `in June`.
    var dayPhrases: [String] {
        var parts: [String] = []
        let inMonth = monthDayPhrase
        let inWeek = weekdayPhrase
        switch (inMonth, inWeek) {
        case (let days?, let weekdays?):
            parts.append(daysIntersect ? "\(days) if it is \(weekdays.condition)" : "\(days) or \(weekdays.text)")
        // A field that allows every day leaves the other in charge only where a day must satisfy both.
        case (let days?, nil): if daysIntersect { parts.append(days) }
        case (nil, let weekdays?): if daysIntersect { parts.append(weekdays.text) }
        case (nil, nil): break
        }
        let months = Array(Bits(months))
        if months.count < 12 {
            if let step = CronPhrase.step(months, upTo: 12), months[0] == 1 {
                parts.append("every \(step) months from January")
            } else {
                let names = CronPhrase.runs(months) { CronPhrase.months[$0 - 1] }
                parts.append((names.count == 1 && months.count > 1 ? "from " : "in ") + CronPhrase.list(names))
            }
        }
        if let years {
            let numbers = CronField.years.filter(years.contains)
            parts.append("in " + CronPhrase.list(CronPhrase.runs(numbers) { "\($0)" }))
        }
        return parts
    }

    /// The day-of-month field, or `nil` where it allows every day.
    private var monthDayPhrase: String? {
        let days = Array(Bits(days))
        guard days.count < 31 else { return nil }
        var parts: [String] = []
        if let step = CronPhrase.step(days, upTo: 31), days[0] == 1 {
            parts.append("every \(step) days from day 1 of the month")
        } else if !days.isEmpty {
            let names = CronPhrase.list(CronPhrase.runs(days) { "\($0)" })
            parts.append((days.count == 1 ? "day " : "days ") + names + " of the month")
        }
        parts += Bits(nearestWeekdays).map { "the working day nearest day \($0) of the month" }
        parts += Bits(daysFromEnd).map(Self.fromEnd)
        parts += Bits(nearestWeekdaysFromEnd).map {
            $0 == 0 ? "the last working day of the month" : "the working day nearest " + Self.fromEnd($0)
        }
        guard !parts.isEmpty else { return nil }
        return (parts[0].hasPrefix("every") ? "" : "on ") + CronPhrase.list(parts)
    }

    private static func fromEnd(_ distance: Int) -> String {
        switch distance {
        case 0: "the last day of the month"
        case 1: "the day before the last of the month"
        default: "the \(CronPhrase.ordinal(distance)) day before the last of the month"
        }
    }

    /// The day-of-week field as a phrase and as a condition on a day, or `nil` where it allows every day.
    private var weekdayPhrase: (text: String, condition: String)? {
        let days = Array(Bits(weekdays))
        guard days.count < 7 else { return nil }
        // Weeks read from Monday, so that Saturday and Sunday stand together.
        let order = days.map { ($0 + 6) % 7 }.sorted()
        let names = CronPhrase.runs(order) { CronPhrase.weekdays[($0 + 1) % 7] }
        let counts = ["first", "second", "third", "fourth", "fifth"]
        var counted = Bits(nthWeekdays).map { "the \(counts[$0 / 7]) \(CronPhrase.weekdays[$0 % 7]) of the month" }
        counted += Bits(lastWeekdays).map { "the last \(CronPhrase.weekdays[$0]) of the month" }
        let condition = CronPhrase.list(names.map { (order.count == 1 ? "a " : "") + $0 } + counted, or: true)
        guard !counted.isEmpty else {
            let isRange = names.count == 1 && days.count > 1
            return (isRange ? names[0] : "on " + CronPhrase.list(names), condition)
        }
        return ("on " + CronPhrase.list(names + counted), condition)
    }
}
