import Foundation

extension Schedule: Codable {
    private enum Key: String, CodingKey {
        case cron, dialect, hashSeed, timezone, daylightSaving
        case every, afterCompletion, anchor, once, immediately, union
        case start, end, maximumRuns, smoothing
    }

    private enum SmoothingKey: String, CodingKey {
        case window, key
    }

    /// Reads the form that ``encode(to:)`` writes.
    /// - Throws: `DecodingError` that carries the text of the cron or schedule error.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let kinds: [Key] = [.cron, .every, .afterCompletion, .once, .immediately, .union].filter(container.contains)
        guard let kind = kinds.first, kinds.count == 1 else {
            throw Self.corrupted(
                decoder.codingPath,
                "A schedule has exactly one of cron, every, afterCompletion, once, immediately and union; "
                    + "this one has \(kinds.isEmpty ? "none" : kinds.map(\.rawValue).joined(separator: " and ")).")
        }
        switch kind {
        case .cron: self = try Self.cron(container)
        case .every:
            self = .every(
                try container.duration(.every), anchor: try container.instantIfPresent(.anchor))
        case .afterCompletion:
            self = Schedule(
                .afterCompletion(
                    try container.duration(.afterCompletion), anchor: try container.instantIfPresent(.anchor)))
        case .once: self = .once(at: try container.instant(.once))
        case .immediately:
            let plain = try? container.decode(Bool.self, forKey: .immediately)
            self = Schedule(.immediately(plain == true ? nil : try container.instant(.immediately)))
        default:
            self = .union(try container.decode([Schedule].self, forKey: .union))
        }
        start = try container.instantIfPresent(.start)
        end = try container.instantIfPresent(.end)
        maximumRuns = try container.decodeIfPresent(Int.self, forKey: .maximumRuns)
        if container.contains(.smoothing) {
            let nested = try container.nestedContainer(keyedBy: SmoothingKey.self, forKey: .smoothing)
            smoothing = Smoothing(
                window: try nested.duration(.window), key: try nested.decode(String.self, forKey: .key))
        }
        do {
            try validate()
        } catch {
            throw Self.corrupted(decoder.codingPath, error.description, error)
        }
    }

    private static func cron(_ container: KeyedDecodingContainer<Key>) throws -> Schedule {
        do {
            return try .cron(
                try container.decode(String.self, forKey: .cron),
                in: try container.decodeIfPresent(String.self, forKey: .timezone) ?? "UTC",
                dialect: try container.decodeIfPresent(CronDialect.self, forKey: .dialect) ?? .standard,
                daylightSaving: try container.decodeIfPresent(DaylightSavingPolicy.self, forKey: .daylightSaving)
                    ?? .automatic,
                hashSeed: try container.decodeIfPresent(String.self, forKey: .hashSeed))
        } catch let error as ScheduleError {
            throw corrupted(container.codingPath, error.description, error)
        }
    }

    private static func corrupted(
        _ path: [any CodingKey], _ text: String, _ error: (any Error)? = nil
    ) -> DecodingError {
        .dataCorrupted(.init(codingPath: path, debugDescription: text, underlyingError: error))
    }

    /// Writes the rule under its name, and beside it only what is set.
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
        try start.map { try container.encode($0, .start) }
        try end.map { try container.encode($0, .end) }
        try container.encodeIfPresent(maximumRuns, forKey: .maximumRuns)
        if let smoothing {
            var nested = container.nestedContainer(keyedBy: SmoothingKey.self, forKey: .smoothing)
            try nested.encode(smoothing.window, .window)
            try nested.encode(smoothing.key, forKey: .key)
        }
    }
}
