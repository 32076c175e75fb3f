import Foundation

/// Writes compiled time zone files (RFC 8536, version 2) from changes and a rule.
struct TZifWriter {
    var version: UInt8 = UInt8(ascii: "2")
    var firstOffset = 0
    var changes: [(instant: Int, offset: Int)] = []
    var footer = ""

    var data: Data {
        var bytes: [UInt8] = []
        if version == 0 {
            bytes = block(width: 4)
        } else {
            var empty = self
            empty.changes = []
            bytes = empty.block(width: 4) + block(width: 8) + Array("\n\(footer)\n".utf8)
        }
        return Data(bytes)
    }

    private func block(width: Int) -> [UInt8] {
        let offsets = [firstOffset] + changes.map(\.offset)
        var bytes = Array("TZif".utf8) + [version] + Array(repeating: 0, count: 15)
        for count in [0, 0, 0, changes.count, offsets.count, 4] { bytes += number(count, 4) }
        for change in changes { bytes += number(change.instant, width) }
        for index in changes.indices { bytes.append(UInt8(index + 1)) }
        for offset in offsets { bytes += number(offset, 4) + [0, 0] }
        return bytes + Array("XXX\0".utf8)
    }

    private func number(_ value: Int, _ width: Int) -> [UInt8] {
        (0..<width).reversed().map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }
}

/// A file with two offsets and any number of changes between them.
struct DenseTZif {
    var changes: [(instant: Int, offset: Int)]

    var data: Data {
        func number(_ value: Int, _ width: Int) -> [UInt8] {
            (0..<width).reversed().map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
        }
        // Appended piece by piece: the compiler takes half a minute for one long sum.
        var bytes = TZifWriter().data.prefix(44 + 10)
        bytes += Array("TZif2".utf8)
        bytes += [UInt8](repeating: 0, count: 15)
        for count in [0, 0, 0, changes.count, 2, 4] { bytes += number(count, 4) }
        for change in changes { bytes += number(change.instant, 8) }
        for change in changes { bytes.append(change.offset == 0 ? 0 : 1) }
        bytes += number(0, 4)
        bytes += [0, 0]
        bytes += number(3_600, 4)
        bytes += [1, 0]
        bytes += Array("XXX\0\n\n".utf8)
        return bytes
    }
}

/// A folder that is removed at the end of its lifetime.
final class TemporaryFolder: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("rota-zones-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }

    func write(_ data: Data, to name: String) throws {
        let file = url.appendingPathComponent(name)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try data.write(to: file)
    }
}
