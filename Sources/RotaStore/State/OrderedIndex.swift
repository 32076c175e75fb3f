/// A sorted set of keys in small chunks: insertion, removal, the first key and the next key in a few comparisons and
/// a short move of memory, whatever the size.
package struct OrderedIndex<Key: Comparable & Sendable>: Sendable {
    // No chunk is empty. A key belongs to the first chunk whose last key is not smaller.
    private var chunks: [[Key]] = []
    /// The number of keys.
    package private(set) var count = 0

    private static var chunkSize: Int { 128 }

    package init() {}

    package var isEmpty: Bool { count == 0 }

    /// The smallest key.
    package var first: Key? { chunks.first?.first }

    /// The greatest key.
    package var last: Key? { chunks.last?.last }

    /// The key before which so many others lie between it and the end; 0 for the greatest.
    ///
    /// - Returns: `nil` if there are not as many.
    /// - Complexity: O(offset / 64).
    package func key(fromEnd offset: Int) -> Key? {
        var rest = offset
        for chunk in chunks.reversed() {
            if rest < chunk.count { return chunk[chunk.count - 1 - rest] }
            rest -= chunk.count
        }
        return nil
    }

    /// Inserts a key, unless it is there.
    ///
    /// - Returns: Whether it was inserted.
    @discardableResult
    package mutating func insert(_ key: Key) -> Bool {
        guard !chunks.isEmpty else {
            chunks.append([key])
            count = 1
            return true
        }
        let last = chunks.count - 1
        if chunks[last][chunks[last].count - 1] < key {
            append(key, to: last)
            return true
        }
        let chunk = chunkIndex(for: key)
        let position = Self.lowerBound(of: key, in: chunks[chunk])
        if position < chunks[chunk].count, chunks[chunk][position] == key { return false }
        chunks[chunk].insert(key, at: position)
        count += 1
        if chunks[chunk].count > Self.chunkSize { split(chunk) }
        return true
    }

    /// Adds the greatest key, as is mostly the case; full chunks stay full.
    private mutating func append(_ key: Key, to last: Int) {
        count += 1
        if chunks[last].count < Self.chunkSize {
            chunks[last].append(key)
        } else {
            chunks.append([key])
        }
    }

    /// Removes a key.
    ///
    /// - Returns: Whether it was there.
    @discardableResult
    package mutating func remove(_ key: Key) -> Bool {
        let chunk = chunkIndex(for: key)
        guard chunk < chunks.count else { return false }
        let position = Self.lowerBound(of: key, in: chunks[chunk])
        guard chunks[chunk][position] == key else { return false }
        if chunks[chunk].count == 1 {
            chunks.remove(at: chunk)
        } else {
            chunks[chunk].remove(at: position)
        }
        count -= 1
        return true
    }

    /// Whether a key is there.
    package func contains(_ key: Key) -> Bool {
        let chunk = chunkIndex(for: key)
        guard chunk < chunks.count else { return false }
        let position = Self.lowerBound(of: key, in: chunks[chunk])
        return position < chunks[chunk].count && chunks[chunk][position] == key
    }

    /// The smallest key greater than another.
    package func next(after key: Key) -> Key? {
        for candidate in suffix(after: key) { return candidate }
        return nil
    }

    /// The keys from the smallest on, or those greater than a key.
    package func suffix(after key: Key? = nil) -> some Sequence<Key> {
        var (chunk, position) = (0, 0)
        if let key {
            chunk = chunkIndex(for: key)
            if chunk < chunks.count {
                position = Self.lowerBound(of: key, in: chunks[chunk])
                if chunks[chunk][position] == key { position += 1 }
            }
        }
        return sequence(state: (chunk, position)) { [chunks] state -> Key? in
            while state.0 < chunks.count {
                if state.1 < chunks[state.0].count {
                    defer { state.1 += 1 }
                    return chunks[state.0][state.1]
                }
                state = (state.0 + 1, 0)
            }
            return nil
        }
    }

    /// The keys from the greatest down, or those smaller than a key.
    package func prefixReversed(before key: Key? = nil) -> some Sequence<Key> {
        var (chunk, position) = (chunks.count - 1, (chunks.last?.count ?? 0) - 1)
        if let key {
            chunk = min(chunkIndex(for: key), chunks.count - 1)
            if chunk >= 0 { position = Self.lowerBound(of: key, in: chunks[chunk]) - 1 }
        }
        return sequence(state: (chunk, position)) { [chunks] state -> Key? in
            while state.0 >= 0 {
                if state.1 >= 0 {
                    defer { state.1 -= 1 }
                    return chunks[state.0][state.1]
                }
                state.0 -= 1
                if state.0 >= 0 { state.1 = chunks[state.0].count - 1 }
            }
            return nil
        }
    }

    private mutating func split(_ chunk: Int) {
        let cut = chunks[chunk].count / 2
        let tail = Array(chunks[chunk][cut...])
        chunks[chunk].removeSubrange(cut...)
        chunks.insert(tail, at: chunk + 1)
    }

    /// The first chunk whose last key is not smaller than a key, or the number of chunks.
    private func chunkIndex(for key: Key) -> Int {
        var (low, high) = (0, chunks.count)
        while low < high {
            let middle = (low + high) / 2
            if chunks[middle][chunks[middle].count - 1] < key { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The first position whose key is not smaller than a key.
    private static func lowerBound(of key: Key, in chunk: [Key]) -> Int {
        var (low, high) = (0, chunk.count)
        while low < high {
            let middle = (low + high) / 2
            if chunk[middle] < key { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
