#if Postgres
    import RotaStore

    /// An instance's copy of all records, and the last commit that it has applied.
    struct Replica {
        var state = Replica.emptyState
        /// The last commit that was applied, or `nil` if the copy must be read again.
        private(set) var position: LogPosition?
        /// The newest snapshot that is known, and its size in bytes.
        private(set) var snapshot: (sequence: Int64, bytes: Int)?
        /// The size of the changes since that snapshot, in bytes.
        private(set) var bytesSinceSnapshot = 0

        private var parts = SharedParts()

        private static var emptyState: StoreState {
            var state = StoreState(isLoading: true)
            // Dates are compared with the server's clock.
            state.checksClocks = true
            return state
        }

        /// Begins from an empty store, or from the place at which a snapshot was begun.
        mutating func begin(at position: LogPosition, snapshot: (sequence: Int64, bytes: Int)?) {
            state.endLoading()
            self.position = position
            self.snapshot = snapshot
            bytesSinceSnapshot = 0
        }

        /// Applies the records of a part of a snapshot.
        mutating func load(_ records: [UInt8]) throws {
            try apply(records)
        }

        /// Applies the commits that follow the position.
        ///
        /// - Parameter rows: The commit at the position, and those after it.
        /// - Returns: Whether any was made by another writer; `nil` if the first row is not the commit at the position:
        ///   then the copy must be read again.
        mutating func apply(_ rows: [CommitRow], writer: String) throws -> Bool? {
            guard let first = rows.first, let position, first.position == position else {
                invalidate()
                return nil
            }
            var hasOthers = false
            for row in rows.dropFirst() {
                // A gap means that commits were removed which this copy has not seen.
                guard row.position.sequence &- 1 == self.position?.sequence else {
                    invalidate()
                    return nil
                }
                try apply(row.changes)
                advance(to: row.position, by: row.changes.count)
                if row.writer != writer { hasOthers = true }
            }
            return hasOthers
        }

        /// Records that the state has the changes of a commit.
        mutating func advance(to position: LogPosition, by bytes: Int) {
            self.position = position
            bytesSinceSnapshot += bytes
        }

        /// Records that another instance or this one has written a snapshot.
        ///
        /// - Parameters:
        ///   - sequence: The last commit that it has.
        ///   - bytes: Its size.
        ///   - rest: The size of the commits since then, in bytes.
        mutating func follow(snapshot sequence: Int64, bytes: Int, since rest: Int) {
            guard position != nil else { return }
            snapshot = (sequence, bytes)
            bytesSinceSnapshot = rest
        }

        /// Forgets the copy, because it has changes that were not committed, or misses some that were.
        mutating func invalidate() {
            self = Replica()
        }

        private mutating func apply(_ changes: [UInt8]) throws {
            guard !changes.isEmpty else { return }
            try changes.withUnsafeBytes { bytes in
                try Change.read(bytes, sharing: parts, archive: { state.put($0) }, { state.apply($0) })
            }
        }
    }
#endif
