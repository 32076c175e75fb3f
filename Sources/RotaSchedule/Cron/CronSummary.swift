extension CronExpression {
    /// The expression in plain English, such as `At 09:30, Monday to Friday`.
    ///
    /// Times use a 24-hour clock. A working day is a day from Monday to Friday.
    public var summary: String {
        if let period { return "Every " + DurationText.words(.seconds(period)) }
        return ([pattern.timePhrase] + pattern.dayPhrases).joined(separator: ", ")
    }
}

/// English phrases for sets of numbers and lists of words.
enum CronPhrase {
    static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]

    /// Returns `a`, `a and b`, or `a, b and c`.
    static func list(_ words: [String], or: Bool = false) -> String {
        guard let last = words.last, words.count > 1 else { return words.first ?? "" }
        return words.dropLast().joined(separator: ", ") + (or ? " or " : " and ") + last
    }

    /// Returns sorted numbers as words, in which three or more consecutive ones are `a to b`.
    static func runs(_ numbers: [Int], _ word: (Int) -> String) -> [String] {
        var parts: [String] = []
        var index = 0
        while index < numbers.count {
            var end = index
            while end + 1 < numbers.count, numbers[end + 1] == numbers[end] + 1 { end += 1 }
            if end - index >= 2 {
                parts.append("\(word(numbers[index])) to \(word(numbers[end]))")
                index = end + 1
            } else {
                parts.append(word(numbers[index]))
                index += 1
            }
        }
        return parts
    }

    /// Returns the step of at least three numbers `first, first + step, …` that reach as far as `last` allows.
    static func step(_ numbers: [Int], upTo last: Int) -> Int? {
        guard numbers.count > 2 else { return nil }
        let step = numbers[1] - numbers[0]
        guard step > 1, zip(numbers, numbers.dropFirst()).allSatisfy({ $1 - $0 == step }), numbers[0] < step,
            numbers[numbers.count - 1] + step > last
        else { return nil }
        return step
    }

    /// Returns `1st`, `2nd`, `3rd`, `4th` and so on.
    static func ordinal(_ number: Int) -> String {
        switch (number % 100, number % 10) {
        case (11...13, _): "\(number)th"
        case (_, 1): "\(number)st"
        case (_, 2): "\(number)nd"
        case (_, 3): "\(number)rd"
        default: "\(number)th"
        }
    }

    /// Returns `09:30`, or `09:30:15` with a second other than 0.
    static func time(_ hour: Int, _ minute: Int, _ second: Int = 0) -> String {
        let parts = [hour, minute] + (second == 0 ? [] : [second])
        return parts.map { ($0 < 10 ? "0" : "") + "\($0)" }.joined(separator: ":")
    }

    /// Returns `minute` or `5 minutes`.
    static func counted(_ number: Int, _ unit: String) -> String {
        number == 1 ? unit : "\(number) \(unit)s"
    }
}

extension CronPattern {
    /// The time of day in English, such as `At 09:30` or `Every 5 minutes, from 09:00 to 17:59`.
    var timePhrase: String {
        let seconds = Array(Bits(seconds))
        let minutes = Array(Bits(minutes))
        let hours = Array(Bits(hours))
        if seconds.count * minutes.count * hours.count <= 6 {
            let times = hours.flatMap { hour in
                minutes.flatMap { minute in seconds.map { CronPhrase.time(hour, minute, $0) } }
            }
            return "At " + CronPhrase.list(times)
        }
        var parts = Self.phrase(seconds, minutes, hours)
        let first = parts.removeFirst()
        parts.insert(first.prefix(1).uppercased() + first.dropFirst(), at: 0)
        return parts.joined(separator: ", ")
    }

    private static func phrase(_ seconds: [Int], _ minutes: [Int], _ hours: [Int]) -> [String] {
        let minutePart = minutePhrase(minutes, hours, isWhole: seconds == [0])
        guard seconds != [0] else { return minutePart }
        let secondPart: String =
            if seconds.count == 60 {
                "every second"
            } else if let step = CronPhrase.step(seconds, upTo: 59), seconds[0] == 0, 60 % step == 0 {
                "every \(step) seconds"
            } else {
                (seconds.count == 1 ? "at second " : "at seconds ")
                    + CronPhrase.list(CronPhrase.runs(seconds) { "\($0)" })
            }
        if minutes.count == 60, hours.count == 24 {
            return seconds.count == 60 || secondPart.hasPrefix("every")
                ? [secondPart] : [secondPart + " of every minute"]
        }
        if minutes.count == 60 { return [secondPart] + [hourPhrase(hours, everyMinute: true)] }
        return [secondPart] + minutePart
    }

    /// Returns the minutes in English.
    ///
    /// If the seconds are not just 0 (`isWhole`), minute 0 is not "every hour".
    private static func minutePhrase(_ minutes: [Int], _ hours: [Int], isWhole: Bool) -> [String] {
        let everyHour = hours.count == 24
        if minutes.count == 60 {
            return ["every minute"] + (everyHour ? [] : [hourPhrase(hours, everyMinute: true)])
        }
        if let step = CronPhrase.step(minutes, upTo: 59), minutes[0] == 0, 60 % step == 0 {
            return ["every \(step) minutes"] + (everyHour ? [] : [hourPhrase(hours, everyMinute: true)])
        }
        let hourStep = CronPhrase.step(hours, upTo: 23).flatMap { hours[0] == 0 && 24 % $0 == 0 ? $0 : nil }
        if minutes == [0], isWhole {
            if everyHour { return ["every hour"] }
            if let hourStep { return ["every \(hourStep) hours"] }
            return ["on the hour", hourPhrase(hours, everyMinute: false)]
        }
        let past =
            "at " + CronPhrase.list(CronPhrase.runs(minutes) { "\($0)" })
            + (minutes == [1] ? " minute" : " minutes") + " past "
        if everyHour { return [past + "every hour"] }
        if let hourStep { return [past + "the hour", "every \(hourStep) hours"] }
        return [past + "the hour", hourPhrase(hours, everyMinute: false)]
    }

    /// Returns the hours in English: `from 09:00 to 17:59` for a range, otherwise `during the hours of …`.
    private static func hourPhrase(_ hours: [Int], everyMinute: Bool) -> String {
        if let first = hours.first, let last = hours.last, hours.count == last - first + 1, hours.count > 1 {
            return "from \(CronPhrase.time(first, 0)) to \(CronPhrase.time(last, 59))"
        }
        if everyMinute, hours.count == 1 {
            return "from \(CronPhrase.time(hours[0], 0)) to \(CronPhrase.time(hours[0], 59))"
        }
        if let step = CronPhrase.step(hours, upTo: 23) {
            return "every \(step) hours from " + CronPhrase.time(hours[0], 0)
        }
        let names = CronPhrase.runs(hours) { CronPhrase.time($0, 0) }
        return (hours.count == 1 ? "during the hour of " : "during the hours of ") + CronPhrase.list(names)
    }
}

extension CronPattern {
    /// The days, months and years in English, such as `Monday to Friday` and `in June`.
    var dayPhrases: [String] {
        var parts: [String] = []
        let inMonth = monthDayPhrase
        let inWeek = weekdayPhrase
        switch (inMonth, inWeek) {
        case (let days?, let weekdays?):
            parts.append(daysIntersect ? "\(days) if it is \(weekdays.condition)" : "\(days) or \(weekdays.text)")
        // A field that allows every day only leaves the other in charge if a day must match both.
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

    /// The day-of-month field in English, or `nil` if it allows every day.
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

    /// The day-of-week field as a phrase and as a condition on a day, or `nil` if it allows every day.
    private var weekdayPhrase: (text: String, condition: String)? {
        let days = Array(Bits(weekdays))
        guard days.count < 7 else { return nil }
        // Start weeks on Monday, so that Saturday and Sunday are adjacent.
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
