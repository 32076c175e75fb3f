import Foundation

/// Zone tables made from Foundation's own copy of the time zone database.
enum FoundationZone {
    /// Compiles a zone that Foundation knows, from 1900 to 2200, or returns `nil` for an unknown identifier.
    static func table(_ identifier: String) -> ZoneTable? {
        guard let zone = TimeZone(identifier: identifier) else { return nil }
        var spans: [ZoneSpan] = []
        var start = ZoneSpan.beginning
        var cursor = Date(timeIntervalSince1970: -2_208_988_800)
        let horizon = Date(timeIntervalSince1970: 7_258_118_400)
        var offset = Int64(zone.secondsFromGMT(for: cursor))
        // Two changes a year for three centuries, with room for zones that changed more often.
        for _ in 0..<2_000 {
            guard let change = zone.nextDaylightSavingTimeTransition(after: cursor), change > cursor, change < horizon
            else { break }
            cursor = change
            guard let instant = WholeSeconds.floor(change) else { break }
            spans.append(ZoneSpan(start: start, end: instant, offset: offset, offsetBefore: offset))
            start = instant
            offset = Int64(zone.secondsFromGMT(for: change))
        }
        spans.append(ZoneSpan(start: start, end: ZoneSpan.forever, offset: offset, offsetBefore: offset))
        return ZoneTable(identifier: identifier, spans: spans)
    }
}
