import RotaCore

/// Finds the instants at which a pattern fires in a zone.
///
/// A local time fires in the span whose wall clock reads it. The daylight saving rules only move two borders: which
/// readings of a span count (`fresh`, `repeated`), and what the gap at the span's start adds.
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

    /// Every offset lies in this range, so a reading differs from its instant by no more.
    private static let offsets: ClosedRange<Int64> = -93_600...93_600

    /// The first instant at or after `instant` at which the pattern fires.
    func next(from instant: Int64) -> Int64? {
        var instant = instant
        var span = zone.span(at: instant)
        // No reading in empty.lower ..< empty.upper matches: what one search of the pattern has shown.
        var proven = Int64.max
        var match = Int64.min
        while true {
            let border = Swift.max(instant &+ span.offset, lowest(of: span))
            if border < proven || border > match {
                proven = border
                match = pattern.nextLocal(from: border) ?? ZoneSpan.forever &* 2
            }
            let regular = match < highest(of: span) ? match &- span.offset : nil
            if let added = firstAdded(in: span, from: instant), added <= regular ?? added { return added }
            if let regular { return regular }
            guard span.end < ZoneSpan.forever, span.end <= WholeSeconds.supported.upperBound else { return nil }
            instant = span.end
            // Between these two instants every reading lies in the stretch shown to be empty.
            let leap = match &- Self.offsets.upperBound
            if instant >= proven &- Self.offsets.lowerBound, instant < leap {
                guard match < ZoneSpan.forever else { return nil }
                instant = leap
            }
            span = zone.span(at: instant)
        }
    }

    /// The last instant at or before `instant` at which the pattern fires.
    func previous(from instant: Int64) -> Int64? {
        var instant = instant
        var span = zone.span(at: instant)
        var proven = Int64.min
        var match = Int64.max
        while true {
            let border = Swift.min(instant &+ span.offset, highest(of: span) &- 1)
            if border > proven || border < match {
                proven = border
                match = pattern.previousLocal(from: border) ?? ZoneSpan.beginning &* 2
            }
            let regular = match >= lowest(of: span) ? match &- span.offset : nil
            if let added = lastAdded(in: span, upTo: instant), added >= regular ?? added { return added }
            if let regular { return regular }
            guard span.start > ZoneSpan.beginning, span.start > WholeSeconds.supported.lowerBound else { return nil }
            instant = span.start &- 1
            let leap = match &- Self.offsets.lowerBound
            if instant <= proven &- Self.offsets.upperBound, instant > leap {
                guard match > ZoneSpan.beginning else { return nil }
                instant = leap
            }
            span = zone.span(at: instant)
        }
    }

    /// The first reading of a span that counts.
    private func lowest(of span: ZoneSpan) -> Int64 {
        let first = span.start &+ span.offset
        return repeated == .first ? Swift.max(first, span.fresh) : first
    }

    /// The reading before which a span's readings count.
    private func highest(of span: ZoneSpan) -> Int64 {
        let end = span.end &+ span.offset
        return repeated == .second ? Swift.min(end, span.repeated) : end
    }

    /// The first instant that the gap at a span's start adds, at or after `instant`.
    private func firstAdded(in span: ZoneSpan, from instant: Int64) -> Int64? {
        let gapEnd = span.start &+ span.offset
        guard missing != .skip, span.fresh < gapEnd, span.fresh > ZoneSpan.beginning else { return nil }
        if missing == .atGapEnd {
            guard instant <= span.start, let reading = pattern.nextLocal(from: span.fresh), reading < gapEnd
            else { return nil }
            return span.start
        }
        let border = Swift.max(span.fresh, instant &+ span.offsetBefore)
        if instant >= span.end &- 1 {
            // Only a time shifted beyond the span's end, and so held at its last second, can be left.
            return instant == span.end &- 1
                ? lastAdded(in: span, upTo: instant).flatMap { $0 == instant ? $0 : nil } : nil
        }
        guard border < gapEnd, let reading = pattern.nextLocal(from: border), reading < gapEnd else { return nil }
        return Swift.min(reading &- span.offsetBefore, span.end &- 1)
    }

    /// The last instant that the gap at a span's start adds, at or before `instant`.
    private func lastAdded(in span: ZoneSpan, upTo instant: Int64) -> Int64? {
        let gapEnd = span.start &+ span.offset
        guard missing != .skip, span.fresh < gapEnd, span.fresh > ZoneSpan.beginning else { return nil }
        if missing == .atGapEnd {
            guard instant >= span.start, let reading = pattern.nextLocal(from: span.fresh), reading < gapEnd
            else { return nil }
            return span.start
        }
        let border = instant >= span.end &- 1 ? gapEnd &- 1 : Swift.min(gapEnd &- 1, instant &+ span.offsetBefore)
        guard let reading = pattern.previousLocal(from: border), reading >= span.fresh else { return nil }
        return Swift.min(reading &- span.offsetBefore, span.end &- 1)
    }
}

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
