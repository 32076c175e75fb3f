import Foundation

extension StoreState {
    /// All records as they are now, as lines.
    package func export() -> StoreExport {
        StoreExport {
            var lines = ExportLines(self)
            return { try lines.next() }
        }
    }
}

/// Makes the lines of an export, a few records at a time.
private struct ExportLines {
    private enum Place {
        case format
        case records(StoreState.SnapshotPlace?)
        case done
    }

    private let state: StoreState
    private let coder = ExchangeCoder()
    private var place = Place.format
    private var changes: ArraySlice<Change> = []
    private var count = 0

    private static let chunk = 256

    init(_ state: StoreState) {
        self.state = state
    }

    /// The next line, or nil after the last.
    mutating func next() throws -> Data? {
        while true {
            if let change = changes.popFirst() {
                count += 1
                return try coder.text(ExchangeLine.change(change))
            }
            switch place {
            case .format:
                place = .records(.jobs(after: nil))
                return try coder.text(ExchangeLine.format(version: ExchangeLine.version))
            case .records(let from?):
                let (changes, following) = state.snapshot(from: from, limit: Self.chunk)
                self.changes = changes[...]
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
