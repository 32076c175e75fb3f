import RotaStore

/// The executions that a driver has claimed and whose attempts have not ended, each in a slot of its own.
///
/// An attempt takes its slot until it ends, even if its lease was lost and the execution was taken again meanwhile.
struct InFlight {
    private var leases: [LeaseKey?] = []
    private var freeSlots: [Int] = []
    /// Those whose time is watched, by a sleep of its own.
    private var watched: Set<LeaseKey> = []
    /// The number of attempts under way.
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// The leases under which the attempts are made.
    var held: some Sequence<LeaseKey> { leases.lazy.compactMap(\.self) }

    /// How a clock knows the attempts.
    var tags: [SleeperTag] {
        held.map { .run($0.executionID, token: $0.token) }
            + watched.map { .watch($0.executionID, token: $0.token) }
    }

    /// Takes note of an attempt that is about to begin.
    ///
    /// - Returns: Its slot.
    mutating func begin(_ claim: Claim) -> Int {
        let lease = claim.leaseKey
        if claim.isWatched { watched.insert(lease) }
        count += 1
        if let slot = freeSlots.popLast() {
            leases[slot] = lease
            return slot
        }
        leases.append(lease)
        return leases.count - 1
    }

    /// Takes note that the attempt in a slot has ended.
    mutating func end(_ slot: Int) {
        guard let lease = leases[slot] else { return }
        if !watched.isEmpty { watched.remove(lease) }
        leases[slot] = nil
        freeSlots.append(slot)
        count -= 1
    }
}
