public import Foundation
import RotaCore
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

/// Why a time zone cannot be used.
public struct TimeZoneError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of failure; more kinds may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case invalidIdentifier, unknownZone, damagedFile, unreadableDirectory
        }

        private let kind: Kind

        /// The text cannot be the identifier of a zone.
        public static let invalidIdentifier = Code(kind: .invalidIdentifier)
        /// The database has no zone of that identifier.
        public static let unknownZone = Code(kind: .unknownZone)
        /// The zone's file is not a sound TZif file.
        public static let damagedFile = Code(kind: .damagedFile)
        /// The folder holds no time zone files.
        public static let unreadableDirectory = Code(kind: .unreadableDirectory)

        /// The code's name, such as `unknownZone`.
        public var description: String { kind.rawValue }
    }

    /// What went wrong.
    public let code: Code
    /// The identifier or path that was refused.
    public let value: String
    /// What went wrong and what to do about it.
    public let message: String

    /// The message.
    public var description: String { message }

    init(_ code: Code, value: String, message: String) {
        self.code = code
        self.value = value
        self.message = message
    }
}
