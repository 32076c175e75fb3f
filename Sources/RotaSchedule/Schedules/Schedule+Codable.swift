import Foundation
import RotaCore

extension Schedule: Codable {
    enum Key: String, CodingKey {
        case cron, dialect, hashSeed, timezone, daylightSaving
        case every, afterCompletion, anchor, once, immediately, union
        case start, end, maximumRuns, calendars, businessDays, smoothing
        // Read, never written: the spellings of scheduling services.
        case everyMinutes = "every_n_minutes"
        case cronExpression = "cron_expr"
        case runAt = "run_at"
        case text = "schedule"
        case textKind = "schedule_type"
    }

    /// Reads the form that ``encode(to:)`` writes, and the spellings of scheduling services.
    ///
    /// These are `every_n_minutes` (1–1440), `cron_expr`, `run_at` (ISO 8601), and `schedule` with any text that
    /// ``parse(_:in:dialect:)`` reads, beside which `schedule_type` may say `interval`, `cron` or `once`. A number in
    /// place of a duration's text is in seconds. Without `timezone` the zone is UTC.
    /// - Throws: `DecodingError` that carries the text of the cron or schedule error.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let kinds: [Key] = [
            .cron, .every, .afterCompletion, .once, .immediately, .union, .everyMinutes, .cronExpression, .runAt, .text,
        ].filter { container.contains($0) && (try? container.decodeNil(forKey: $0)) == false }
        guard let kind = kinds.first, kinds.count == 1 else {
            throw Self.corrupted(
                decoder.codingPath,
                "A schedule has exactly one of cron, every, afterCompletion, once, immediately and union; "
                    + "this one has \(kinds.isEmpty ? "none" : kinds.map(\.rawValue).joined(separator: " and ")).")
        }
        switch kind {
        case .cron, .cronExpression, .everyMinutes, .text: self = try Self.checked(kind, container)
        case .every:
            self = .every(
                try container.duration(.every), anchor: try container.instantIfPresent(.anchor))
        case .afterCompletion:
            self = Schedule(
                .afterCompletion(
                    try container.duration(.afterCompletion), anchor: try container.instantIfPresent(.anchor)))
        case .once, .runAt: self = .once(at: try container.instant(kind))
        case .immediately:
            let plain = try? container.decode(Bool.self, forKey: .immediately)
            self = Schedule(.immediately(plain == true ? nil : try container.instant(.immediately)))
        default:
            self = .union(try container.decode([Schedule].self, forKey: .union))
        }
        limits = try Limits(container)
        do {
            try validate()
        } catch {
            throw Self.corrupted(decoder.codingPath, error.description, error)
        }
    }

    /// Decodes a cron expression with everything that may stand beside it.
    private static func checked(_ kind: Key, _ container: KeyedDecodingContainer<Key>) throws -> Schedule {
        let zone = try container.decodeIfPresent(String.self, forKey: .timezone) ?? "UTC"
        let dialect = try container.decodeIfPresent(CronDialect.self, forKey: .dialect) ?? .standard
        do {
            if kind == .everyMinutes {
                return try .everyMinutes(
                    try container.decode(Int.self, forKey: kind), anchor: try container.instantIfPresent(.anchor))
            }
            let text = try container.decode(String.self, forKey: kind)
            let daylightSaving =
                try container.decodeIfPresent(DaylightSavingPolicy.self, forKey: .daylightSaving) ?? .automatic
            let hashSeed = try container.decodeIfPresent(String.self, forKey: .hashSeed)
            let anchor = try container.instantIfPresent(.anchor)
            if kind == .text {
                let schedule = try Schedule.parse(
                    text, in: zone, dialect: dialect, daylightSaving: daylightSaving, hashSeed: hashSeed)
                if let wanted = try container.decodeIfPresent(String.self, forKey: .textKind) {
                    try schedule.check(isOf: wanted, text)
                }
                return anchor.map(schedule.anchored) ?? schedule
            }
            let schedule = try Schedule.cron(
                text, in: zone, dialect: dialect, daylightSaving: daylightSaving, hashSeed: hashSeed)
            return anchor.map(schedule.anchored) ?? schedule
        } catch let error as ScheduleError {
            throw corrupted(container.codingPath, error.description, error)
        }
    }

    private func check(isOf kind: String, _ text: String) throws(ScheduleError) {
        switch (rule, kind) {
        case (.every, "interval"), (.cron, "cron"), (.every, "cron"), (.once, "once"), (.immediately, "once"): return
        default:
            throw ScheduleError(
                .ambiguous, value: text, message: "\"\(text)\" is not a schedule of the kind \"\(kind)\".")
        }
    }

    private static func corrupted(
        _ path: [any CodingKey], _ text: String, _ error: (any Error)? = nil
    ) -> DecodingError {
        .dataCorrupted(.init(codingPath: path, debugDescription: text, underlyingError: error))
    }

    /// Encodes the rule under its name, with the other values only if they are set.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        switch rule {
        case .cron(let expression, let zone, let daylightSaving):
            try container.encode(expression.source, forKey: .cron)
            try container.encode(zone, forKey: .timezone)
            if expression.dialect != .standard { try container.encode(expression.dialect, forKey: .dialect) }
            try container.encodeIfPresent(expression.hashSeed, forKey: .hashSeed)
            if daylightSaving != .automatic { try container.encode(daylightSaving, forKey: .daylightSaving) }
        case .every(let interval, let anchor):
            try container.encode(interval, .every)
            try anchor.map { try container.encode($0, .anchor) }
        case .afterCompletion(let delay, let anchor):
            try container.encode(delay, .afterCompletion)
            try anchor.map { try container.encode($0, .anchor) }
        case .once(let instant):
            try container.encode(instant, .once)
        case .immediately(let instant):
            if let instant {
                try container.encode(instant, .immediately)
            } else {
                try container.encode(true, forKey: .immediately)
            }
        case .union(let schedules):
            try container.encode(schedules, forKey: .union)
        }
        try limits?.encode(to: &container)
    }
}

extension KeyedDecodingContainer {
    /// Decodes a duration such as `"15m"`, or a number of seconds.
    func duration(_ key: Key) throws -> Duration {
        if let seconds = try? decode(Double.self, forKey: key), abs(seconds) < 1e10 {
            return .milliseconds(Int64((seconds * 1_000).rounded()))
        }
        let text = try decode(String.self, forKey: key)
        guard let duration = DurationText.parse(text) else {
            throw DecodingError.dataCorruptedError(
                forKey: key, in: self,
                debugDescription: "\"\(text)\" is not a duration; write one such as 90s, 15m or 1h30m.")
        }
        return duration
    }

    /// Decodes an ISO 8601 date.
    func instant(_ key: Key) throws -> Date {
        let text = try decode(String.self, forKey: key)
        guard let instant = ISO8601.parse(text) else {
            throw DecodingError.dataCorruptedError(
                forKey: key, in: self,
                debugDescription: "\"\(text)\" is not an ISO 8601 instant; write one such as 2026-03-15T10:00:00Z.")
        }
        return instant
    }

    /// Decodes an ISO 8601 date, or returns `nil` if it is missing or null.
    func instantIfPresent(_ key: Key) throws -> Date? {
        guard contains(key), try !decodeNil(forKey: key) else { return nil }
        return try instant(key)
    }
}

extension KeyedEncodingContainer {
    /// Encodes a duration such as `"15m"`.
    mutating func encode(_ duration: Duration, _ key: Key) throws {
        guard let text = DurationText.text(duration) else {
            throw EncodingError.invalidValue(
                duration,
                .init(codingPath: codingPath + [key], debugDescription: "\(duration) is not of whole milliseconds."))
        }
        try encode(text, forKey: key)
    }

    /// Encodes an ISO 8601 date.
    mutating func encode(_ instant: Date, _ key: Key) throws {
        guard let text = ISO8601.text(instant) else {
            throw EncodingError.invalidValue(
                instant,
                .init(codingPath: codingPath + [key], debugDescription: "The instant lies outside the years 1–9999."))
        }
        try encode(text, forKey: key)
    }
}
