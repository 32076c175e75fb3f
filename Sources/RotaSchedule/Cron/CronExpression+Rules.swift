public import Foundation

extension CronExpression {
    /// The first instant after another at which the expression fires, by rules of a zone that you hold.
    ///
    /// - Parameters:
    ///   - instant: where to start, exclusive; fractions of a second are allowed.
    ///   - rules: whose wall clock the fields are read on.
    ///   - daylightSaving: what becomes of times that a change of the zone's offset removes or repeats.
    /// - Returns: a whole second, or `nil` if there is none until the end of the year 9999.
    public func next(
        after instant: Date, in rules: TimeZoneRules, daylightSaving: DaylightSavingPolicy = .automatic
    ) -> Date? {
        WholeSeconds.floor(instant).flatMap { next(from: $0 &+ 1, in: rules.table, daylightSaving: daylightSaving) }
    }

    /// The last instant before another at which the expression fires, by rules of a zone that you hold.
    ///
    /// - Parameters:
    ///   - instant: where to start, exclusive; fractions of a second are allowed.
    ///   - rules: whose wall clock the fields are read on.
    ///   - daylightSaving: what becomes of times that a change of the zone's offset removes or repeats.
    /// - Returns: a whole second, or `nil` if there is none since the beginning of the year 1.
    public func previous(
        before instant: Date, in rules: TimeZoneRules, daylightSaving: DaylightSavingPolicy = .automatic
    ) -> Date? {
        WholeSeconds.ceiling(instant).flatMap {
            previous(from: $0 &- 1, in: rules.table, daylightSaving: daylightSaving)
        }
    }
}

extension CronExpression {
    /// The instants of a range at which the expression fires, in order and computed as they are asked for.
    ///
    /// - Parameters:
    ///   - range: its lower bound counts, its upper bound does not.
    ///   - zone: whose wall clock the fields are read on.
    ///   - daylightSaving: what becomes of times that a change of the zone's offset removes or repeats.
    public func occurrences(
        in range: Range<Date>, in zone: TimeZone = .gmt, daylightSaving: DaylightSavingPolicy = .automatic
    ) -> CronOccurrences {
        let justBefore = Date(timeIntervalSinceReferenceDate: range.lowerBound.timeIntervalSinceReferenceDate.nextDown)
        return CronOccurrences(
            expression: self, after: justBefore, before: range.upperBound, zone: zone, daylightSaving: daylightSaving)
    }
}
