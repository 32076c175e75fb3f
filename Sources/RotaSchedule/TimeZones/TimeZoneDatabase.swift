public import Foundation
import Synchronization

/// Where the rules of time zones come from: a folder of zone files, or Foundation's copy.
///
/// ``system`` reads the folder in the environment variable `TZDIR`, or the usual folder of the system
/// (`/usr/share/zoneinfo` and others), and takes a zone from Foundation where that folder has no sound file for it.
/// Foundation on Linux carries a copy of its own that is as old as the toolchain; the system's is the one that
/// `tzdata` updates keep right. A zone is read once; ``reload()`` reads again.
public final class TimeZoneDatabase: Sendable {
    /// The database that every calculation uses unless it is given rules of its own.
    public static let system = TimeZoneDatabase(
        folder: .system(environment: ProcessInfo.processInfo.environment), fallsBack: true)

    private let cache = ZoneCache()
    private let folder: Mutex<ZoneFolder?>
    private let fallsBack: Bool

    /// A database of one folder alone.
    ///
    /// - Parameter directory: a folder of TZif files named by identifier, as `zic -d` makes it.
    /// - Throws: ``TimeZoneError`` if there is no such folder.
    public convenience init(directory: URL) throws(TimeZoneError) {
        self.init(folder: try Self.folder(directory), fallsBack: false)
    }

    init(folder: ZoneFolder?, fallsBack: Bool) {
        self.folder = Mutex(folder)
        self.fallsBack = fallsBack
    }

    private static func folder(_ directory: URL) throws(TimeZoneError) -> ZoneFolder {
        let folder = ZoneFolder(path: directory.path)
        guard folder.isFolder else {
            throw TimeZoneError(
                .unreadableDirectory, value: directory.path,
                message: "There is no folder \(directory.path) to read time zones from.")
        }
        return folder
    }

    /// The folder that is read, or `nil` if there is none and Foundation's copy serves alone.
    public var directory: URL? {
        folder.withLock { $0 }.map { URL(fileURLWithPath: $0.path) }
    }

    /// The release of the rules, such as `2026a`, or `nil` if the folder does not say.
    public var version: String? {
        guard let folder = folder.withLock({ $0 }) else { return TimeZone.timeZoneDataVersion }
        return folder.version
    }

    /// The identifiers of all zones, sorted.
    /// - Complexity: reads the whole folder.
    public var identifiers: [String] {
        let known = folder.withLock { $0 }?.identifiers() ?? []
        return known.isEmpty && fallsBack ? TimeZone.knownTimeZoneIdentifiers.sorted() : known
    }

    /// Whether there is a zone of an identifier, such as `Europe/Berlin`.
    public func contains(_ identifier: String) -> Bool {
        (try? table(identifier)) != nil
    }

    /// The rules of a zone.
    ///
    /// - Parameter identifier: an IANA name such as `Europe/Berlin`, `UTC`, or a fixed offset such as `GMT+0530`.
    /// - Throws: ``TimeZoneError`` if there is no such zone, or its file is damaged and nothing can stand in for it.
    public func rules(for identifier: String) throws(TimeZoneError) -> TimeZoneRules {
        TimeZoneRules(table: try table(identifier))
    }

    /// Reads every zone in use again, so that new rules count from now on without a restart.
    ///
    /// A zone whose file has vanished or is damaged keeps its rules.
    public func reload() {
        for identifier in cache.identifiers {
            guard let fresh = try? read(identifier), fresh != cache.table(identifier) else { continue }
            cache.store(fresh)
        }
    }

    /// Reads from another folder from now on.
    ///
    /// - Parameter directory: a folder of TZif files named by identifier.
    /// - Throws: ``TimeZoneError`` if there is no such folder; then nothing changes.
    public func reload(from directory: URL) throws(TimeZoneError) {
        let replacement = try Self.folder(directory)
        folder.withLock { $0 = replacement }
        reload()
    }

    /// The compiled rules of a zone, read at its first use.
    func table(_ identifier: String) throws(TimeZoneError) -> ZoneTable {
        if let known = cache.table(identifier) { return known }
        let table = try read(identifier)
        cache.store(table)
        return table
    }

    /// The compiled rules of a Foundation time zone; one that the database lacks is compiled from Foundation.
    func table(_ zone: TimeZone) -> ZoneTable {
        let identifier = zone.identifier
        if let known = cache.table(identifier) { return known }
        let table = (try? read(identifier)) ?? FoundationZone.table(zone)
        if table.identifier == identifier { cache.store(table) }
        return table
    }

    private func read(_ identifier: String) throws(TimeZoneError) -> ZoneTable {
        if let offset = ZoneIdentifier.fixedOffset(identifier) {
            return ZoneTable(identifier: identifier, fixedOffset: offset)
        }
        guard ZoneIdentifier.isSound(identifier) else {
            throw TimeZoneError(
                .invalidIdentifier, value: identifier,
                message: "\"\(identifier)\" cannot be the name of a time zone; use one such as \"Europe/Berlin\".")
        }
        var damage: TZifFile.Damage?
        if let bytes = folder.withLock({ $0 })?.bytes(identifier) {
            do throws(TZifFile.Damage) {
                return ZoneTable(identifier: identifier, file: try TZifFile(bytes))
            } catch {
                damage = error
            }
        }
        if fallsBack, let table = FoundationZone.table(identifier) { return table }
        if let damage {
            throw TimeZoneError(
                .damagedFile, value: identifier,
                message: "The file of time zone \"\(identifier)\" is damaged: \(damage.reason).")
        }
        let near = ZoneIdentifier.nearest(to: identifier, among: identifiers)
        throw TimeZoneError(
            .unknownZone, value: identifier,
            message: "There is no time zone \"\(identifier)\"; "
                + (near.map { "did you mean \"\($0)\"?" } ?? "use an IANA name such as \"Europe/Berlin\"."))
    }
}
