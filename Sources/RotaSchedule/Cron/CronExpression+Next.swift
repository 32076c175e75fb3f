public import Foundation
import RotaCore

extension CronExpression {
    /// Returns the first date after another at which the expression fires.
    ///
    /// - Parameters:
    ///   - date: The date to start from, exclusive.
    ///   - zone: The zone whose wall clock the fields describe.
    ///   - daylightSaving: How to treat times that an offset change skips or repeats.
    /// - Returns: A whole second, or `nil` if there is none through the year 9999.
    /// - Complexity: O(1) in the distance to the result. Does not allocate once the zone is loaded.
    public func next(
        after date: Date, in zone: TimeZone = .gmt, daylightSaving: DaylightSavingPolicy = .automatic
    ) -> Date? {
        guard let second = WholeSeconds.floor(date) else { return nil }
        return next(from: second &+ 1, in: TimeZoneDatabase.system.table(zone), daylightSaving: daylightSaving)
    }

    /// Returns the last date before another at which the expression fires.
    ///
    /// - Parameters:
    ///   - date: The date to start from, exclusive.
    ///   - zone: The zone whose wall clock the fields describe.
    ///   - daylightSaving: How to treat times that an offset change skips or repeats.
    /// - Returns: A whole second, or `nil` if there is none since the year 1.
    /// - Complexity: O(1) in the distance to the result. Does not allocate once the zone is loaded.
    public func previous(
        before date: Date, in zone: TimeZone = .gmt, daylightSaving: DaylightSavingPolicy = .automatic
    ) -> Date? {
        guard let second = WholeSeconds.ceiling(date) else { return nil }
        return previous(from: second &- 1, in: TimeZoneDatabase.system.table(zone), daylightSaving: daylightSaving)
    }

    /// Whether the expression fires within the second that contains a date.
    ///
    /// It does for exactly the dates that ``next(after:in:daylightSaving:)-(_,TimeZone,_)`` returns under
    /// ``DaylightSavingPolicy/automatic``.
    ///
    /// - Parameters:
    ///   - date: The date to check.
    ///   - zone: The zone whose wall clock the fields describe.
    public func matches(_ date: Date, in zone: TimeZone = .gmt) -> Bool {
        guard let second = WholeSeconds.floor(date) else { return false }
        let exact = Date(wholeSeconds: second)
        return next(after: Date(wholeSeconds: second &- 1), in: zone) == exact
    }

    /// Returns the dates after another at which the expression fires, in order and computed on demand.
    ///
    /// - Parameters:
    ///   - date: The date to start from, exclusive.
    ///   - zone: The zone whose wall clock the fields describe.
    ///   - daylightSaving: How to treat times that an offset change skips or repeats.
    public func occurrences(
        after date: Date, in zone: TimeZone = .gmt, daylightSaving: DaylightSavingPolicy = .automatic
    ) -> CronOccurrences {
        CronOccurrences(expression: self, after: date, before: nil, zone: zone, daylightSaving: daylightSaving)
    }

    func next(from second: Int64, in zone: ZoneTable, daylightSaving: DaylightSavingPolicy) -> Date? {
        guard second <= WholeSeconds.supported.upperBound else { return nil }
        if let period { return Self.nextMultiple(of: period, from: second) }
        let search = CronSearch(pattern: pattern, zone: zone, daylightSaving: daylightSaving)
        return Self.supported(search.next(from: max(second, WholeSeconds.supported.lowerBound)))
    }

    func previous(from second: Int64, in zone: ZoneTable, daylightSaving: DaylightSavingPolicy) -> Date? {
        guard second >= WholeSeconds.supported.lowerBound else { return nil }
        if let period { return Self.lastMultiple(of: period, upTo: second) }
        let search = CronSearch(pattern: pattern, zone: zone, daylightSaving: daylightSaving)
        return Self.supported(search.previous(from: min(second, WholeSeconds.supported.upperBound)))
    }

    /// Returns the date of a second within the years 1–9999 in UTC.
    ///
    /// The search works on local time, whose years begin and end up to 26 hours earlier or later.
    private static func supported(_ second: Int64?) -> Date? {
        guard let second, WholeSeconds.supported.contains(second) else { return nil }
        return Date(wholeSeconds: second)
    }

    private static func nextMultiple(of period: Int64, from second: Int64) -> Date? {
        let candidate = second.floorDivided(by: period) &* period
        let multiple = candidate < second ? candidate &+ period : candidate
        return WholeSeconds.supported.contains(multiple) ? Date(wholeSeconds: multiple) : nil
    }

    private static func lastMultiple(of period: Int64, upTo second: Int64) -> Date? {
        let multiple = second.floorDivided(by: period) &* period
        return WholeSeconds.supported.contains(multiple) ? Date(wholeSeconds: multiple) : nil
    }
}

/// A sequence of the dates at which a cron expression fires, computed on demand.
public struct CronOccurrences: Sequence, IteratorProtocol, Sendable {
    private let expression: CronExpression
    private let zone: TimeZone
    private let daylightSaving: DaylightSavingPolicy
    private let end: Date?
    private var last: Date?

    init(
        expression: CronExpression, after date: Date, before end: Date?, zone: TimeZone,
        daylightSaving: DaylightSavingPolicy
    ) {
        self.expression = expression
        self.zone = zone
        self.daylightSaving = daylightSaving
        self.end = end
        last = date
    }

    /// Returns the next date, or `nil` at the end of the range or of the year 9999.
    public mutating func next() -> Date? {
        guard let from = last,
            let found = expression.next(after: from, in: zone, daylightSaving: daylightSaving),
            end.map({ found < $0 }) ?? true
        else {
            last = nil
            return nil
        }
        last = found
        return found
    }
}
