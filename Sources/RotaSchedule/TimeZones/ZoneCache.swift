import Synchronization

/// Compiled zones by identifier: a hash table that is read without a lock and written under one.
///
/// A table that was once in the cache stays alive as long as the cache: a reader may just have taken it from its slot.
/// A replaced one is therefore kept, which costs some kilobytes for each zone whose rules really changed.
final class ZoneCache: Sendable {
    private final class Slot: Sendable {
        let table = Atomic<Unmanaged<ZoneTable>?>(nil)
    }

    private struct Owned {
        var tables: [ZoneTable] = []
        /// Zones beyond what the slots hold.
        var overflow: [String: ZoneTable] = [:]
        var used = 0
    }

    private let slots: [Slot]
    private let owned = Mutex(Owned())

    /// Twice as many as there are zones in the world.
    private static let capacity = 2_048

    init() {
        slots = (0..<Self.capacity).map { _ in Slot() }
    }

    /// The zone of an identifier, if it is known.
    /// - Complexity: O(1), without locking or allocating.
    func table(_ identifier: String) -> ZoneTable? {
        var index = Self.hash(identifier)
        for _ in 0..<Self.capacity {
            guard let table = slots[index & (Self.capacity &- 1)].table.load(ordering: .acquiring) else { return nil }
            let found = table.takeUnretainedValue()
            if found.identifier == identifier { return found }
            index &+= 1
        }
        return owned.withLock { $0.overflow[identifier] }
    }

    /// Enters or replaces a zone.
    func store(_ table: ZoneTable) {
        owned.withLock { owned in
            var index = Self.hash(table.identifier)
            while let taken = slots[index & (Self.capacity &- 1)].table.load(ordering: .acquiring) {
                if taken.takeUnretainedValue().identifier == table.identifier { break }
                index &+= 1
            }
            let slot = slots[index & (Self.capacity &- 1)]
            let isNew = slot.table.load(ordering: .relaxed) == nil
            // One slot stays empty, so that every search ends.
            guard !isNew || owned.used < Self.capacity - 1 else {
                owned.overflow[table.identifier] = table
                return
            }
            if isNew { owned.used += 1 }
            owned.tables.append(table)
            slot.table.store(Unmanaged.passUnretained(table), ordering: .releasing)
        }
    }

    /// Every zone that is in use.
    var identifiers: [String] {
        owned.withLock { owned in Array(Set(owned.tables.map(\.identifier)).union(owned.overflow.keys)) }
    }

    /// Mixes the length, the first and the last eight bytes: names that share a region differ in their end.
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
