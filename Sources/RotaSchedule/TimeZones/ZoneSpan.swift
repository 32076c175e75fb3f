/// A stretch of time in which a zone's offset from UTC stays the same.
struct ZoneSpan: Hashable, Sendable {
    /// The first second of the span, or ``beginning``.
    var start: Int64
    /// The first second after the span, or ``forever``.
    var end: Int64
    /// Seconds to add to UTC to read the wall clock.
    var offset: Int64
    /// The offset of the span before; `offset` itself if there is none.
    var offsetBefore: Int64
    /// Wall-clock readings before this one were already read in an earlier span.
    var fresh: Int64
    /// Wall-clock readings from this one on will be read again in a later span.
    var repeated: Int64

    static let beginning: Int64 = -1 << 50
    static let forever: Int64 = 1 << 50

    /// The span of a zone that never changes.
    init(fixedOffset: Int64) {
        self.init(start: Self.beginning, end: Self.forever, offset: fixedOffset, offsetBefore: fixedOffset)
    }

    init(start: Int64, end: Int64, offset: Int64, offsetBefore: Int64) {
        self.start = start
        self.end = end
        self.offset = offset
        self.offsetBefore = offsetBefore
        fresh = Self.beginning &* 2
        repeated = Self.forever &* 2
    }
}

extension [ZoneSpan] {
    /// Joins spans of one offset, links each to its neighbours, and finds which readings each shares with others.
    ///
    /// An offset lies within 26 hours of UTC, so a reading can come again only within two days of it.
    func linked() -> [ZoneSpan] {
        var spans: [ZoneSpan] = []
        for span in self where span.start < span.end {
            if let last = spans.last, last.offset == span.offset {
                spans[spans.count - 1].end = span.end
            } else {
                var next = span
                next.offsetBefore = spans.last?.offset ?? span.offset
                spans.append(next)
            }
        }
        let reach: Int64 = 3 * WholeSeconds.day
        for index in spans.indices {
            var other = index &- 1
            while other >= 0, spans[other].end > spans[index].start &- reach {
                spans[index].fresh = Swift.max(spans[index].fresh, spans[other].end &+ spans[other].offset)
                other &-= 1
            }
            other = index &+ 1
            while other < spans.count, spans[other].start < spans[index].end &+ reach {
                spans[index].repeated = Swift.min(
                    spans[index].repeated, spans[other].start &+ spans[other].offset)
                other &+= 1
            }
        }
        return spans
    }
}
