import Synchronization

/// A hash table of compiled zones by identifier, read without a lock and written under one.
///
/// A table that was ever in the cache stays alive as long as the cache, because a reader may just have taken it from
/// its slot. A replaced table costs a few kilobytes, but only zones whose rules changed are replaced. The number of
/// zones is bounded by the files, and names of fixed offsets, of which there are hundreds of thousands, take at most
/// half of the slots.
final class ZoneCache: Sendable {
    private final class Slot: Sendable {
        let table = Atomic<Unmanaged<ZoneTable>?>(nil)
    }

    private struct Owned {
        var tables: [ZoneTable] = []
        /// The zones for which there was no slot.
        var overflow: [String: ZoneTable] = [:]
        var used = 0
    }

    private let slots: [Slot]
    private let owned = Mutex(Owned())
    private let capacity: Int

    /// Creates a cache.
    ///
    /// - Parameter capacity: A power of two, so that a mask wraps an index around. The default is room for twice as
    ///   many zones as there are.
    init(capacity: Int = 2_048) {
        self.capacity = capacity
        slots = (0..<capacity).map { _ in Slot() }
    }

    /// Returns the zone with an identifier, if it is in the cache.
    ///
    /// - Complexity: O(1), without locking or allocating.
    func table(_ identifier: String) -> ZoneTable? {
        var index = Self.hash(identifier)
        for _ in 0..<capacity {
            guard let table = slots[index & (capacity &- 1)].table.load(ordering: .acquiring) else { return nil }
            let found = table.takeUnretainedValue()
            if found.identifier == identifier { return found }
            index &+= 1
        }
        return owned.withLock { $0.overflow[identifier] }
    }

    /// Inserts or replaces a zone.
    func store(_ table: ZoneTable) {
        owned.withLock { owned in
            // A fixed offset is cheap to make again.
            guard !table.isFixedOffset || owned.used < capacity / 2 else { return }
            var index = Self.hash(table.identifier)
            while let taken = slots[index & (capacity &- 1)].table.load(ordering: .acquiring) {
                if taken.takeUnretainedValue().identifier == table.identifier { break }
                index &+= 1
            }
            let slot = slots[index & (capacity &- 1)]
            let isNew = slot.table.load(ordering: .relaxed) == nil
            // One slot stays empty, so that every search ends.
            guard !isNew || owned.used < capacity - 1 else {
                owned.overflow[table.identifier] = table
                return
            }
            if isNew { owned.used += 1 }
            owned.tables.append(table)
            slot.table.store(Unmanaged.passUnretained(table), ordering: .releasing)
        }
    }

    /// The identifiers of all zones in the cache.
    var identifiers: [String] {
        owned.withLock { owned in Array(Set(owned.tables.map(\.identifier)).union(owned.overflow.keys)) }
    }

    /// Hashes the length and the first and last eight bytes: zones of one region differ at the end.
    private static func hash(_ identifier: String) -> Int {
        var identifier = identifier
        let mixed = identifier.withUTF8 { bytes in
            var first: UInt64 = 0
            var last: UInt64 = 0
            for index in 0..<min(8, bytes.count) {
                first = first << 8 | UInt64(bytes[index])
                last = last << 8 | UInt64(bytes[bytes.count &- 1 &- index])
            }
            let sum = (first ^ last &* 0x9E37_79B9_7F4A_7C15) &+ UInt64(bytes.count)
            return (sum ^ sum >> 29) &* 0xBF58_476D_1CE4_E5B9
        }
        return Int(truncatingIfNeeded: mixed >> 40)
    }
}
