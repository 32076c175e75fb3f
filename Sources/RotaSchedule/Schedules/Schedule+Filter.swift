extension Schedule.Filter {
    /// Whether a reading of the zone's clock is allowed.
    func allows(local: Int64) -> Bool {
        calendar.contains(local: local) != excludes
    }

    /// Whether the days of the calendar allow a day; its cron expressions are not asked.
    func allows(day: Int) -> Bool {
        !calendar.hasDays || calendar.contains(day: day) != excludes
    }

    /// An instant after a refused one with only refused ones between, or `nil` if all later ones are refused.
    func allowed(after instant: Int64, in table: ZoneTable) -> Int64? {
        let span = table.span(at: instant)
        let local = instant &+ span.offset
        let found = calendar.nextLocal(from: local, inside: !excludes).map { instant &+ Swift.max(1, $0 &- local) }
        if span.end < ZoneSpan.forever { return Swift.min(found ?? span.end, span.end) }
        return found
    }

    /// An instant before a refused one with only refused ones between, or `nil` if all earlier ones are refused.
    func allowed(before instant: Int64, in table: ZoneTable) -> Int64? {
        let span = table.span(at: instant)
        let local = instant &+ span.offset
        let found = calendar.previousLocal(from: local, inside: !excludes).map { instant &- Swift.max(1, local &- $0) }
        if span.start > ZoneSpan.beginning { return Swift.max(found ?? span.start &- 1, span.start &- 1) }
        return found
    }
}
