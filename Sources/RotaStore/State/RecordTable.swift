/// Records by their identifiers: a hash table whose growth never moves a record, nor more than a small part of its index.
///
/// A dictionary of a million large records copies all of them whenever it outgrows its storage, and whoever waits for
/// that commit waits for hundreds of milliseconds. Here the records lie in chunks that stay where they are, and the
/// index is in 256 parts that grow one at a time.
package struct RecordTable<ID: RecordID, Record: Sendable>: Sendable {
    /// A part of the index, in open addressing: in each slot a record's place and half of its identifier's hash, so
    /// that a record is looked at only when it is very likely the one.
    private struct Part: Sendable {
        var slots: [UInt64] = []
        var count = 0
    }

    // All chunks but the last are full; removal fills the hole with the last record of all.
    private var records: [[Record]] = []
    private var ids: [[ID]] = []
    private var parts = [Part](repeating: Part(), count: 256)
    /// The number of records.
    package private(set) var count = 0

    private static var chunkSize: Int { 256 }

    package init() {}

    package var isEmpty: Bool { count == 0 }

    /// All records, in no order.
    package var values: some Sequence<Record> { records.lazy.joined() }

    /// The record with an identifier.
    ///
    /// - Complexity: O(1).
    package subscript(id: ID) -> Record? {
        guard let place = place(of: id) else { return nil }
        return records[place / Self.chunkSize][place % Self.chunkSize]
    }

    /// Whether there is a record with an identifier.
    ///
    /// - Complexity: O(1).
    package func contains(_ id: ID) -> Bool { slot(of: id).slot != nil }

    /// Changes a record where it lies; does nothing if there is none.
    ///
    /// - Complexity: O(1).
    package mutating func modify(_ id: ID, _ body: (inout Record) -> Void) {
        guard let place = place(of: id) else { return }
        body(&records[place / Self.chunkSize][place % Self.chunkSize])
    }

    /// Puts a record in place of the one with the same identifier, or adds it.
    ///
    /// - Returns: The record that was there.
    /// - Complexity: O(1) on average.
    @discardableResult
    package mutating func updateValue(_ record: Record, forKey id: ID) -> Record? {
        if let place = place(of: id) {
            let (chunk, index) = (place / Self.chunkSize, place % Self.chunkSize)
            let old = records[chunk][index]
            records[chunk][index] = record
            return old
        }
        let place = count
        if place % Self.chunkSize == 0 {
            records.append([])
            ids.append([])
            // The first chunk grows as small stores do; later ones are known to fill up.
            if place > 0 {
                records[records.count - 1].reserveCapacity(Self.chunkSize)
                ids[ids.count - 1].reserveCapacity(Self.chunkSize)
            }
        }
        records[records.count - 1].append(record)
        ids[ids.count - 1].append(id)
        count += 1
        addToIndex(id, place)
        return nil
    }

    /// Removes a record.
    ///
    /// - Returns: The record, if there was one.
    /// - Complexity: O(1) on average.
    @discardableResult
    package mutating func removeValue(forKey id: ID) -> Record? {
        guard let place = place(of: id) else { return nil }
        removeFromIndex(id)
        let last = count - 1
        let (chunk, index) = (place / Self.chunkSize, place % Self.chunkSize)
        let removed = records[chunk][index]
        if place != last {
            let moved = ids[last / Self.chunkSize][last % Self.chunkSize]
            let (part, slot) = slot(of: moved)
            if let slot { parts[part].slots[slot] = Self.entry(place, Self.hash(moved)) }
            records[chunk][index] = records[last / Self.chunkSize][last % Self.chunkSize]
            ids[chunk][index] = moved
        }
        records[records.count - 1].removeLast()
        ids[ids.count - 1].removeLast()
        if records[records.count - 1].isEmpty {
            records.removeLast()
            ids.removeLast()
        }
        count = last
        return removed
    }

    private func place(of id: ID) -> Int? {
        let (part, slot) = slot(of: id)
        return slot.map { Self.place(parts[part].slots[$0]) }
    }

    /// The part of the index that an identifier belongs to, and its slot there if it has one.
    private func slot(of id: ID) -> (part: Int, slot: Int?) {
        let hash = Self.hash(id)
        let part = Int(hash >> 56)
        let mask = parts[part].slots.count - 1
        guard mask > 0 else { return (part, nil) }
        var slot = Int(truncatingIfNeeded: hash) & mask
        while case let entry = parts[part].slots[slot], entry != Self.empty {
            if UInt32(truncatingIfNeeded: entry) == UInt32(truncatingIfNeeded: hash) {
                let place = Self.place(entry)
                if ids[place / Self.chunkSize][place % Self.chunkSize] == id { return (part, slot) }
            }
            slot = (slot + 1) & mask
        }
        return (part, nil)
    }

    private mutating func addToIndex(_ id: ID, _ place: Int) {
        let hash = Self.hash(id)
        let part = Int(hash >> 56)
        if parts[part].count * 3 >= parts[part].slots.count * 2 { grow(part) }
        Self.put(Self.entry(place, hash), into: &parts[part].slots)
        parts[part].count += 1
    }

    private mutating func grow(_ part: Int) {
        let old = parts[part].slots
        var slots = [UInt64](repeating: Self.empty, count: max(4, old.count * 2))
        for entry in old where entry != Self.empty { Self.put(entry, into: &slots) }
        parts[part].slots = slots
    }

    /// Empties an identifier's slot, and closes the gap so that no later one of the same run is cut off.
    private mutating func removeFromIndex(_ id: ID) {
        let (part, found) = slot(of: id)
        guard var hole = found else { return }
        let mask = parts[part].slots.count - 1
        var slot = hole
        while true {
            slot = (slot + 1) & mask
            let entry = parts[part].slots[slot]
            if entry == Self.empty { break }
            let home = Int(truncatingIfNeeded: entry) & mask
            // It may move back to the hole unless its home lies behind the hole.
            if (slot &- home) & mask >= (slot &- hole) & mask {
                parts[part].slots[hole] = entry
                hole = slot
            }
        }
        parts[part].slots[hole] = Self.empty
        parts[part].count -= 1
    }

    private static var empty: UInt64 { .max }

    private static func entry(_ place: Int, _ hash: UInt64) -> UInt64 {
        UInt64(place) << 32 | hash & 0xffff_ffff
    }

    private static func place(_ entry: UInt64) -> Int { Int(entry >> 32) }

    private static func put(_ entry: UInt64, into slots: inout [UInt64]) {
        var slot = Int(truncatingIfNeeded: entry) & (slots.count - 1)
        while slots[slot] != empty { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = entry
    }

    /// Spreads an identifier's bits over 64; its upper eight choose the part, its lower ones the slot.
    private static func hash(_ id: ID) -> UInt64 {
        // The finaliser of MurmurHash3, over both halves.
        var bits = UInt64(truncatingIfNeeded: id.bits >> 64) &* 0x9e37_79b9_7f4a_7c15
        bits ^= UInt64(truncatingIfNeeded: id.bits)
        bits = (bits ^ (bits >> 33)) &* 0xff51_afd7_ed55_8ccd
        bits = (bits ^ (bits >> 33)) &* 0xc4ce_b9fe_1a85_ec53
        return bits ^ (bits >> 33)
    }
}
