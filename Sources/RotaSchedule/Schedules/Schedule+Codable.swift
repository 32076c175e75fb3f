package import Foundation
import RotaCore

extension Schedule: Codable {
    enum Key: String, CodingKey {
        case cron, dialect, hashSeed, timezone, daylightSaving
        case every, afterCompletion, anchor, once, immediately, union, onDemand
        case start, end, maximumRuns, calendars, weeks, businessDays, smoothing

        /// The keys of the rules, of which a schedule has exactly one.
        static let rules: [Key] = [.cron, .every, .afterCompletion, .once, .immediately, .union, .onDemand]
    }

    /// Decodes the form that ``encode(to:)`` writes.
    ///
    /// A duration may also be a number of seconds. The default of `timezone` is UTC.
    ///
    /// - Throws: `DecodingError` with the description of the ``ScheduleError``.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let present = Key.rules.filter { (try? container.decodeNil(forKey: $0)) == false }
        guard let key = present.first, present.count == 1 else {
            throw Self.corrupted(
                decoder.codingPath,
                "A schedule has exactly one of cron, every, afterCompletion, once, immediately, union and onDemand; "
                    + "this one has \(present.isEmpty ? "none" : present.map(\.rawValue).joined(separator: " and ")).")
        }
        switch key {
        case .cron:
            self = try Self.cron(container)
        case .every:
            self = .every(try container.duration(.every), anchor: try container.dateIfPresent(.anchor))
        case .afterCompletion:
            self = Schedule(
                .afterCompletion(try container.duration(key), anchor: try container.dateIfPresent(.anchor)))
        case .once:
            self = .once(at: try container.date(key))
        case .immediately:
            let isUnanchored = (try? container.decode(Bool.self, forKey: key)) == true
            self = Schedule(.immediately(isUnanchored ? nil : try container.date(key)))
        case .onDemand:
            guard try container.decode(Bool.self, forKey: key) else {
                throw Self.corrupted(decoder.codingPath + [key], "onDemand is true or left out.")
            }
            self = .onDemand
        default:
            self = .union(try container.decode([Schedule].self, forKey: .union))
        }
        limits = try Limits(container)
        do {
            if decoder.readsStoredValues { try validateValues() } else { try validate() }
        } catch {
            throw Self.corrupted(decoder.codingPath, error.description, error)
        }
    }

    /// Decodes a cron expression with all members that may come with it.
    private static func cron(_ container: KeyedDecodingContainer<Key>) throws -> Schedule {
        let text = try container.decode(String.self, forKey: .cron)
        let zone = try container.decodeIfPresent(String.self, forKey: .timezone) ?? "UTC"
        let dialect = try container.decodeIfPresent(CronDialect.self, forKey: .dialect) ?? .standard
        let daylightSaving = try container.decodeIfPresent(DaylightSavingPolicy.self, forKey: .daylightSaving)
        let hashSeed = try container.decodeIfPresent(String.self, forKey: .hashSeed)
        do {
            let schedule = try Schedule.stored(
                text, in: zone, dialect: dialect, daylightSaving: daylightSaving ?? .automatic, hashSeed: hashSeed)
            // "@every 5m" is an interval, which has an anchor.
            return try container.dateIfPresent(.anchor).map(schedule.anchored) ?? schedule
        } catch let error as ScheduleError {
            throw corrupted(container.codingPath, error.description, error)
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
        case .once(let date):
            try container.encode(date, .once)
        case .immediately(let date):
            if let date {
                try container.encode(date, .immediately)
            } else {
                try container.encode(true, forKey: .immediately)
            }
        case .union(let schedules):
            try container.encode(schedules, forKey: .union)
        case .onDemand:
            try container.encode(true, forKey: .onDemand)
        }
        try limits?.encode(to: &container)
    }
}

extension CodingUserInfoKey {
    /// The key under which `true` tells a decoder that it reads what was valid when it was stored.
    ///
    /// The zones of a stored job may be unknown to this machine, or their files damaged. Its store must open anyway.
    package static let isStored = CodingUserInfoKey(rawValue: "rota.isStored")
}

extension Decoder {
    /// Whether the decoder reads what was valid when it was stored.
    var readsStoredValues: Bool {
        CodingUserInfoKey.isStored.map { userInfo[$0] as? Bool == true } ?? false
    }
}

extension JSONDecoder {
    /// Lets the decoder read what was valid when it was stored, such as a time zone that this machine does not know.
    package func readStoredValues() {
        if let key = CodingUserInfoKey.isStored { userInfo[key] = true }
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
    func date(_ key: Key) throws -> Date {
        let text = try decode(String.self, forKey: key)
        guard let date = ISO8601.parse(text) else {
            throw DecodingError.dataCorruptedError(
                forKey: key, in: self,
                debugDescription: "\"\(text)\" is not an ISO 8601 date; write one such as 2026-03-15T10:00:00Z.")
        }
        return date
    }

    /// Decodes an ISO 8601 date, or returns `nil` if it is missing or null.
    func dateIfPresent(_ key: Key) throws -> Date? {
        guard contains(key), try !decodeNil(forKey: key) else { return nil }
        return try date(key)
    }
}

extension KeyedEncodingContainer {
    /// Encodes a duration such as `"15m"`.
    mutating func encode(_ duration: Duration, _ key: Key) throws {
        guard let text = DurationText.text(duration) else {
            throw EncodingError.invalidValue(
                duration,
                .init(
                    codingPath: codingPath + [key],
                    debugDescription:
                        "A duration must be in whole milliseconds, up to 100 years, not \(duration.exactText)."))
        }
        try encode(text, forKey: key)
    }

    /// Encodes an ISO 8601 date.
    mutating func encode(_ date: Date, _ key: Key) throws {
        guard let text = ISO8601.text(date) else {
            throw EncodingError.invalidValue(
                date, .init(codingPath: codingPath + [key], debugDescription: "The date is outside the years 1–9999."))
        }
        try encode(text, forKey: key)
    }
}

/// The schedules that most jobs have, in values that a store writes without JSON.
package enum PlainSchedule: Sendable, Hashable {
    /// A cron expression in the standard dialect, with automatic treatment of daylight saving.
    case cron(String, zone: String, hashSeed: String?)
    /// Equal intervals.
    case every(Duration, anchor: Date?)
    /// A single date.
    case once(Date)
}

extension Schedule {
    /// The schedule in plain values, or `nil` if it has limits, adjustments or a rarer rule, or if its values are out
    /// of their ranges.
    package var plain: PlainSchedule? {
        guard limits == nil, (try? validateValues()) != nil else { return nil }
        switch rule {
        case .cron(let expression, let zone, .automatic) where expression.dialect == .standard:
            return .cron(expression.source, zone: zone, hashSeed: expression.hashSeed)
        case .every(let interval, let anchor): return .every(interval, anchor: anchor)
        case .once(let date): return .once(date)
        default: return nil
        }
    }

    /// Creates a schedule from plain values that a store wrote.
    ///
    /// The zone may have been known only to the machine on which the schedule was made.
    ///
    /// - Throws: ``ScheduleError`` if a value is out of its range, or a text is not a cron expression.
    package init(stored plain: PlainSchedule) throws(ScheduleError) {
        switch plain {
        case .cron(let text, let zone, let hashSeed):
            self = try .stored(text, in: zone, dialect: .standard, daylightSaving: .automatic, hashSeed: hashSeed)
        case .every(let interval, let anchor): self = .every(interval, anchor: anchor)
        case .once(let date): self = .once(at: date)
        }
        try validateValues()
    }
}
