import Synchronization

/// A sorted set of keys in small chunks.
///
/// Inserting or removing a key, and finding the first or next one, take O(log n) comparisons and a short move of
/// memory. Removing the smallest key, as queues do, moves nothing. A small set is a single array.
///
/// ```
///   firstChunk  [ · · 5 7 8 ]        · removed keys, counted by `taken`
///   laterChunks [ [9 12 13] [20 21] ]
///   lastKeys    [    13        21   ] found by binary search
/// ```
package struct OrderedIndex<Key: Comparable & Sendable>: Sendable {
    // No chunk is empty unless the set is. A key belongs to the first chunk whose last key is not smaller.
    private var firstChunk: [Key] = []
    private var laterChunks: [[Key]] = []
    /// The last key of each later chunk, so that finding a key's chunk touches no other memory.
    private var lastKeys: [Key] = []
    /// The number of removed keys at the start of the first chunk, always less than its size.
    private var taken = 0
    /// The number of keys.
    package private(set) var count = 0

    /// The number of keys in a full chunk.
    ///
    /// Large sets use larger chunks, so that a split moves fewer of them.
    private var chunkSize: Int { count < 1 << 15 ? 128 : 512 }

    package init() {}

    /// Creates a set of keys.
    package init(sorting keys: some Sequence<Key>) {
        for key in keys.sorted() { insert(key) }
    }

    package var isEmpty: Bool { count == 0 }

    /// The smallest key.
    package var first: Key? { count == 0 ? nil : firstChunk[taken] }

    private var chunkCount: Int { count == 0 ? 0 : laterChunks.count + 1 }

    private subscript(chunk chunk: Int) -> [Key] {
        _read { if chunk == 0 { yield firstChunk } else { yield laterChunks[chunk - 1] } }
        _modify { if chunk == 0 { yield &firstChunk } else { yield &laterChunks[chunk - 1] } }
    }

    /// The first position of a chunk that holds a key of the set.
    private func start(ofChunk chunk: Int) -> Int { chunk == 0 ? taken : 0 }

    // MARK: Changes

    /// The greatest key.
    package var last: Key? { count == 0 ? nil : lastKeys.last ?? firstChunk.last }

    /// The key at an offset from the end, 0 for the greatest.
    ///
    /// - Returns: `nil` if the set has no more than `offset` keys.
    /// - Complexity: O(offset / 64).
    package func key(fromEnd offset: Int) -> Key? {
        var rest = offset
        for chunk in stride(from: chunkCount - 1, through: 0, by: -1) {
            countStep()
            let keys = self[chunk: chunk].count - start(ofChunk: chunk)
            if rest < keys { return self[chunk: chunk][self[chunk: chunk].count - 1 - rest] }
            rest -= keys
        }
        return nil
    }

    /// Inserts a key.
    ///
    /// - Returns: Whether the key is new.
    @discardableResult
    package mutating func insert(_ key: Key) -> Bool {
        guard count > 0 else {
            (firstChunk, taken, count) = ([key], 0, 1)
            return true
        }
        if let greatest = lastKeys.last ?? firstChunk.last, greatest < key {
            append(key, to: laterChunks.count)
            return true
        }
        let chunk = chunkIndex(for: key)
        let position = lowerBound(of: key, inChunk: chunk)
        if chunk > 0 {
            guard laterChunks[chunk - 1][position] != key else { return false }
            laterChunks[chunk - 1].insert(key, at: position)
        } else {
            guard firstChunk[position] != key else { return false }
            if position == taken, taken > 0 {
                taken -= 1
                firstChunk[taken] = key
                count += 1
                return true
            }
            firstChunk.insert(key, at: position)
        }
        count += 1
        if self[chunk: chunk].count > chunkSize { split(chunk) }
        return true
    }

    /// Appends the greatest key, the most frequent insertion, without splitting a full chunk.
    private mutating func append(_ key: Key, to last: Int) {
        count += 1
        if last == 0, firstChunk.count >= chunkSize, taken >= chunkSize / 2 { dropTaken() }
        if self[chunk: last].count < chunkSize {
            self[chunk: last].append(key)
            if last > 0 { lastKeys[last - 1] = key }
        } else {
            var chunk: [Key] = []
            chunk.reserveCapacity(chunkSize)
            chunk.append(key)
            laterChunks.append(chunk)
            lastKeys.append(key)
        }
    }

    /// Removes a key.
    ///
    /// - Returns: Whether the set contained it.
    @discardableResult
    package mutating func remove(_ key: Key) -> Bool {
        // Queues and indexes by date usually lose their smallest key, which needs no search.
        if count > 0, firstChunk[taken] == key {
            count -= 1
            if firstChunk.count - taken == 1 { removeChunk(0) } else { taken += 1 }
            return true
        }
        let chunk = chunkIndex(for: key)
        guard chunk < chunkCount else { return false }
        let position = lowerBound(of: key, inChunk: chunk)
        guard self[chunk: chunk][position] == key else { return false }
        count -= 1
        if self[chunk: chunk].count == 1 {
            removeChunk(chunk)
        } else {
            self[chunk: chunk].remove(at: position)
            if chunk > 0 { lastKeys[chunk - 1] = laterChunks[chunk - 1][laterChunks[chunk - 1].count - 1] }
        }
        return true
    }

    private mutating func removeChunk(_ chunk: Int) {
        guard chunk == 0 else {
            laterChunks.remove(at: chunk - 1)
            lastKeys.remove(at: chunk - 1)
            return
        }
        taken = 0
        guard !laterChunks.isEmpty else {
            firstChunk = []
            return
        }
        firstChunk = laterChunks.removeFirst()
        lastKeys.removeFirst()
    }

    private mutating func split(_ chunk: Int) {
        if chunk == 0, taken > 0 { return dropTaken() }
        let cut = self[chunk: chunk].count / 2
        let tail = Array(self[chunk: chunk][cut...])
        self[chunk: chunk].removeSubrange(cut...)
        laterChunks.insert(tail, at: chunk)
        lastKeys.insert(tail[tail.count - 1], at: chunk)
        if chunk > 0 { lastKeys[chunk - 1] = laterChunks[chunk - 1][cut - 1] }
    }

    private mutating func dropTaken() {
        firstChunk.removeFirst(taken)
        taken = 0
    }

    // MARK: Reading

    /// Whether the set contains a key.
    package func contains(_ key: Key) -> Bool {
        let chunk = chunkIndex(for: key)
        guard chunk < chunkCount else { return false }
        return self[chunk: chunk][lowerBound(of: key, inChunk: chunk)] == key
    }

    /// The member that equals a key, for keys that carry more than they compare.
    package func find(_ key: Key) -> Key? {
        guard let last, key <= last else { return nil }
        let chunk = chunkIndex(for: key)
        let found = self[chunk: chunk][lowerBound(of: key, inChunk: chunk)]
        return found == key ? found : nil
    }

    /// The smallest key greater than another.
    package func next(after key: Key) -> Key? {
        let (chunk, position) = place(after: key)
        guard chunk < chunkCount else { return nil }
        if position < self[chunk: chunk].count { return self[chunk: chunk][position] }
        return chunk + 1 < chunkCount ? self[chunk: chunk + 1][0] : nil
    }

    /// The keys in ascending order, all or those greater than a key.
    package func suffix(after key: Key? = nil) -> some Sequence<Key> {
        sequence(state: key.map { place(after: $0) } ?? (0, taken)) { [self] state -> Key? in
            while state.0 < chunkCount {
                countStep()
                if state.1 < self[chunk: state.0].count {
                    defer { state.1 += 1 }
                    return self[chunk: state.0][state.1]
                }
                state = (state.0 + 1, 0)
            }
            return nil
        }
    }

    /// The keys in descending order, all or those smaller than a key.
    package func prefixReversed(before key: Key? = nil) -> some Sequence<Key> {
        var (chunk, position) = (chunkCount - 1, 0)
        if let key { chunk = min(chunkIndex(for: key), chunk) }
        if chunk >= 0 {
            position = (key.map { lowerBound(of: $0, inChunk: chunk) } ?? self[chunk: chunk].count) - 1
        }
        return sequence(state: (chunk, position)) { [self] state -> Key? in
            while state.0 >= 0 {
                countStep()
                if state.1 >= start(ofChunk: state.0) {
                    defer { state.1 -= 1 }
                    return self[chunk: state.0][state.1]
                }
                state.0 -= 1
                if state.0 >= 0 { state.1 = self[chunk: state.0].count - 1 }
            }
            return nil
        }
    }

    /// The place of the smallest key greater than another.
    ///
    /// The position may be the end of its chunk.
    private func place(after key: Key) -> (chunk: Int, position: Int) {
        let chunk = chunkIndex(for: key)
        guard chunk < chunkCount else { return (chunk, 0) }
        let position = lowerBound(of: key, inChunk: chunk)
        return (chunk, self[chunk: chunk][position] == key ? position + 1 : position)
    }

    /// The first chunk whose last key is not smaller than a key, or the number of chunks.
    private func chunkIndex(for key: Key) -> Int {
        guard let last = firstChunk.last, last < key else { return 0 }
        var (low, high) = (0, lastKeys.count)
        while low < high {
            countStep()
            let middle = (low + high) / 2
            if lastKeys[middle] < key { low = middle + 1 } else { high = middle }
        }
        return low + 1
    }

    /// The first position in a chunk whose key is not smaller than a key.
    private func lowerBound(of key: Key, inChunk chunk: Int) -> Int {
        chunk == 0
            ? Self.lowerBound(of: key, in: firstChunk, from: taken)
            : Self.lowerBound(of: key, in: laterChunks[chunk - 1], from: 0)
    }

    private static func lowerBound(of key: Key, in keys: [Key], from start: Int) -> Int {
        keys.withUnsafeBufferPointer { keys in
            var (low, high) = (start, keys.count)
            while low < high {
                countStep()
                let middle = (low + high) / 2
                if keys[middle] < key { low = middle + 1 } else { high = middle }
            }
            return low
        }
    }
}

/// Counts the steps that the indexes take, in debug builds only: comparisons of a search and keys of a walk.
///
/// It is how a test knows that no operation reads more of a large store than of a small one.
package final class StepCounter: Sendable {
    #if DEBUG
        @TaskLocal fileprivate static var current: StepCounter?
    #endif
    fileprivate let steps = Atomic(0)

    package init() {}

    /// Returns the number of steps that an operation takes, or `nil` in a release build, which counts none.
    package static func steps(_ body: () throws -> Void) rethrows -> Int? {
        #if DEBUG
            let counter = StepCounter()
            try $current.withValue(counter) { try body() }
            return counter.steps.load(ordering: .relaxed)
        #else
            try body()
            return nil
        #endif
    }
}

@inline(__always)
func countStep() {
    #if DEBUG
        StepCounter.current?.steps.add(1, ordering: .relaxed)
    #endif
}
