/// Reads a store's files into a state, without changing any of them.
///
/// The newest sound snapshot, then every journal from its generation on; each frame must carry the number after the one
/// before. What the end looks like decides what ``Recovery/repair(in:)`` does before the store may be written again.
package struct Recovery<State> {
    /// How the frames come to an end.
    package enum Ending: Sendable, Hashable {
        /// With the last whole frame of the newest journal.
        case whole
        /// In a write that was never acknowledged, at a byte of a journal's file.
        case torn(journal: UInt64, offset: Int)
        /// In bytes that had been safe on the disk once; `journal` may be missing altogether.
        case damaged(journal: UInt64, offset: Int, reason: String)
    }

    /// The state after everything that could be read.
    package private(set) var state: State
    /// The sequence number of the next frame.
    package private(set) var nextSequence: UInt64 = 1
    /// The journals that follow the snapshot, ascending.
    package private(set) var journals: [UInt64] = []
    /// Files of generations that the snapshot replaces.
    package private(set) var superseded: [String] = []
    /// Snapshots that are damaged, and that an older snapshot or the first journal makes up for.
    package private(set) var badSnapshots: [UInt64] = []
    /// The length of the snapshot that was read, in bytes.
    package private(set) var snapshotBytes = 0
    /// How the frames come to an end.
    package private(set) var ending = Ending.whole
    /// What was read.
    package var report = RecoveryReport()

    private let folder: StoreFolder
    private let apply: (inout State, UnsafeRawBufferPointer) throws -> Void

    /// Reads all there is.
    ///
    /// - Parameters:
    ///   - initial: The state of an empty store.
    ///   - apply: Applies the changes of one payload.
    /// - Throws: ``FileStoreError`` if a file cannot be read, is of a later format, or is a snapshot that nothing makes
    ///   up for; and what `apply` throws.
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
            listing.journals.filter { $0 < base }.map { StoreFolder.name(.journal, $0) }
            + listing.snapshots.filter { $0 < base }.map { StoreFolder.name(.snapshot, $0) }
        try readJournals(from: base)
    }

    /// The path of a journal.
    func path(of journal: UInt64) -> String { folder.path(.journal, journal) }

    /// Where the commits break off because of damage, if they do.
    package var damage: FileStoreError? {
        guard case .damaged(let journal, let offset, let reason) = ending else { return nil }
        return FileStoreError(
            .damaged, path: path(of: journal), "\(reason); the commits from number \(nextSequence) on cannot be read",
            offset: offset)
    }

    /// Reads the newest snapshot that is sound, and returns the generation of the first journal that follows it.
    private mutating func readBase(_ listing: StoreFolder.Listing, initial: State) throws -> UInt64 {
        var flaw: FileStoreError?
        for generation in listing.snapshots.reversed() {
            do {
                try readSnapshot(generation)
                return generation
            } catch let error as FileStoreError where error.code == .damaged {
                flaw = flaw ?? error
                badSnapshots.append(generation)
                state = initial
                report.snapshotFrames = 0
                report.replayedBytes = 0
            }
        }
        if listing.journals.first == 1 || (listing.journals.isEmpty && flaw == nil) { return 1 }
        throw flaw
            ?? FileStoreError(
                .damaged, path: folder.path,
                "the snapshot that its journals continue is missing; restore it from a backup, or move the folder "
                    + "away to begin anew")
    }

    private mutating func readSnapshot(_ generation: UInt64) throws {
        let path = folder.path(.snapshot, generation)
        let file = try StoreFile(path, .read, in: folder.files)
        defer { file.close() }
        func damaged(_ offset: Int) -> FileStoreError {
            FileStoreError(
                .damaged, path: path,
                "is damaged at byte \(offset), and nothing older makes up for it; restore it from a backup, or move "
                    + "the folder away to begin anew", offset: offset)
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
            let file = try StoreFile(folder.path(.journal, generation), .read, in: folder.files)
            defer { file.close() }
            guard try Self.header(.journal, generation, of: file) != nil else {
                // A journal gets its name only after its header is synced, so no crash leaves a bad one.
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
            if step == .broken {
                ending = try judge(generation, file, reader.offset)
                return
            }
        }
    }

    /// Decides whether a place that holds no frame was torn by a crash or damaged later.
    private func judge(_ generation: UInt64, _ file: StoreFile, _ offset: Int) throws -> Ending {
        func damaged(_ later: UInt64, _ place: Int) -> Ending {
            .damaged(
                journal: generation, offset: offset,
                reason: "is damaged at byte \(offset): commit \(nextSequence), which "
                    + "\(StoreFolder.name(.journal, later)) shows at byte \(place) to have been safe on the disk, "
                    + "cannot be read")
        }
        func proof(_ bytes: [UInt8], _ generation: UInt64) -> Int? {
            bytes.withUnsafeBytes { FrameScan.proof(in: $0, generation: generation, missing: nextSequence) }
        }
        if let place = proof(try file.bytes(from: offset), generation) { return damaged(generation, offset + place) }
        for later in journals where later > generation {
            let file = try StoreFile(folder.path(.journal, later), .read, in: folder.files)
            defer { file.close() }
            if let place = proof(try file.bytes(from: FileHeader.size), later) {
                return damaged(later, FileHeader.size + place)
            }
        }
        return .torn(journal: generation, offset: offset)
    }

    /// Reads a file's header; nil if it is damaged.
    private static func header(
        _ kind: FileHeader.Kind, _ generation: UInt64, of file: StoreFile
    ) throws -> FileHeader? {
        var bytes = [UInt8](repeating: 0, count: FileHeader.size)
        let count = try bytes.withUnsafeMutableBytes { try file.read(at: 0, into: $0) }
        guard count == FileHeader.size else { return nil }
        do {
            let header = try bytes.withUnsafeBytes { bytes throws(FileHeader.Flaw) in
                try FileHeader(kind, reading: bytes)
            }
            let isInRange = kind == .journal || (1...FileHeader.largestNumber).contains(header.sequence)
            return header.generation == generation && isInRange ? header : nil
        } catch FileHeader.Flaw.laterVersion(let version) {
            throw FileStoreError(
                .unsupportedVersion, path: file.path,
                "has format \(version), and this version of Rota reads up to \(FileHeader.version); update Rota")
        } catch {
            return nil
        }
    }
}

extension Recovery where State == StoreState {
    /// Reads a store's records, without changing any of its files.
    package init(of listing: StoreFolder.Listing, in folder: StoreFolder) throws(FileStoreError) {
        do {
            try self.init(listing, in: folder, initial: StoreState()) { state, payload in
                try Change.read(payload, archive: { state.put($0) }, { state.apply($0) })
            }
        } catch let error as FileStoreError {
            throw error
        } catch let error as RecordFormatError where error.isLaterFormat {
            throw FileStoreError(
                .unsupportedVersion, path: folder.path,
                "holds a commit that this version of Rota cannot read, \(error.message); update Rota")
        } catch {
            throw FileStoreError(
                .damaged, path: folder.path,
                "holds a commit whose checksum is right and whose content is not: \(error); nothing was changed, "
                    + "restore the folder from a backup")
        }
    }
}
