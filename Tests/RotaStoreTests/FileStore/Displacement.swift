import Foundation
import RotaStore
import RotaTesting

/// What people and other programs do to the files of a store that is open.
protocol Intruder: Sendable {
    func move(_ path: String, to newPath: String)
    func removeAll(_ path: String)
    func duplicate(_ path: String, to newPath: String)
    func overwrite(_ path: String, _ bytes: [UInt8])
    func put(_ bytes: [UInt8], at path: String)
    func makeFolder(_ path: String) throws(SystemErrno)
}

extension FaultyFileSystem: Intruder {}

/// On the real disk.
struct PosixIntruder: Intruder {
    func move(_ path: String, to newPath: String) {
        try? FileManager.default.moveItem(atPath: path, toPath: newPath)
    }

    func removeAll(_ path: String) {
        try? FileManager.default.removeItem(atPath: path)
    }

    func duplicate(_ path: String, to newPath: String) {
        try? FileManager.default.copyItem(atPath: path, toPath: newPath)
    }

    func overwrite(_ path: String, _ bytes: [UInt8]) {
        guard let file = try? FileHandle(forWritingTo: URL(filePath: path)) else { return }
        try? file.truncate(atOffset: 0)
        try? file.write(contentsOf: Data(bytes))
        try? file.close()
    }

    func put(_ bytes: [UInt8], at path: String) {
        _ = FileManager.default.createFile(atPath: path, contents: Data(bytes))
    }

    func makeFolder(_ path: String) throws(SystemErrno) {
        try PosixFileSystem().makeFolder(path)
    }
}

/// One thing that happens to a file of a store, or to its folder.
struct Displacement: Hashable, CustomStringConvertible {
    enum Act: String, CaseIterable {
        case remove, rename, renameAndBack, replaceByCopy, replaceByEmpty, copyElsewhere, cut
    }

    /// What it happens to.
    enum Target: String, CaseIterable {
        case folder, lock, newestJournal, oldestJournal, snapshot, unfinished
    }

    let act: Act
    let target: Target

    static let all = Target.allCases.flatMap { target in
        Act.allCases.filter { target != .folder || $0 != .cut }.map { Displacement(act: $0, target: target) }
    }

    /// Whether the store must not even notice.
    var isHarmless: Bool { target == .lock || act == .renameAndBack || act == .copyElsewhere }

    /// Whether another folder, or none, has the path afterwards.
    var movesFolder: Bool { target == .folder && !isHarmless }

    var description: String { "\(act.rawValue) \(target.rawValue)" }

    /// Does it, if there is such a file.
    ///
    /// - Parameters:
    ///   - folder: The path of the store.
    ///   - names: The names in the folder.
    ///   - aside: A path outside the folder that is not in use.
    func perform(on folder: String, names: [String], aside: String, by intruder: any Intruder) {
        let path: String
        if target == .folder {
            path = folder
        } else if let name = Self.name(target, in: names.sorted()) {
            path = "\(folder)/\(name)"
        } else {
            return
        }
        switch act {
        case .remove:
            intruder.removeAll(path)
        case .rename:
            intruder.move(path, to: aside)
        case .renameAndBack:
            intruder.move(path, to: aside)
            intruder.move(aside, to: path)
        case .replaceByCopy:
            intruder.move(path, to: aside)
            intruder.duplicate(aside, to: path)
        case .replaceByEmpty:
            intruder.move(path, to: aside)
            if target == .folder { try? intruder.makeFolder(path) } else { intruder.put([], at: path) }
        case .copyElsewhere:
            intruder.duplicate(path, to: aside)
        case .cut:
            intruder.overwrite(path, [])
        }
    }

    private static func name(_ target: Target, in names: [String]) -> String? {
        let complete = names.filter { !$0.hasSuffix(".unfinished") }
        return switch target {
        case .folder: nil
        case .lock: names.first { $0 == "LOCK" }
        case .newestJournal: complete.last { $0.hasPrefix("journal-") }
        case .oldestJournal: complete.first { $0.hasPrefix("journal-") }
        case .snapshot: complete.last { $0.hasPrefix("snapshot-") }
        case .unfinished: names.first { $0.hasSuffix(".unfinished") }
        }
    }
}
