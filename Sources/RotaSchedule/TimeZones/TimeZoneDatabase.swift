public import Foundation
import RotaCore
import Synchronization

/// A source of time zone rules: a folder of zone files, or Foundation's copy.
///
/// ``system`` reads the folder in the environment variable `TZDIR`, or the usual folder of the system such as
/// `/usr/share/zoneinfo`. If that folder has no valid file for a zone, it uses Foundation, but only for names that IANA
/// has. On Linux, Foundation has a copy of its own that is as old as the toolchain, whereas the system's folder is kept
/// current by `tzdata` updates.
///
/// A zone is read once, on first use, and stays in memory. A file that later becomes unreadable changes nothing until
/// the process ends, and a zone that could not be read is tried again on its next use. ``reload()`` reads every zone
/// again, and replaces only the rules that it could read.
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
    /// Zones of `TimeZone` values whose names are not IANA's, such as `BST`.
    ///
    /// No text names them.
    private let foreign = ZoneCache(capacity: 64)
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
        knownTable(identifier) != nil
    }

    /// Returns the rules of a zone.
    ///
    /// - Parameter identifier: An IANA name such as `Europe/Berlin`, `UTC`, or a fixed offset such as `GMT+0530`.
    ///   Abbreviations such as `BST` and `IST` are refused: they mean different zones to different people.
    /// - Throws: ``TimeZoneError`` if there is no such zone, or if its file is damaged and Foundation cannot replace
    ///   it.
    public func rules(for identifier: String) throws(TimeZoneError) -> TimeZoneRules {
        TimeZoneRules(table: try table(identifier))
    }

    /// Reads every zone in use again, so that new rules take effect without a restart.
    ///
    /// A zone whose file is missing or damaged keeps its rules.
    ///
    /// - Returns: For each zone that kept its rules, the reason why it could not be read.
    @discardableResult
    public func reload() -> [TimeZoneError] {
        var errors: [TimeZoneError] = []
        for identifier in cache.identifiers.sorted() {
            guard let known = cache.table(identifier) else { continue }
            switch read(identifier) {
            // Foundation's copy may be older than the file that was read before.
            case .found(let fresh) where fresh.isFromFoundation && !known.isFromFoundation:
                errors.append(error(.unknown, for: identifier))
            case .found(let fresh):
                if fresh != known { cache.store(fresh) }
            case .missing(let reason):
                errors.append(error(reason, for: identifier))
            }
        }
        return errors
    }

    /// Replaces the folder and reads every zone in use again.
    ///
    /// - Parameter directory: A folder of TZif files named by identifier.
    /// - Returns: For each zone that kept its rules, the reason why it could not be read.
    /// - Throws: ``TimeZoneError`` if the folder does not exist. Nothing changes then.
    @discardableResult
    public func reload(from directory: URL) throws(TimeZoneError) -> [TimeZoneError] {
        let replacement = try Self.folder(directory)
        folder.withLock { $0 = replacement }
        return reload()
    }

    /// Returns the compiled rules of a zone, which are read on first use.
    func table(_ identifier: String) throws(TimeZoneError) -> ZoneTable {
        if let known = cache.table(identifier) { return known }
        switch read(identifier) {
        case .found(let table):
            cache.store(table)
            return table
        case .missing(let reason):
            throw error(reason, for: identifier)
        }
    }

    /// Returns the compiled rules of a zone, or `nil` if they cannot be read now.
    ///
    /// Unlike ``table(_:)-(String)``, it does not look for a similar name, which reads the whole folder.
    func knownTable(_ identifier: String) -> ZoneTable? {
        if let known = cache.table(identifier) { return known }
        guard case .found(let table) = read(identifier) else { return nil }
        cache.store(table)
        return table
    }

    /// Returns the compiled rules of a Foundation time zone, compiled from Foundation if the database has no such zone.
    func table(_ zone: TimeZone) -> ZoneTable {
        let identifier = zone.identifier
        if let known = cache.table(identifier) ?? foreign.table(identifier) { return known }
        if case .found(let table) = read(identifier) {
            cache.store(table)
            return table
        }
        let table = FoundationZone.table(zone)
        foreign.store(table)
        return table
    }

    /// The result of looking for a zone.
    private enum Reading {
        case found(ZoneTable)
        case missing(Absence)
    }

    /// The reason why a zone cannot be read.
    private enum Absence {
        case unsound, unknown
        case damaged(TZifFile.Damage)
    }

    private func read(_ identifier: String) -> Reading {
        if let offset = ZoneIdentifier.fixedOffset(identifier) {
            return .found(ZoneTable(identifier: identifier, fixedOffset: offset))
        }
        guard ZoneIdentifier.isSound(identifier) else { return .missing(.unsound) }
        var absence = Absence.unknown
        if let bytes = folder.withLock({ $0 })?.bytes(identifier) {
            do throws(TZifFile.Damage) {
                return .found(ZoneTable(identifier: identifier, file: try TZifFile(bytes)))
            } catch {
                absence = .damaged(error)
            }
        }
        if fallsBack, let table = FoundationZone.table(identifier) { return .found(table) }
        return .missing(absence)
    }

    private func error(_ absence: Absence, for identifier: String) -> TimeZoneError {
        switch absence {
        case .damaged(let damage):
            return TimeZoneError(
                .damagedFile, value: identifier,
                message: "The file of time zone \"\(identifier)\" is damaged: \(damage.reason).")
        case .unsound:
            let plain = ZoneIdentifier.plain(identifier)
            let hint = ZoneIdentifier.isSound(plain) && contains(plain) ? "did you mean \"\(plain)\"?" : nil
            return TimeZoneError(
                .invalidIdentifier, value: identifier,
                message: "\"\(identifier)\" cannot be the name of a time zone; "
                    + (hint ?? "use one such as \"Europe/Berlin\"."))
        case .unknown:
            let meant = ZoneIdentifier.meant(by: identifier, among: identifiers)
            let choices = meant.map { "\"\($0)\"" }.joined(separator: " or ")
            return TimeZoneError(
                .unknownZone, value: identifier,
                message: "There is no time zone \"\(identifier)\"; "
                    + (meant.isEmpty ? "use an IANA name such as \"Europe/Berlin\"." : "did you mean \(choices)?"))
        }
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
