/// A stretch of time with one offset from UTC.
///
/// See `CronSearch` for a picture of `fresh` and `repeated`.
struct ZoneSpan: Hashable, Sendable {
    /// The first second of the span, or ``beginning``.
    var start: Int64
    /// The first second after the span, or ``forever``.
    var end: Int64
    /// Seconds to add to UTC to read the wall clock.
    var offset: Int64
    /// The offset of the previous span, or `offset` itself if there is none.
    var offsetBefore: Int64
    /// The first reading of the wall clock that did not occur in an earlier span.
    var fresh: Int64
    /// The first reading of the wall clock that will occur again in a later span.
    var repeated: Int64

    static let beginning: Int64 = -1 << 50
    static let forever: Int64 = 1 << 50

    /// Creates the only span of a zone with a fixed offset.
    init(fixedOffset: Int64) {
        self.init(start: Self.beginning, end: Self.forever, offset: fixedOffset)
    }

    init(start: Int64, end: Int64, offset: Int64) {
        self.start = start
        self.end = end
        self.offset = offset
        offsetBefore = offset
        fresh = Self.beginning &* 2
        repeated = Self.forever &* 2
    }

    /// Returns the span a number of seconds later.
    func moved(by seconds: Int64) -> ZoneSpan {
        var span = self
        span.start &+= seconds
        span.end &+= seconds
        span.fresh &+= seconds
        span.repeated &+= seconds
        return span
    }
}

extension [ZoneSpan] {
    /// Creates the spans of all time from the first offset and the changes in order.
    init(firstOffset: Int64, changes: some Sequence<(second: Int64, offset: Int64)>) {
        self = []
        var start = ZoneSpan.beginning
        var offset = firstOffset
        for change in changes {
            append(ZoneSpan(start: start, end: change.second, offset: offset))
            (start, offset) = change
        }
        append(ZoneSpan(start: start, end: ZoneSpan.forever, offset: offset))
        self = joined().linked()
    }

    /// Returns the spans without empty ones, and with neighbors of equal offset merged.
    private func joined() -> [ZoneSpan] {
        var spans: [ZoneSpan] = []
        for span in self where span.start < span.end {
            if let last = spans.last, last.offset == span.offset {
                spans[spans.count - 1].end = span.end
            } else {
                spans.append(span)
            }
        }
        return spans
    }

    /// Returns the spans with the properties that depend on other spans.
    ///
    /// An offset lies within 26 hours of UTC, so a reading can only occur again within three days. No zone ever changed
    /// more than twice in that time. Only the nearest 32 neighbors are considered, so that a forged file cannot take
    /// long.
    private func linked() -> [ZoneSpan] {
        var spans = self
        let reach: Int64 = 3 * 86_400
        for index in spans.indices {
            if index > 0 { spans[index].offsetBefore = spans[index &- 1].offset }
            var other = index &- 1
            while other >= Swift.max(0, index &- 32), spans[other].end > spans[index].start &- reach {
                spans[index].fresh = Swift.max(spans[index].fresh, spans[other].end &+ spans[other].offset)
                other &-= 1
            }
            other = index &+ 1
            while other < Swift.min(spans.count, index &+ 33), spans[other].start < spans[index].end &+ reach {
                spans[index].repeated = Swift.min(
                    spans[index].repeated, spans[other].start &+ spans[other].offset)
                other &+= 1
            }
        }
        return spans
    }

    /// Returns the span that contains a second.
    ///
    /// - Complexity: O(log n).
    func span(at second: Int64) -> ZoneSpan {
        withUnsafeBufferPointer { spans in
            var lower = 0
            var upper = spans.count
            while upper &- lower > 1 {
                let middle = (lower &+ upper) >> 1
                if spans[middle].start <= second { lower = middle } else { upper = middle }
            }
            return spans[lower]
        }
    }
}
