import RotaStore

/// An execution on its way from the driver through a worker and back; it is passed on, never copied.
final class Work: Sendable {
    let claim: Claim
    /// The place that the driver keeps for it, unless it is dead.
    let slot: Int?

    init(_ claim: Claim, slot: Int?) {
        self.claim = claim
        self.slot = slot
    }
}
