extension CronExpression {
    /// The canonical text, which reads back as an equal expression in the same dialect.
    ///
    /// Lists are sorted, three or more consecutive values become a range, names become numbers, and `H` is replaced by
    /// its values. A field that begins with `*` keeps it: the star decides how the two day fields combine and how the
    /// expression treats daylight saving.
    public var description: String {
        if let period { return "@every \(DurationText.text(.seconds(period)) ?? "\(period)s")" }
        var fields: [String] = []
        if pattern.flags.contains(.hasSeconds) { fields.append(Self.list(pattern.seconds, 0...59)) }
        fields.append(Self.list(pattern.minutes, 0...59, star: pattern.flags.contains(.starMinute)))
        fields.append(Self.list(pattern.hours, 0...23, star: pattern.flags.contains(.starHour)))
        let days = dayOfMonth
        let weekdays = dayOfWeek
        if dialect == .quartz {
            // Exactly one day field must be "?". It replaces the field that starts with a star.
            fields.append(weekdays == "*" ? days : "?")
            fields.append(Self.list(pattern.months, 1...12))
            fields.append(weekdays == "*" ? "?" : weekdays)
        } else {
            fields += [days, Self.list(pattern.months, 1...12), weekdays]
        }
        if let years = pattern.years { fields.append(Self.list(years)) }
        return fields.joined(separator: " ")
    }

    private var dayOfMonth: String {
        let star = pattern.flags.contains(.starDay)
        var parts: [String] = []
        if pattern.days != 0 { parts.append(Self.list(pattern.days, 1...31, star: star)) }
        parts += Bits(pattern.nearestWeekdays).map { "\($0)W" }
        parts += Bits(pattern.daysFromEnd).map { $0 == 0 ? "L" : "L-\($0)" }
        parts += Bits(pattern.nearestWeekdaysFromEnd).map { $0 == 0 ? "LW" : "L-\($0)W" }
        return parts.joined(separator: ",")
    }

    private var dayOfWeek: String {
        let star = pattern.flags.contains(.starWeekday)
        let shift = dialect == .quartz ? 1 : 0
        var parts: [String] = []
        if pattern.weekdays != 0 { parts.append(Self.list(pattern.weekdays, 0...6, star: star, shift: shift)) }
        parts += Bits(pattern.lastWeekdays).map { "\($0 + shift)L" }
        parts += Bits(pattern.nthWeekdays).map { "\($0 % 7 + shift)#\($0 / 7 + 1)" }
        return (pattern.flags.contains(.bothDays) ? "+" : "") + parts.joined(separator: ",")
    }

    /// Returns a mask as text: `*` where every value is set and a star is allowed, otherwise values, ranges and steps.
    private static func list(
        _ mask: UInt64, _ range: ClosedRange<Int>, star: Bool? = nil, shift: Int = 0
    ) -> String {
        let all = range.reduce(UInt64(0)) { $0 | 1 << UInt64($1) }
        if mask == all, star ?? true { return "*" }
        guard star == true else { return runs(Array(Bits(mask)).map { $0 + shift }) }
        // The field must start with a star again: find the smallest step that adds no value of its own.
        for step in 2...(range.count + 1) {
            let stepped = stride(from: range.lowerBound, through: range.upperBound, by: step)
                .reduce(UInt64(0)) { $0 | 1 << UInt64($1) }
            guard stepped & ~mask == 0 else { continue }
            let rest = Array(Bits(mask & ~stepped)).map { $0 + shift }
            return "*/\(step)" + (rest.isEmpty ? "" : "," + runs(rest))
        }
        return runs(Array(Bits(mask)).map { $0 + shift })
    }

    private static func list(_ years: CronPattern.Years) -> String {
        runs(CronField.years.filter(years.contains))
    }

    /// Returns sorted numbers as a list in which three or more consecutive ones are a range.
    private static func runs(_ numbers: [Int]) -> String {
        var parts: [String] = []
        var index = 0
        while index < numbers.count {
            var end = index
            while end + 1 < numbers.count, numbers[end + 1] == numbers[end] + 1 { end += 1 }
            if end - index >= 2 {
                parts.append("\(numbers[index])-\(numbers[end])")
                index = end + 1
            } else {
                parts.append("\(numbers[index])")
                index += 1
            }
        }
        return parts.joined(separator: ",")
    }
}

extension CronExpression: Codable {
    private enum Key: String, CodingKey {
        case cron, dialect, hashSeed
    }

    /// Decodes a string, or an object with `cron`, `dialect` and `hashSeed`.
    ///
    /// - Throws: `DecodingError` with the description of the syntax error.
    public init(from decoder: any Decoder) throws {
        let text: String
        var dialect = CronDialect.standard
        var seed: String?
        if let plain = try? decoder.singleValueContainer().decode(String.self) {
            text = plain
        } else {
            let container = try decoder.container(keyedBy: Key.self)
            text = try container.decode(String.self, forKey: .cron)
            dialect = try container.decodeIfPresent(CronDialect.self, forKey: .dialect) ?? .standard
            seed = try container.decodeIfPresent(String.self, forKey: .hashSeed)
        }
        do {
            try self.init(text, dialect: dialect, hashSeed: seed)
        } catch {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "\(error)", underlyingError: error))
        }
    }

    /// Encodes a string in the standard dialect without a seed, and an object otherwise.
    public func encode(to encoder: any Encoder) throws {
        if dialect == .standard, hashSeed == nil {
            var container = encoder.singleValueContainer()
            try container.encode(source)
            return
        }
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(source, forKey: .cron)
        if dialect != .standard { try container.encode(dialect, forKey: .dialect) }
        try container.encodeIfPresent(hashSeed, forKey: .hashSeed)
    }
}
