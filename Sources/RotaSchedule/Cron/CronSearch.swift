import RotaCore

/// Finds the seconds at which a pattern fires in a zone.
///
/// A *span* is a stretch of time with one offset from UTC, and a *reading* is what the wall clock shows (in seconds
/// since 1970-01-01T00:00:00 on that clock). A pattern matches readings, so the search looks for the next matching
/// reading and asks in which span it occurs. Daylight saving only moves the two borders of the readings that count in
/// a span.
///
/// New York, 1 November 2026: clocks go back an hour at 06:00 UTC.
///
///     UTC          05:00 ──────────── 06:00 ──────────── 07:00
///     span         EDT, UTC−4         │EST, UTC−5
///     reading      01:00 ─────── 01:59│01:00 ─────── 01:59 02:00
///                  ↑ EDT.repeated     │                    ↑ EST.fresh
///
/// Readings of EDT from `repeated` on will occur again in a later span. Readings of EST before `fresh` have occurred in
/// an earlier one. To fire the `first` time, a span starts at its `fresh` reading. To fire the `second` time, it ends
/// at its `repeated` reading. To fire `both` times, all its readings count.
///
/// New York, 8 March 2026: clocks go forward an hour at 07:00 UTC.
///
///     UTC          06:00 ──────────── 07:00 ──────────── 08:00
///     span         EST, UTC−5         │EDT, UTC−4
///     reading      01:00 ─────── 01:59│03:00 ─────────── 04:00
///                                     ↑ gap: 02:00 ..< 03:00, from EDT.fresh to EDT's first reading
///
/// The gap belongs to the span after it and can only add to that span: one second at its start (`atGapEnd`), or each
/// matching reading of the gap, later by the length of the gap (`shift`).
struct CronSearch {
    let pattern: CronPattern
    let zone: ZoneTable
    let missing: DaylightSavingPolicy.MissingTime
    let repeated: DaylightSavingPolicy.RepeatedTime

    init(pattern: CronPattern, zone: ZoneTable, daylightSaving: DaylightSavingPolicy) {
        self.pattern = pattern
        self.zone = zone
        missing = daylightSaving.missing ?? (pattern.isWildcard ? .skip : .atGapEnd)
        repeated = daylightSaving.repeated ?? (pattern.isWildcard ? .both : .first)
    }

    /// The widest offsets from UTC.
    ///
    /// A reading differs from its second in UTC by no more.
    private static let offsets: ClosedRange<Int64> = -93_600...93_600

    /// Returns the first second at or after `second` at which the pattern fires.
    func next(from second: Int64) -> Int64? {
        var second = second
        var span = zone.span(at: second)
        // No reading in proven ..< match matches the pattern, so that spans within it need no search of their own.
        var proven = Int64.max
        var match = Int64.min
        while true {
            let border = Swift.max(second &+ span.offset, lowest(of: span))
            if border < proven || border > match {
                proven = border
                match = pattern.nextLocal(from: border) ?? ZoneSpan.forever &* 2
            }
            let regular = match < highest(of: span) ? match &- span.offset : nil
            if let added = firstAdded(in: span, from: second), added <= regular ?? added { return added }
            if let regular { return regular }
            guard span.end < ZoneSpan.forever, span.end <= WholeSeconds.supported.upperBound else { return nil }
            second = span.end
            // Every reading until `leap` lies in the stretch that is known not to match: skip its spans.
            let leap = match &- Self.offsets.upperBound
            if second >= proven &- Self.offsets.lowerBound, second < leap {
                guard match < ZoneSpan.forever else { return nil }
                second = leap
            }
            span = zone.span(at: second)
        }
    }

    /// Returns the last second at or before `second` at which the pattern fires.
    func previous(from second: Int64) -> Int64? {
        var second = second
        var span = zone.span(at: second)
        var proven = Int64.min
        var match = Int64.max
        while true {
            let border = Swift.min(second &+ span.offset, highest(of: span) &- 1)
            if border > proven || border < match {
                proven = border
                match = pattern.previousLocal(from: border) ?? ZoneSpan.beginning &* 2
            }
            let regular = match >= lowest(of: span) ? match &- span.offset : nil
            if let added = lastAdded(in: span, upTo: second), added >= regular ?? added { return added }
            if let regular { return regular }
            guard span.start > ZoneSpan.beginning, span.start > WholeSeconds.supported.lowerBound else { return nil }
            second = span.start &- 1
            let leap = match &- Self.offsets.lowerBound
            if second <= proven &- Self.offsets.upperBound, second > leap {
                guard match > ZoneSpan.beginning else { return nil }
                second = leap
            }
            span = zone.span(at: second)
        }
    }

    /// Returns the first reading of a span that counts.
    private func lowest(of span: ZoneSpan) -> Int64 {
        let first = span.start &+ span.offset
        return repeated == .first ? Swift.max(first, span.fresh) : first
    }

    /// Returns the end of the readings of a span that count, exclusive.
    private func highest(of span: ZoneSpan) -> Int64 {
        let end = span.end &+ span.offset
        return repeated == .second ? Swift.min(end, span.repeated) : end
    }

    /// Returns the first second at or after `second` that the gap before a span adds to it.
    private func firstAdded(in span: ZoneSpan, from second: Int64) -> Int64? {
        let gapEnd = span.start &+ span.offset
        guard missing != .skip, span.fresh < gapEnd, span.fresh > ZoneSpan.beginning else { return nil }
        if missing == .atGapEnd {
            guard second <= span.start, let reading = pattern.nextLocal(from: span.fresh), reading < gapEnd
            else { return nil }
            return span.start
        }
        let border = Swift.max(span.fresh, second &+ span.offsetBefore)
        if second >= span.end &- 1 {
            // A time shifted past the end of the span is held at its last second: only that one can be left.
            return second == span.end &- 1
                ? lastAdded(in: span, upTo: second).flatMap { $0 == second ? $0 : nil } : nil
        }
        guard border < gapEnd, let reading = pattern.nextLocal(from: border), reading < gapEnd else { return nil }
        return Swift.min(reading &- span.offsetBefore, span.end &- 1)
    }

    /// Returns the last second at or before `second` that the gap before a span adds to it.
    private func lastAdded(in span: ZoneSpan, upTo second: Int64) -> Int64? {
        let gapEnd = span.start &+ span.offset
        guard missing != .skip, span.fresh < gapEnd, span.fresh > ZoneSpan.beginning else { return nil }
        if missing == .atGapEnd {
            guard second >= span.start, let reading = pattern.nextLocal(from: span.fresh), reading < gapEnd
            else { return nil }
            return span.start
        }
        let border = second >= span.end &- 1 ? gapEnd &- 1 : Swift.min(gapEnd &- 1, second &+ span.offsetBefore)
        guard let reading = pattern.previousLocal(from: border), reading >= span.fresh else { return nil }
        return Swift.min(reading &- span.offsetBefore, span.end &- 1)
    }
}

extension CronSearch {
    /// Returns the skipped reading that makes the pattern fire at a second whose own reading does not match.
    ///
    /// - Returns: `nil` if the reading matches, or if no gap is the cause.
    func missedReading(at second: Int64) -> Int64? {
        let span = zone.span(at: second)
        let gapEnd = span.start &+ span.offset
        guard missing != .skip, span.fresh > ZoneSpan.beginning, span.fresh < gapEnd,
            !pattern.matches(local: second &+ span.offset)
        else { return nil }
        let first = missing == .atGapEnd ? span.fresh : second &+ span.offsetBefore
        guard missing == .shift || second == span.start, let reading = pattern.nextLocal(from: first),
            reading < gapEnd
        else { return nil }
        return reading
    }
}
