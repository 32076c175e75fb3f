/// A hash table of records by identifier that grows in small steps.
///
/// A dictionary of a million large records copies all of them when it grows, which delays one commit by hundreds of
/// milliseconds. Here records stay in chunks that never move, and the index has 256 parts that grow one at a time.
///
/// ```
///   identifier ──hash──► part ──probe──► slot: place | half of the hash ──► chunks[place / 256][place % 256]
/// ```
package struct RecordTable<ID: RecordID, Record: Sendable>: Sendable {
    /// A part of the index, with open addressing.
    ///
    /// A slot holds a record's place and half of its identifier's hash, so that other records are rarely read.
    private struct Part: Sendable {
        var slots: [UInt64] = []
        /// The number of slots minus one, or 0 if there are none.
        var mask = 0
        /// The number of slots that are not empty, including those of removed records.
        var used = 0
        var count = 0
    }

    /// The slots where an identifier may be: first beside identifiers created shortly before and after it, so that
    /// records read in creation order share cache lines, then anywhere.
    private struct ProbeSequence {
        let part: Int
        let hash: UInt64
        private let first: UInt64
        private let second: UInt64

        init(_ id: ID) {
            let (high, low) = (UInt64(truncatingIfNeeded: id.bits >> 64), UInt64(truncatingIfNeeded: id.bits))
            hash = mix(high &* 0x9e37_79b9_7f4a_7c15 ^ low)
            // Consecutive UUIDs of version 7 differ in the lowest bits of the upper half.
            let neighbourhood = high & 0xf000 == 0x7000 ? mix(high >> 6) : hash
            part = Int(neighbourhood >> 56)
            let offset = (high &+ neighbourhood >> 40) & 63
            first = neighbourhood & ~63 | offset
            second = (neighbourhood >> 24) & ~63 | offset
        }

        /// The slot to examine at a step.
        func slot(_ step: Int, mask: Int) -> Int {
            switch step {
            case 0: Int(truncatingIfNeeded: first) & mask
            case 1: Int(truncatingIfNeeded: second) & mask
            default: (Int(truncatingIfNeeded: hash >> 8) &+ step) & mask
            }
        }
    }

    private struct Entry: Sendable {
        let id: ID
        var record: Record
    }

    // All chunks but the last are full. A removal fills the hole with the last record of the table.
    private var chunks: [[Entry]] = []
    private var parts = [Part](repeating: Part(), count: 256)
    /// The number of records.
    package private(set) var count = 0

    private static var chunkSize: Int { 256 }

    package init() {}

    package var isEmpty: Bool { count == 0 }

    /// All records, in no particular order.
    package var values: some Sequence<Record> { chunks.lazy.joined().lazy.map(\.record) }

    /// Whether there is a record with an identifier.
    package func contains(_ id: ID) -> Bool { place(of: id) != nil }

    /// The record with an identifier.
    ///
    /// - Complexity: O(1).
    package subscript(id: ID) -> Record? {
        guard let place = place(of: id) else { return nil }
        return chunks[place / Self.chunkSize][place % Self.chunkSize].record
    }

    /// Reads a part of a record in place.
    ///
    /// Returns `nil` if there is none.
    ///
    /// - Complexity: O(1).
    @inline(__always)
    package func read<Value>(_ id: ID, _ body: (borrowing Record) -> Value) -> Value? {
        guard let place = place(of: id) else { return nil }
        return body(chunks[place / Self.chunkSize][place % Self.chunkSize].record)
    }

    /// Changes a record in place.
    ///
    /// - Returns: The result of the change, or `nil` if there is no record.
    /// - Complexity: O(1).
    @inline(__always)
    @discardableResult
    package mutating func modify<Value>(_ id: ID, _ body: (inout Record) -> Value) -> Value? {
        guard let place = place(of: id) else { return nil }
        return body(&chunks[place / Self.chunkSize][place % Self.chunkSize].record)
    }

    /// Changes a record in place, or adds a default one and changes that.
    ///
    /// - Complexity: O(1) on average.
    @inline(__always)
    package mutating func modify(
        _ id: ID, default record: @autoclosure () -> Record, _ body: (inout Record) -> Void
    ) {
        guard modify(id, body) == nil else { return }
        var new = record()
        body(&new)
        add(new, id)
    }

    /// Replaces the record with the same identifier, or adds one.
    ///
    /// - Returns: The replaced record.
    /// - Complexity: O(1) on average.
    @discardableResult
    package mutating func updateValue(_ record: Record, forKey id: ID) -> Record? {
        if let place = place(of: id) {
            let (chunk, index) = (place / Self.chunkSize, place % Self.chunkSize)
            let old = chunks[chunk][index].record
            chunks[chunk][index].record = record
            return old
        }
        add(record, id)
        return nil
    }

    private mutating func add(_ record: Record, _ id: ID) {
        let place = count
        if place % Self.chunkSize == 0 {
            chunks.append([])
            // The first chunk grows with a small store. Later ones will fill up.
            if place > 0 { chunks[chunks.count - 1].reserveCapacity(Self.chunkSize) }
        }
        chunks[chunks.count - 1].append(Entry(id: id, record: record))
        count += 1
        addToIndex(id, place)
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
        let removed = chunks[chunk][index].record
        if place != last {
            let moved = chunks[last / Self.chunkSize][last % Self.chunkSize]
            let (part, slot) = slot(of: moved.id)
            if let slot { parts[part].slots[slot] = Self.entry(place, ProbeSequence(moved.id).hash) }
            chunks[chunk][index] = moved
        }
        chunks[chunks.count - 1].removeLast()
        if chunks[chunks.count - 1].isEmpty { chunks.removeLast() }
        count = last
        return removed
    }

    private func place(of id: ID) -> Int? {
        let (part, slot) = slot(of: id)
        return slot.map { Self.place(parts[part].slots[$0]) }
    }

    /// The part of an identifier, and its slot there if it has one.
    private func slot(of id: ID) -> (part: Int, slot: Int?) {
        let probes = ProbeSequence(id)
        let mask = parts[probes.part].mask
        guard mask > 0 else { return (probes.part, nil) }
        var step = 0
        while true {
            let slot = probes.slot(step, mask: mask)
            let entry = parts[probes.part].slots[slot]
            if entry == Self.empty { return (probes.part, nil) }
            if UInt32(truncatingIfNeeded: entry) == UInt32(truncatingIfNeeded: probes.hash), entry != Self.removed {
                let place = Self.place(entry)
                if chunks[place / Self.chunkSize][place % Self.chunkSize].id.bits == id.bits {
                    return (probes.part, slot)
                }
            }
            step += 1
        }
    }

    private mutating func addToIndex(_ id: ID, _ place: Int) {
        let probes = ProbeSequence(id)
        if parts[probes.part].used * 3 >= parts[probes.part].slots.count * 2 { rebuild(probes.part) }
        put(Self.entry(place, probes.hash), probes)
        parts[probes.part].count += 1
    }

    /// Puts an entry into the first free slot of its probe sequence.
    private mutating func put(_ entry: UInt64, _ probes: ProbeSequence) {
        var step = 0
        while true {
            let slot = probes.slot(step, mask: parts[probes.part].mask)
            let found = parts[probes.part].slots[slot]
            if found >= Self.removed {
                if found == Self.empty { parts[probes.part].used += 1 }
                parts[probes.part].slots[slot] = entry
                return
            }
            step += 1
        }
    }

    /// Rebuilds a part without the slots of removed records, twice as large if it is still too full.
    private mutating func rebuild(_ part: Int) {
        let old = parts[part].slots
        let size = parts[part].count * 3 >= old.count ? max(4, old.count * 2) : old.count
        parts[part].slots = [UInt64](repeating: Self.empty, count: size)
        parts[part].mask = size - 1
        parts[part].used = 0
        for entry in old where entry < Self.removed {
            let place = Self.place(entry)
            put(entry, ProbeSequence(chunks[place / Self.chunkSize][place % Self.chunkSize].id))
        }
    }

    private mutating func removeFromIndex(_ id: ID) {
        let (part, slot) = slot(of: id)
        guard let slot else { return }
        // An empty slot would end the search for identifiers stored behind it.
        parts[part].slots[slot] = Self.removed
        parts[part].count -= 1
    }

    private static var empty: UInt64 { .max }
    private static var removed: UInt64 { .max - 1 }

    private static func entry(_ place: Int, _ hash: UInt64) -> UInt64 {
        UInt64(place) << 32 | hash & 0xffff_ffff
    }

    private static func place(_ entry: UInt64) -> Int { Int(entry >> 32) }
}

/// The finalizer of MurmurHash3.
private func mix(_ bits: UInt64) -> UInt64 {
    var bits = (bits ^ (bits >> 33)) &* 0xff51_afd7_ed55_8ccd
    bits = (bits ^ (bits >> 33)) &* 0xc4ce_b9fe_1a85_ec53
    return bits ^ (bits >> 33)
}
