public import Foundation
import RotaCore
import Synchronization

/// A source of time zone rules: a folder of zone files, or Foundation's copy.
///
/// ``system`` reads the folder in the environment variable `TZDIR`, or the usual folder of the system such as
/// `/usr/share/zoneinfo`. If that folder has no valid file for a zone, it uses Foundation. On Linux, Foundation has a
/// copy of its own that is as old as the toolchain, whereas the system's folder is kept current by `tzdata` updates.
///
/// A zone is read once, on first use. ``reload()`` reads it again.
///
/// ```swift
/// let database = TimeZoneDatabase.system
/// let berlin = try database.rules(for: "Europe/Berlin")
/// print(database.version ?? "unknown release", berlin.secondsFromGMT(for: .now))
///
/// database.reload()  // after an update of tzdata, without a restart
/// ```
public final class TimeZoneDatabase: Sendable {
    /// The database that all calculations use unless they are given rules.
    public static let system = TimeZoneDatabase(
        folder: .system(environment: ProcessInfo.processInfo.environment), fallsBack: true)

    private let cache = ZoneCache()
    private let folder: Mutex<ZoneFolder?>
    private let fallsBack: Bool

    /// Creates a database of a single folder.
    ///
    /// - Parameter directory: A folder of TZif files named by identifier, as `zic -d` creates it.
    /// - Throws: ``TimeZoneError`` if the folder does not exist.
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

    /// The folder that is read, or `nil` if only Foundation's copy is used.
    public var directory: URL? {
        folder.withLock { $0 }.map { URL(fileURLWithPath: $0.path) }
    }

    /// The release of the rules, such as `2026a`, or `nil` if the folder does not contain it.
    public var version: String? {
        guard let folder = folder.withLock({ $0 }) else { return TimeZone.timeZoneDataVersion }
        return folder.version
    }

    /// The identifiers of all zones, sorted.
    ///
    /// - Complexity: Reads the whole folder.
    public var identifiers: [String] {
        let known = folder.withLock { $0 }?.identifiers() ?? []
        return known.isEmpty && fallsBack ? TimeZone.knownTimeZoneIdentifiers.sorted() : known
    }

    /// Whether there is a zone with an identifier such as `Europe/Berlin`.
    public func contains(_ identifier: String) -> Bool {
        (try? table(identifier)) != nil
    }

    /// Returns the rules of a zone.
    ///
    /// - Parameter identifier: An IANA name such as `Europe/Berlin`, `UTC`, or a fixed offset such as `GMT+0530`.
    /// - Throws: ``TimeZoneError`` if there is no such zone, or if its file is damaged and Foundation cannot replace
    ///   it.
    public func rules(for identifier: String) throws(TimeZoneError) -> TimeZoneRules {
        TimeZoneRules(table: try table(identifier))
    }

    /// Reads every zone in use again, so that new rules take effect without a restart.
    ///
    /// A zone whose file is missing or damaged keeps its rules.
    public func reload() {
        for identifier in cache.identifiers {
            guard let fresh = try? read(identifier), fresh != cache.table(identifier) else { continue }
            cache.store(fresh)
        }
    }

    /// Replaces the folder and reads every zone in use again.
    ///
    /// - Parameter directory: A folder of TZif files named by identifier.
    /// - Throws: ``TimeZoneError`` if the folder does not exist. Nothing changes then.
    public func reload(from directory: URL) throws(TimeZoneError) {
        let replacement = try Self.folder(directory)
        folder.withLock { $0 = replacement }
        reload()
    }

    /// Returns the compiled rules of a zone, which are read on first use.
    func table(_ identifier: String) throws(TimeZoneError) -> ZoneTable {
        if let known = cache.table(identifier) { return known }
        let table = try read(identifier)
        cache.store(table)
        return table
    }

    /// Returns the compiled rules of a Foundation time zone, compiled from Foundation if the database has no such zone.
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

/// Compiles zones from Foundation's own copy of the time zone database.
enum FoundationZone {
    /// Compiles a zone from 1900 to 2200, or returns `nil` for an unknown identifier.
    static func table(_ identifier: String) -> ZoneTable? {
        TimeZone(identifier: identifier).map { table($0, named: identifier) }
    }

    /// Compiles a zone from 1900 to 2200.
    ///
    /// Later dates have the last offset.
    static func table(_ zone: TimeZone, named name: String? = nil) -> ZoneTable {
        var cursor = Date(timeIntervalSince1970: -2_208_988_800)
        let horizon = Date(timeIntervalSince1970: 7_258_118_400)
        let first = offset(of: zone, at: cursor)
        var changes: [(second: Int64, offset: Int64)] = []
        // Two changes a year for three centuries, with room for zones that change more often.
        for _ in 0..<2_000 {
            guard let change = zone.nextDaylightSavingTimeTransition(after: cursor), change > cursor, change < horizon,
                let second = WholeSeconds.floor(change)
            else { break }
            changes.append((second, offset(of: zone, at: change)))
            cursor = change
        }
        return ZoneTable(identifier: name ?? zone.identifier, firstOffset: first, changes: changes)
    }

    private static func offset(of zone: TimeZone, at second: Date) -> Int64 {
        Int64(zone.secondsFromGMT(for: second))
    }
}

/// The reason why a time zone cannot be used.
public struct TimeZoneError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of failure.
    ///
    /// More kinds may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case invalidIdentifier, unknownZone, damagedFile, unreadableDirectory
        }

        private let kind: Kind

        /// The text is not a valid identifier.
        public static let invalidIdentifier = Code(kind: .invalidIdentifier)
        /// The database has no zone with that identifier.
        public static let unknownZone = Code(kind: .unknownZone)
        /// The zone's file is not a valid TZif file.
        public static let damagedFile = Code(kind: .damagedFile)
        /// The folder does not exist.
        public static let unreadableDirectory = Code(kind: .unreadableDirectory)

        /// The code's name, such as `unknownZone`.
        public var description: String { kind.rawValue }
    }

    /// The kind of failure.
    public let code: Code
    /// The identifier or path that was refused.
    public let value: String
    /// A description of the problem and how to fix it.
    public let message: String

    /// The message.
    public var description: String { message }

    init(_ code: Code, value: String, message: String) {
        self.code = code
        self.value = value
        self.message = message
    }
}

extension TimeZoneError: LocalizedError {
    /// The ``description``, so that `localizedDescription` says it too.
    public var errorDescription: String? { description }
}
