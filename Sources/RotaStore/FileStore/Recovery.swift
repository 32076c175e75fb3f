/// Reads the files of a store into a state, without changing them.
///
/// ```
///   newest valid snapshot, or none      snapshot-5                     (its header: journal 5 starts with frame 90)
///   then the journals from there on     journal-5   90 91 92 … 130
///                                       journal-6   131 132 …          the frames' numbers have no gap
/// ```
///
/// How the frames end decides what ``repair(_:in:)`` does before the store can be written again.
package struct Recovery<State> {
    /// How the readable frames end.
    package enum Ending: Sendable, Hashable {
        /// At the end of the newest journal.
        case whole
        /// In the middle of a write that was never acknowledged.
        case torn(journal: UInt64, offset: Int)
        /// Before bytes that were once safe on disk, or before a journal that is missing.
        case damaged(journal: UInt64, offset: Int, reason: String)
    }

    /// The state after all readable frames.
    package private(set) var state: State
    /// The number of the next frame.
    package private(set) var nextSequence: UInt64 = 1
    /// The generations of the journals that follow the snapshot, ascending.
    package private(set) var journals: [UInt64] = []
    /// The names of files that the snapshot replaces.
    package private(set) var superseded: [String] = []
    /// The generations of damaged snapshots that older files make up for.
    package private(set) var damagedSnapshots: [UInt64] = []
    /// The size of the snapshot that was read, in bytes.
    package private(set) var snapshotBytes = 0
    /// The snapshot and the journals that were read, in this order, each with the size of its readable part.
    package var held: [HeldFile] = []
    /// How the readable frames end.
    package private(set) var ending = Ending.whole
    /// The report for the store's user.
    package var report = RecoveryReport()

    private let folder: StoreFolder
    private let apply: (inout State, UnsafeRawBufferPointer) throws -> Void

    /// Reads all files.
    ///
    /// - Parameters:
    ///   - listing: The names in the folder.
    ///   - folder: The folder of the store.
    ///   - initial: The state of an empty store.
    ///   - apply: Applies the changes of one payload.
    /// - Throws: ``FileStoreError`` if a file cannot be read, has a later format, or is a damaged snapshot that no
    ///   other file makes up for. Also any error of `apply`.
    package init(
        _ listing: StoreFolder.Listing, in folder: StoreFolder, initial: State,
        apply: @escaping (inout State, UnsafeRawBufferPointer) throws -> Void
    ) throws {
        self.folder = folder
        self.apply = apply
        state = initial
        report.quarantined = listing.quarantined
        let base = try readBase(listing, initial: initial)
        journals = listing.journals.filter { $0 >= base }
        superseded =
            listing.snapshots.filter { $0 < base }.map { StoreFolder.name(.snapshot, $0) }
            + listing.journals.filter { $0 < base }.map { StoreFolder.name(.journal, $0) }
        try readJournals(from: base)
    }

    /// The damage at the end of the readable frames, if any.
    package var damage: FileStoreError? {
        guard case .damaged(let journal, let offset, let reason) = ending else { return nil }
        return FileStoreError(
            .damaged, path: folder.path(.journal, journal),
            "\(reason); commit \(nextSequence) and later ones cannot be read",
            offset: offset)
    }

    /// Reads the newest valid snapshot, and returns the generation of the first journal to replay over it.
    ///
    /// In place of a damaged one, an older one will do only with all journals in between: without them, it would bring
    /// back a state of long ago.
    private mutating func readBase(_ listing: StoreFolder.Listing, initial: State) throws -> UInt64 {
        var damage: FileStoreError?
        // Whether the journals lead from a generation to the newest damaged snapshot, or there is none.
        func isContinued(_ generation: UInt64) -> Bool {
            guard let newest = damagedSnapshots.first else { return true }
            return listing.journals.filter { generation..<newest ~= $0 }.count == Int(newest - generation)
        }
        for generation in listing.snapshots.reversed() where isContinued(generation) {
            do {
                try readSnapshot(generation)
                return generation
            } catch let error as FileStoreError where error.code == .damaged {
                damage = damage ?? error
                damagedSnapshots.append(generation)
                state = initial
                report.snapshotFrames = 0
                report.replayedBytes = 0
            }
        }
        if listing.journals.first == 1 ? isContinued(1) : listing.journals.isEmpty && damage == nil { return 1 }
        throw damage
            ?? FileStoreError(
                .damaged, path: folder.path,
                "the snapshot that the journals continue is missing; restore it from a backup, or move the folder away "
                    + "to start with an empty store")
    }

    private mutating func readSnapshot(_ generation: UInt64) throws {
        let file = try StoreFile(StoreFolder.name(.snapshot, generation), .read, in: folder)
        defer { file.close() }
        let path = file.path
        func damaged(_ offset: Int) -> FileStoreError {
            FileStoreError(
                .damaged, path: path,
                "is damaged at byte \(offset), and the files it replaced are gone; restore it from a backup, or move "
                    + "the folder away to start with an empty store", offset: offset)
        }
        guard let header = try Self.header(.snapshot, generation, of: file) else { throw damaged(0) }
        var reader = try FrameReader(file, generation: generation)
        var sequence: UInt64 = 1
        var sealed = false
        while true {
            let step = try reader.next(sequence: sequence) { frame, payload in
                if frame.kind == .seal { sealed = true } else { try apply(&state, payload) }
            }
            switch step {
            case .frame where sealed:
                guard reader.offset == (try file.size()) else { throw damaged(reader.offset) }
                nextSequence = header.sequence
                report.snapshot = StoreFolder.name(.snapshot, generation)
                report.replayedBytes += reader.offset
                snapshotBytes = reader.offset
                held = [HeldFile(file, size: reader.offset)]
                return
            case .frame:
                sequence += 1
                report.snapshotFrames += 1
            case .end, .broken:
                throw damaged(reader.offset)
            }
        }
    }

    private mutating func readJournals(from base: UInt64) throws {
        guard !journals.isEmpty || report.snapshot != nil else { return }
        for generation in base...max(base, journals.last ?? base) {
            guard journals.contains(generation) else {
                ending = .damaged(journal: generation, offset: 0, reason: "is missing")
                return
            }
            let file = try StoreFile(StoreFolder.name(.journal, generation), .read, in: folder)
            defer { file.close() }
            guard try Self.header(.journal, generation, of: file) != nil else {
                // A crash cannot do this: a journal is renamed only after its header is synced.
                ending = .damaged(journal: generation, offset: 0, reason: "has a damaged header")
                return
            }
            var reader = try FrameReader(file, generation: generation)
            var step = FrameReader.Step.frame
            while step == .frame {
                step = try reader.next(sequence: nextSequence) { frame, payload in
                    guard frame.kind == .changes else { return }
                    try apply(&state, payload)
                    report.replayedFrames += 1
                }
                if step == .frame { nextSequence += 1 }
            }
            report.replayedBytes += reader.offset
            held.append(HeldFile(file, size: reader.offset))
            if step == .broken {
                ending = try classifyEnd(generation, file, reader.offset)
                return
            }
        }
    }

    /// Decides whether unreadable bytes were torn by a crash or damaged later.
    private func classifyEnd(_ generation: UInt64, _ file: StoreFile, _ offset: Int) throws -> Ending {
        func damaged(_ later: UInt64, _ place: Int) -> Ending {
            .damaged(
                journal: generation, offset: offset,
                reason:
                    "is damaged at byte \(offset): commit \(nextSequence) cannot be read, although it was safe on disk "
                    + "according to \(StoreFolder.name(.journal, later)) at byte \(place)")
        }
        func proof(_ bytes: [UInt8], _ generation: UInt64) -> Int? {
            bytes.withUnsafeBytes { FrameScan.proof(in: $0, generation: generation, missing: nextSequence) }
        }
        if let place = proof(try file.bytes(from: offset), generation) { return damaged(generation, offset + place) }
        for later in journals where later > generation {
            let file = try StoreFile(StoreFolder.name(.journal, later), .read, in: folder)
            defer { file.close() }
            if let place = proof(try file.bytes(from: FileHeader.size), later) {
                return damaged(later, FileHeader.size + place)
            }
        }
        return .torn(journal: generation, offset: offset)
    }

    /// Reads the header of a file.
    ///
    /// - Returns: The header, or `nil` if it is damaged.
    /// - Throws: ``FileStoreError`` if the file cannot be read or has a later format.
    private static func header(
        _ kind: FileHeader.Kind, _ generation: UInt64, of file: StoreFile
    ) throws -> FileHeader? {
        var bytes = [UInt8](repeating: 0, count: FileHeader.size)
        let count = try bytes.withUnsafeMutableBytes { try file.read(at: 0, into: $0) }
        guard count == FileHeader.size else { return nil }
        do {
            let header = try bytes.withUnsafeBytes { bytes throws(FileHeader.ReadError) in
                try FileHeader(kind, reading: bytes)
            }
            let isInRange = kind == .journal || (1...FileHeader.largestNumber).contains(header.sequence)
            return header.generation == generation && isInRange ? header : nil
        } catch FileHeader.ReadError.laterVersion(let version) {
            throw FileStoreError(
                .unsupportedVersion, path: file.path,
                "has format \(version), and this version of Rota reads up to \(FileHeader.version); update Rota")
        } catch {
            return nil
        }
    }
}

extension Recovery where State == StoreState {
    /// Reads the records of a store, without changing its files.
    ///
    /// - Throws: ``FileStoreError`` if the files cannot be read.
    package init(of listing: StoreFolder.Listing, in folder: StoreFolder) throws(FileStoreError) {
        let parts = SharedParts()
        do {
            try self.init(listing, in: folder, initial: StoreState(isLoading: true)) { state, payload in
                try Change.read(payload, sharing: parts, archive: { state.put($0) }, { state.apply($0) })
            }
        } catch let error as FileStoreError {
            throw error
        } catch let error as RecordFormatError where error.isLaterFormat {
            throw FileStoreError(
                .unsupportedVersion, path: folder.path,
                "contains a commit of a later version of Rota (\(error.message)); update Rota")
        } catch {
            throw FileStoreError(
                .damaged, path: folder.path,
                "contains a commit with a valid checksum and invalid content: \(error); nothing was changed, restore the "
                    + "folder from a backup")
        }
    }
}
