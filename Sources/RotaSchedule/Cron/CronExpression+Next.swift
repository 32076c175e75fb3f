public import Foundation
import RotaCore

extension CronExpression {
    /// The first instant after another at which the expression fires.
    ///
    /// - Parameters:
    ///   - instant: where to start, exclusive; fractions of a second are allowed.
    ///   - zone: whose wall clock the fields are read on.
    ///   - daylightSaving: what becomes of times that a change of the zone's offset removes or repeats.
    /// - Returns: a whole second, or `nil` if there is none until the end of the year 9999.
    /// - Complexity: O(1) in the distance to the result; does not allocate once the zone has been used.
    public func next(
        after instant: Date, in zone: TimeZone = .gmt, daylightSaving: DaylightSavingPolicy = .automatic
    ) -> Date? {
        guard let second = WholeSeconds.floor(instant) else { return nil }
        return next(from: second &+ 1, in: TimeZoneDatabase.system.table(zone), daylightSaving: daylightSaving)
    }

    /// The last instant before another at which the expression fires.
    ///
    /// - Parameters:
    ///   - instant: where to start, exclusive; fractions of a second are allowed.
    ///   - zone: whose wall clock the fields are read on.
    ///   - daylightSaving: what becomes of times that a change of the zone's offset removes or repeats.
    /// - Returns: a whole second, or `nil` if there is none since the beginning of the year 1.
    /// - Complexity: O(1) in the distance to the result; does not allocate once the zone has been used.
    public func previous(
        before instant: Date, in zone: TimeZone = .gmt, daylightSaving: DaylightSavingPolicy = .automatic
    ) -> Date? {
        guard let second = WholeSeconds.ceiling(instant) else { return nil }
        return previous(from: second &- 1, in: TimeZoneDatabase.system.table(zone), daylightSaving: daylightSaving)
    }

    /// Whether the expression fires at an instant; a fraction of a second is dropped.
    ///
    /// This is true of exactly the instants that ``next(after:in:daylightSaving:)-(_,TimeZone,_)`` returns under
    /// ``DaylightSavingPolicy/automatic``.
    ///
    /// - Parameters:
    ///   - instant: the instant to judge.
    ///   - zone: whose wall clock the fields are read on.
    public func matches(_ instant: Date, in zone: TimeZone = .gmt) -> Bool {
        guard let second = WholeSeconds.floor(instant) else { return false }
        let exact = Date(wholeSeconds: second)
        return next(after: Date(wholeSeconds: second &- 1), in: zone) == exact
    }

    /// The instants after another at which the expression fires, in order and computed as they are asked for.
    ///
    /// - Parameters:
    ///   - instant: where to start, exclusive.
    ///   - zone: whose wall clock the fields are read on.
    ///   - daylightSaving: what becomes of times that a change of the zone's offset removes or repeats.
    public func occurrences(
        after instant: Date, in zone: TimeZone = .gmt, daylightSaving: DaylightSavingPolicy = .automatic
    ) -> CronOccurrences {
        CronOccurrences(expression: self, after: instant, before: nil, zone: zone, daylightSaving: daylightSaving)
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

    /// An instant that was found, unless only the zone's own clock still (or already) reads the years 1–9999.
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

/// The instants at which a cron expression fires, in order, computed as they are asked for.
public struct CronOccurrences: Sequence, IteratorProtocol, Sendable {
    private let expression: CronExpression
    private let zone: TimeZone
    private let daylightSaving: DaylightSavingPolicy
    private let end: Date?
    private var last: Date?

    init(
        expression: CronExpression, after instant: Date, before end: Date?, zone: TimeZone,
        daylightSaving: DaylightSavingPolicy
    ) {
        self.expression = expression
        self.zone = zone
        self.daylightSaving = daylightSaving
        self.end = end
        last = instant
    }

    /// The next instant, or `nil` at the end of the range or of the year 9999.
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
