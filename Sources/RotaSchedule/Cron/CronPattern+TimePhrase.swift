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

    /// Which minutes; beside seconds of its own (not `isWhole`) a minute 0 is one minute, not "every hour".
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

    /// Which hours: `from 09:00 to 17:59` for one run of them, else `during the hours of …`.
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
