public import Foundation

/// All records of a store at one point in time, as lines of JSON.
///
/// The first line names the format and its version. Then follow the records, one a line, each after those it belongs
/// to. The last line counts the records. Later changes to the store do not affect the export. Lines are produced one at
/// a time, so memory use does not depend on the store's size.
///
/// Dates are ISO 8601, to the millisecond or as exactly as needed. Importing the lines restores the records exactly.
public struct StoreExport: AsyncSequence, Sendable {
    /// A line, without its line break.
    public typealias Element = String
    /// An encoder's error, which no record accepted by a store should cause.
    public typealias Failure = any Error

    private let begin: @Sendable () -> () throws -> Data?

    /// Creates an export.
    ///
    /// - Parameter begin: Returns a function that returns one line per call, and `nil` at the end.
    init(_ begin: @escaping @Sendable () -> () throws -> Data?) {
        self.begin = begin
    }

    /// Returns an iterator that starts with the first line.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(begin()) }

    /// Produces the lines, one at a time.
    public struct AsyncIterator: AsyncIteratorProtocol {
        private let line: () throws -> Data?

        init(_ line: @escaping () throws -> Data?) {
            self.line = line
        }

        /// Returns the next line, or `nil` after the last.
        public mutating func next() async throws -> String? {
            try line().map { String(decoding: $0, as: UTF8.self) }
        }
    }

    /// Writes the lines to a new file that only its owner may read, and waits until it is on disk.
    ///
    /// - Parameter file: Where to write. The file must not exist yet.
    /// - Throws: ``FileStoreError`` if the file exists or cannot be written. An incomplete file is removed.
    public func write(to file: URL) async throws {
        try await write(to: file.path(percentEncoded: false), in: PosixFileSystem())
    }

    package func write(to path: String, in files: any FileSystem) async throws {
        let begin = begin
        try await SerialQueueExecutor(label: "rota.store.export").perform {
            let file: StoreFile
            do throws(FileStoreError) {
                file = try StoreFile(path, .create, in: files)
            } catch {
                // The file was created but could not be examined.
                if error.code == .readFailed { try? files.removeFile(path) }
                throw error
            }
            defer { file.close() }
            do {
                let next = begin()
                var block: [UInt8] = []
                while let line = try next() {
                    block += line
                    block.append(UInt8(ascii: "\n"))
                    guard block.count >= 1 << 20 else { continue }
                    try file.append(block)
                    block.removeAll(keepingCapacity: true)
                }
                try file.append(block)
                try file.sync()
                try StoreFolder.syncName(of: path, in: files)
            } catch {
                try? files.removeFile(path)
                throw error
            }
        }
    }
}

extension StoreState {
    /// Returns all current records as lines.
    package func export() -> StoreExport {
        StoreExport {
            var lines = ExportLines(self)
            return { try lines.next() }
        }
    }
}

/// Produces the lines of an export, a few records at a time.
private struct ExportLines {
    private enum Place {
        case format
        case records(StoreState.SnapshotPosition?)
        case done
    }

    private let state: StoreState
    private let coder = ExchangeCoder()
    private var place = Place.format
    private var records: ArraySlice<StoredRecord> = []
    private var count = 0

    private static let chunk = 256

    init(_ state: StoreState) {
        self.state = state
    }

    /// Returns the next line, or `nil` after the last.
    mutating func next() throws -> Data? {
        while true {
            if let record = records.popFirst() {
                count += 1
                return try coder.text(ExchangeLine.record(record))
            }
            switch place {
            case .format:
                place = .records(.jobs(after: nil))
                return try coder.text(ExchangeLine.format(version: ExchangeLine.version))
            case .records(let from?):
                let (records, following) = state.snapshot(from: from, limit: Self.chunk)
                self.records = records[...]
                place = .records(following)
            case .records(nil):
                place = .done
                return try coder.text(ExchangeLine.end(records: count))
            case .done:
                return nil
            }
        }
    }
}
