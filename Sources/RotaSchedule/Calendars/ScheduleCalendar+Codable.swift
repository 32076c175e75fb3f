extension ScheduleCalendar: Codable {
    private enum Key: String, CodingKey {
        case dates, annual, weekdays, cron
    }

    /// Reads an object of `dates`, `annual`, `weekdays` (`SUN` … `SAT`) and `cron`, each a list that may be missing.
    /// - Throws: `DecodingError` that carries the text of the error.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        do {
            var calendar = try Self.dates(try container.decodeIfPresent([String].self, forKey: .dates) ?? [])
            calendar = calendar.union(
                try .annual(try container.decodeIfPresent([String].self, forKey: .annual) ?? []))
            let names = try container.decodeIfPresent([String].self, forKey: .weekdays) ?? []
            for name in names {
                guard let weekday = Weekday.allCases.first(where: { $0.abbreviation == name.uppercased() }) else {
                    throw ScheduleError(
                        .calendar, value: name, message: "\"\(name)\" is not a weekday; write SUN, MON … SAT.")
                }
                calendar = calendar.union(.weekdays([weekday]))
            }
            for expression in try container.decodeIfPresent([CronExpression].self, forKey: .cron) ?? [] {
                calendar = calendar.union(try .cron(expression))
            }
            self = calendar
        } catch let error as ScheduleError {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: error.description, underlyingError: error))
        }
    }

    /// Writes the lists that are not empty.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        if !dates.isEmpty { try container.encode(dateTexts, forKey: .dates) }
        if !annual.isEmpty { try container.encode(annualTexts, forKey: .annual) }
        let names = Weekday.allCases.filter { weekdays >> UInt8($0.rawValue) & 1 == 1 }.map(\.abbreviation)
        if !names.isEmpty { try container.encode(names, forKey: .weekdays) }
        if !expressions.isEmpty { try container.encode(expressions, forKey: .cron) }
    }

    private var dateTexts: [String] {
        dates.map { String(LocalTime(seconds: Int64($0) * 86_400).description.prefix(10)) }
    }

    private var annualTexts: [String] {
        annual.map { number in
            [number / 32, number % 32].map { ($0 < 10 ? "0" : "") + "\($0)" }.joined(separator: "-")
        }
    }
}
