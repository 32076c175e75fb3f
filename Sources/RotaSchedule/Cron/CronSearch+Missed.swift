extension CronSearch {
    /// The first reading in a gap because of which the pattern fires at an instant that does not read it.
    ///
    /// - Returns: `nil` if the wall clock reads a matching time at the instant, or if there is no such gap.
    func missedReading(at instant: Int64) -> Int64? {
        let span = zone.span(at: instant)
        let gapEnd = span.start &+ span.offset
        guard missing != .skip, span.fresh > ZoneSpan.beginning, span.fresh < gapEnd,
            !pattern.matches(local: instant &+ span.offset)
        else { return nil }
        let first = missing == .atGapEnd ? span.fresh : instant &+ span.offsetBefore
        guard missing == .shift || instant == span.start, let reading = pattern.nextLocal(from: first),
            reading < gapEnd
        else { return nil }
        return reading
    }
}
