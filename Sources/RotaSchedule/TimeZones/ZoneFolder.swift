import Foundation

/// A folder of compiled time zone files, such as `/usr/share/zoneinfo`.
struct ZoneFolder: Sendable, Hashable {
    let path: String

    /// Returns the folder in `TZDIR`, if set, or the first usual folder of a system that exists.
    static func system(environment: [String: String]) -> ZoneFolder? {
        let usual = [
            "/usr/share/zoneinfo", "/var/db/timezone/zoneinfo", "/usr/lib/zoneinfo", "/usr/share/lib/zoneinfo",
            "/etc/zoneinfo",
        ]
        let candidates = (environment["TZDIR"].map { [$0] } ?? []) + usual
        return candidates.lazy.map(ZoneFolder.init).first { $0.isFolder }
    }

    init(path: String) {
        self.path = path
    }

    /// Whether the folder exists.
    var isFolder: Bool {
        var isDirectory: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
    }

    /// Returns the bytes of a zone's file, or `nil` if it is not a regular file or larger than 1 MiB.
    func bytes(_ identifier: String) -> [UInt8]? {
        guard ZoneIdentifier.isSound(identifier), !ZoneIdentifier.isOfSystem(identifier) else { return nil }
        let url = URL(fileURLWithPath: path).appendingPathComponent(identifier).resolvingSymlinksInPath()
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: url.path),
            attributes[.type] as? FileAttributeType == .typeRegular,
            (attributes[.size] as? NSNumber)?.intValue ?? .max <= 1 << 20
        else { return nil }
        return FileManager.default.contents(atPath: url.path).map { Array($0) }
    }

    /// The release of the database, such as `2026a`, or `nil` if the folder does not contain it.
    var version: String? {
        if let text = text("+VERSION") ?? text("version") {
            return text.split(whereSeparator: \.isNewline).first.map { String($0.prefix(32)) }
        }
        guard let line = text("tzdata.zi")?.split(whereSeparator: \.isNewline).first, line.hasPrefix("# version ")
        else { return nil }
        return String(line.dropFirst("# version ".count).prefix(32))
    }

    private func text(_ name: String) -> String? {
        guard let handle = FileHandle(forReadingAtPath: path + "/" + name) else { return nil }
        defer { try? handle.close() }
        guard let data = try? handle.read(upToCount: 256) else { return nil }
        return String(decoding: data, as: UTF8.self)
    }

    /// Returns the identifiers of the zones in the folder, sorted, without the `posix` and `right` copies.
    func identifiers() -> [String] {
        let url = URL(fileURLWithPath: path).resolvingSymlinksInPath()
        guard let paths = FileManager.default.enumerator(atPath: url.path) else { return [] }
        var names: [String] = []
        for case let name as String in paths {
            guard ZoneIdentifier.isSound(name), !ZoneIdentifier.isOfSystem(name), startsAsZone(name) else { continue }
            names.append(name)
        }
        return names.sorted()
    }

    private func startsAsZone(_ name: String) -> Bool {
        guard let handle = FileHandle(forReadingAtPath: path + "/" + name) else { return false }
        defer { try? handle.close() }
        return (try? handle.read(upToCount: 4)) == Data("TZif".utf8)
    }
}
