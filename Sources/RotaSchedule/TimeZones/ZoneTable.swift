/// A zone's offsets, compiled for look-up.
final class ZoneTable: Sendable {
    let identifier: String
    /// Without gaps between them, from ``ZoneSpan/beginning`` to ``ZoneSpan/forever``.
    let spans: [ZoneSpan]

    init(identifier: String, spans: [ZoneSpan]) {
        self.identifier = identifier
        let linked = spans.linked()
        self.spans = linked.isEmpty ? [ZoneSpan(fixedOffset: 0)] : linked
    }

    /// The span that contains an instant.
    /// - Complexity: O(log n) in the zone's changes.
    func span(at instant: Int64) -> ZoneSpan {
        var lower = 0
        var upper = spans.count
        while upper &- lower > 1 {
            let middle = (lower &+ upper) >> 1
            if spans[middle].start <= instant { lower = middle } else { upper = middle }
        }
        return spans[lower]
    }
}
