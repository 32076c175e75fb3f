extension ScheduleCalendar {
    /// How far a search goes: the calendar of days repeats itself after 400 years.
    private static let reach = 146_097

    /// Whether a whole day, as a number since 1970-01-01, is in the calendar.
    func contains(day: Int) -> Bool {
        if weekdays >> UInt8(CivilDate.weekday(ofDay: day)) & 1 == 1 { return true }
        if !dates.isEmpty, let index = index(ofDateFrom: day), dates[index] == day { return true }
        guard !annual.isEmpty else { return false }
        let date = CivilDate(daysSinceEpoch: day)
        return annual.contains(date.month * 32 + date.day)
    }

    /// Whether a wall-clock reading is in the calendar.
    func contains(local: Int64) -> Bool {
        contains(day: Int(local.floorDivided(by: 86_400))) || expressions.contains { $0.pattern.covers(local: local) }
    }

    /// How many stretches inside the calendar a search for a reading outside looks past before it stops for breath.
    private static let stretches = 100

    /// The first reading at or after one that is in the calendar, or is not.
    ///
    /// A search for one that is not may stop early, at a reading before which all others are in the calendar.
    func nextLocal(from local: Int64, inside: Bool) -> Int64? {
        inside ? nextInside(local) : nextOutside(local)
    }

    /// The last reading at or before one that is in the calendar, or is not.
    ///
    /// A search for one that is not may stop early, at a reading after which all others are in the calendar.
    func previousLocal(from local: Int64, inside: Bool) -> Int64? {
        inside ? previousInside(local) : previousOutside(local)
    }

    private func index(ofDateFrom day: Int) -> Int? {
        var (lower, upper) = (0, dates.count)
        while lower < upper {
            let middle = (lower + upper) / 2
            if dates[middle] < day { lower = middle + 1 } else { upper = middle }
        }
        return lower < dates.count ? lower : nil
    }

    private func nextInside(_ local: Int64) -> Int64? {
        if contains(local: local) { return local }
        let day = Int(local.floorDivided(by: 86_400))
        var best: Int64?
        if weekdays != 0 || !annual.isEmpty {
            let found = (day + 1...day + Self.reach).first { contains(day: $0) }
            best = found.map { Int64($0) * 86_400 }
        } else if let index = index(ofDateFrom: day) {
            best = Int64(dates[index]) * 86_400
        }
        for expression in expressions {
            guard let found = expression.pattern.nextLocal(from: local) else { continue }
            best = min(best ?? found, found)
        }
        return best
    }

    private func previousInside(_ local: Int64) -> Int64? {
        if contains(local: local) { return local }
        let day = Int(local.floorDivided(by: 86_400))
        var best: Int64?
        if weekdays != 0 || !annual.isEmpty {
            let found = (1...Self.reach).first { contains(day: day - $0) }
            best = found.map { Int64(day - $0) * 86_400 + 86_399 }
        } else if let last = dates.last(where: { $0 < day }) {
            best = Int64(last) * 86_400 + 86_399
        }
        for expression in expressions {
            guard var found = expression.pattern.previousLocal(from: local) else { continue }
            if !expression.pattern.flags.contains(.hasSeconds) { found += 59 }
            best = max(best ?? found, found)
        }
        return best
    }

    private func nextOutside(_ local: Int64) -> Int64? {
        var local = local
        for _ in 0..<Self.stretches {
            let day = local.floorDivided(by: 86_400)
            if weekdays == 0x7F {
                return nil
            } else if contains(day: Int(day)) {
                local = (day + 1) * 86_400
            } else if let covering = expressions.first(where: { $0.pattern.covers(local: local) }) {
                local = covering.pattern.nextUncovered(after: local)
            } else {
                return local
            }
        }
        return local
    }

    private func previousOutside(_ local: Int64) -> Int64? {
        var local = local
        for _ in 0..<Self.stretches {
            let day = local.floorDivided(by: 86_400)
            if weekdays == 0x7F {
                return nil
            } else if contains(day: Int(day)) {
                local = day * 86_400 - 1
            } else if let covering = expressions.first(where: { $0.pattern.covers(local: local) }) {
                local = covering.pattern.previousUncovered(before: local)
            } else {
                return local
            }
        }
        return local
    }
}
