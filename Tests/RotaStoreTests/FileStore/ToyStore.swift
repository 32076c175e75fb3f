import RotaStore

/// A minimal store on the journal: numbers by key, and commits that set or remove them.
///
/// It tests journals, snapshots and recovery independently of records.
struct ToyStore {
    /// One commit: keys with their new values, nil for removed.
    typealias Commit = [UInt8: UInt32?]

    private(set) var values: [UInt8: UInt32]
    private(set) var report: RecoveryReport
    private(set) var journal: Journal
    private let folder: StoreFolder
    private let lock: FolderLock

    init(_ files: any FileSystem, at path: String = "/store") throws {
        lock = try FolderLock(path, in: files)
        folder = lock.folder
        do {
            let listing = try folder.listing()
            var recovery = try Recovery(listing, in: folder, initial: [:], apply: Self.apply)
            journal = try recovery.repair(listing, in: folder)
            values = recovery.state
            report = recovery.report
        } catch {
            lock.close()
            throw error
        }
    }

    /// Commits each group with one flush.
    mutating func commit(_ commits: [Commit], sync: Bool = true) throws {
        for commit in commits {
            try journal.appendPayload { bytes in Self.encode(commit, to: &bytes) }
            for (key, value) in commit { values[key] = value }
        }
        try journal.flush(sync: sync)
    }

    mutating func commit(_ commit: Commit, sync: Bool = true) throws { try self.commit([commit], sync: sync) }

    /// Compacts, and calls a closure before each chunk, which may commit.
    mutating func compact(chunk: Int = 2, between: (inout ToyStore) throws -> Void = { _ in }) throws {
        let next = journal.generation + 1
        try journal.rotate(to: folder.makeJournal(next))
        var snapshot = try SnapshotWriter(next, sequence: journal.nextSequence, in: folder)
        do {
            var cursor = -1
            while true {
                try between(&self)
                let keys = values.keys.filter { Int($0) > cursor }.sorted().prefix(chunk)
                guard let last = keys.last else { break }
                var bytes: [UInt8] = []
                Self.encode(Dictionary(uniqueKeysWithValues: keys.map { ($0, values[$0]) }), to: &bytes)
                try snapshot.append(bytes)
                cursor = Int(last)
            }
            try snapshot.finish()
            journal.follow(snapshot.held)
        } catch {
            snapshot.discard()
            throw error
        }
        try folder.removeSuperseded(before: next)
    }

    mutating func close() throws {
        defer { lock.close() }
        try journal.close()
    }

    static func encode(_ commit: Commit, to bytes: inout [UInt8]) {
        for (key, value) in commit.sorted(by: { $0.key < $1.key }) {
            bytes.append(key)
            bytes.append(value == nil ? 0 : 1)
            LittleEndian.append(value ?? 0, to: &bytes)
        }
    }

    static func apply(_ values: inout [UInt8: UInt32], _ payload: UnsafeRawBufferPointer) throws {
        guard payload.count % 6 == 0 else { throw ToyDecodingError() }
        for start in stride(from: 0, to: payload.count, by: 6) {
            values[payload[start]] = payload[start + 1] == 0 ? nil : LittleEndian.uint32(payload, start + 2)
        }
    }
}

struct ToyDecodingError: Error {}
