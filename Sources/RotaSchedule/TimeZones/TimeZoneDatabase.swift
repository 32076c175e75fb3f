import Foundation
import Synchronization

/// Where the rules of time zones come from.
public final class TimeZoneDatabase: Sendable {
    /// The database every calculation uses unless told otherwise.
    public static let system = TimeZoneDatabase()

    private let tables = Mutex<[String: ZoneTable]>([:])

    init() {}

    /// Whether there is a zone of an identifier, such as `Europe/Berlin`.
    public func contains(_ identifier: String) -> Bool {
        (try? table(identifier)) != nil
    }

    /// The compiled rules of a zone.
    func table(_ identifier: String) throws(TimeZoneError) -> ZoneTable {
        if let known = tables.withLock({ $0[identifier] }) { return known }
        guard let table = FoundationZone.table(identifier) else {
            throw TimeZoneError(
                .unknownZone, value: identifier,
                message: "There is no time zone \"\(identifier)\"; use an IANA name such as \"Europe/Berlin\".")
        }
        tables.withLock { $0[identifier] = table }
        return table
    }

    /// The compiled rules of a Foundation time zone; a zone the database lacks is taken from Foundation.
    func table(_ zone: TimeZone) -> ZoneTable {
        if let table = try? table(zone.identifier) { return table }
        return ZoneTable(
            identifier: zone.identifier, spans: [ZoneSpan(fixedOffset: Int64(zone.secondsFromGMT()))])
    }
}
