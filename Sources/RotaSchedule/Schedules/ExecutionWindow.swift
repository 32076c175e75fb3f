public import Foundation
import RotaCore

/// The times at which a due run may start, as a cron expression on a zone's wall clock.
///
/// A run that falls due outside the window waits for its next opening.
public struct ExecutionWindow: Sendable, Hashable {
    /// The expression whose times are inside the window.
    public let expression: CronExpression
    /// The identifier of the zone whose wall clock the expression is read on.
    public let zone: String

    /// A window.
    ///
    /// - Parameters:
    ///   - text: a cron expression; with five fields every second of a matching minute is inside.
    ///   - zone: the IANA identifier of the zone.
    ///   - dialect: the rules to read the text by.
    /// - Throws: ``ScheduleError`` if the text is no expression with fields, or the zone is not in the database.
    public init(
        _ text: String, in zone: String = "UTC", dialect: CronDialect = .standard
    ) throws(ScheduleError) {
        do {
            expression = try CronExpression(text, dialect: dialect)
        } catch {
            throw ScheduleError(error)
        }
        guard expression.period == nil else {
            throw ScheduleError(
                .cron, value: text, message: "A window needs cron fields; \(text) has none.")
        }
        do {
            _ = try TimeZoneDatabase.system.table(zone)
        } catch {
            throw ScheduleError(.timeZone, value: zone, message: error.message)
        }
        self.zone = zone
    }

    /// Whether a run may start at an instant: whether the wall clock then reads a time of the window.
    public func contains(_ instant: Date) -> Bool {
        guard var second = WholeSeconds.floor(instant), let table = try? TimeZoneDatabase.system.table(zone)
        else { return false }
        second &+= table.span(at: second).offset
        if !expression.pattern.flags.contains(.hasSeconds) { second = second.floorDivided(by: 60) &* 60 }
        return expression.pattern.matches(local: second)
    }

    /// The instant at which a run that is due may start: itself inside the window, or the next opening.
    ///
    /// - Returns: `nil` if the window never opens again.
    public func nextOpening(from instant: Date) -> Date? {
        if contains(instant) { return instant }
        guard let second = WholeSeconds.floor(instant), let table = try? TimeZoneDatabase.system.table(zone)
        else { return nil }
        // Whatever the wall clock reads is inside or outside: nothing is added in a gap, both passes count.
        return expression.next(
            from: second &+ 1, in: table, daylightSaving: .missing(.skip, repeated: .both))
    }
}

extension ExecutionWindow: Codable {
    private enum Key: String, CodingKey {
        case cron, timezone, dialect
    }

    /// Reads an object of `cron`, `timezone` and `dialect`.
    /// - Throws: `DecodingError` that carries the text of the error.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        do {
            try self.init(
                try container.decode(String.self, forKey: .cron),
                in: try container.decodeIfPresent(String.self, forKey: .timezone) ?? "UTC",
                dialect: try container.decodeIfPresent(CronDialect.self, forKey: .dialect) ?? .standard)
        } catch let error as ScheduleError {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: error.description, underlyingError: error))
        }
    }

    /// Writes an object of `cron`, `timezone` and, where it is not the standard one, `dialect`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(expression.source, forKey: .cron)
        try container.encode(zone, forKey: .timezone)
        if expression.dialect != .standard { try container.encode(expression.dialect, forKey: .dialect) }
    }
}
