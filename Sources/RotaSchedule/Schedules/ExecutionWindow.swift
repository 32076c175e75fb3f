public import Foundation
import RotaCore

/// The times at which a due execution may start, as a cron expression on a zone's wall clock.
///
/// An execution that becomes due outside the window waits until the window opens.
///
/// ```swift
/// // Whole minutes from 22:00 to 05:59, Monday to Friday.
/// let window = try ExecutionWindow("* 22-23,0-5 * * 1-5", in: "Europe/Berlin")
/// let noon = Date(timeIntervalSince1970: 1_773_572_400)  // Sunday, 15 March 2026, 12:00 in Berlin
/// print(window.contains(noon))  // false
/// if let opening = window.nextOpening(from: noon) { print(opening) }  // 2026-03-15 23:00:00 +0000
/// ```
public struct ExecutionWindow: Sendable, Hashable {
    /// The expression that matches the times inside the window.
    public let expression: CronExpression
    /// The identifier of the zone whose wall clock the expression describes.
    public let zone: String

    /// Creates a window.
    ///
    /// - Parameters:
    ///   - text: A cron expression. With five fields, each matching minute is inside as a whole.
    ///   - zone: The IANA identifier of the zone.
    ///   - dialect: The dialect to read the text in.
    /// - Throws: ``ScheduleError`` if the text is not an expression with fields, or if the zone is unknown.
    public init(
        _ text: String, in zone: String = "UTC", dialect: CronDialect = .standard
    ) throws(ScheduleError) {
        try self.init(stored: text, in: zone, dialect: dialect)
        try checkZone()
    }

    /// Creates a window in a zone that need not be known.
    private init(stored text: String, in zone: String, dialect: CronDialect) throws(ScheduleError) {
        do {
            expression = try CronExpression(text, dialect: dialect)
        } catch {
            throw ScheduleError(error)
        }
        guard expression.period == nil else {
            throw ScheduleError(
                .cron, value: text, message: "A window needs cron fields; \(text) has none.")
        }
        self.zone = zone
    }

    /// Checks that the rules of the window's time zone can be read now.
    ///
    /// If they cannot, the window is closed.
    ///
    /// - Throws: ``ScheduleError`` with code `timeZone`.
    package func checkZone() throws(ScheduleError) {
        try Schedule.check(zone: zone)
    }

    /// Returns the date at which to look whether an execution may start: the next opening, or a minute later while the
    /// rules of the window's time zone cannot be read.
    ///
    /// - Returns: `nil` if the window never opens again.
    package func nextCheck(from date: Date) -> Date? {
        guard TimeZoneDatabase.system.knownTable(zone) != nil else { return date.addingTimeInterval(60) }
        return nextOpening(from: date)
    }

    /// Whether an execution may start at a date.
    public func contains(_ date: Date) -> Bool {
        guard var second = WholeSeconds.floor(date), let table = TimeZoneDatabase.system.knownTable(zone)
        else { return false }
        second += table.span(at: second).offset
        if !expression.pattern.flags.contains(.hasSeconds) { second = second.floorDivided(by: 60) * 60 }
        return expression.pattern.matches(local: second)
    }

    /// Returns the first date at or after another at which an execution may start.
    ///
    /// - Returns: `nil` if the window never opens again.
    public func nextOpening(from date: Date) -> Date? {
        if contains(date) { return date }
        guard let second = WholeSeconds.floor(date), let table = TimeZoneDatabase.system.knownTable(zone)
        else { return nil }
        // Only what the wall clock reads counts: a gap adds nothing, and both passes of an overlap are inside.
        return expression.next(
            from: second + 1, in: table, daylightSaving: .missing(.skip, repeated: .both))
    }
}

extension ExecutionWindow: Codable {
    private enum Key: String, CodingKey {
        case cron, timezone, dialect
    }

    /// Decodes an object with `cron`, `timezone` and `dialect`.
    ///
    /// - Throws: `DecodingError` with the description of the ``ScheduleError``.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        do {
            try self.init(
                stored: try container.decode(String.self, forKey: .cron),
                in: try container.decodeIfPresent(String.self, forKey: .timezone) ?? "UTC",
                dialect: try container.decodeIfPresent(CronDialect.self, forKey: .dialect) ?? .standard)
            if !decoder.readsStoredValues { try checkZone() }
        } catch let error as ScheduleError {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: error.description, underlyingError: error))
        }
    }

    /// Encodes an object with `cron`, `timezone` and, if it is not the standard one, `dialect`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(expression.source, forKey: .cron)
        try container.encode(zone, forKey: .timezone)
        if expression.dialect != .standard { try container.encode(expression.dialect, forKey: .dialect) }
    }
}
