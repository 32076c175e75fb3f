import Foundation

/// Zone tables made from Foundation's own copy of the time zone database.
enum FoundationZone {
    /// Compiles a zone that Foundation knows, from 1900 to 2200, or returns `nil` for an unknown identifier.
    static func table(_ identifier: String) -> ZoneTable? {
        TimeZone(identifier: identifier).map { table($0, named: identifier) }
    }

    /// Compiles a Foundation zone, from 1900 to 2200; later the last offset stays.
    static func table(_ zone: TimeZone, named name: String? = nil) -> ZoneTable {
        var cursor = Date(timeIntervalSince1970: -2_208_988_800)
        let horizon = Date(timeIntervalSince1970: 7_258_118_400)
        let first = offset(of: zone, at: cursor)
        var changes: [(instant: Int64, offset: Int64)] = []
        // Two changes a year for three centuries, with room for zones that changed more often.
        for _ in 0..<2_000 {
            guard let change = zone.nextDaylightSavingTimeTransition(after: cursor), change > cursor, change < horizon,
                let instant = WholeSeconds.floor(change)
            else { break }
            changes.append((instant, offset(of: zone, at: change)))
            cursor = change
        }
        return ZoneTable(identifier: name ?? zone.identifier, firstOffset: first, changes: changes)
    }

    private static func offset(of zone: TimeZone, at instant: Date) -> Int64 {
        Int64(zone.secondsFromGMT(for: instant))
    }
}
