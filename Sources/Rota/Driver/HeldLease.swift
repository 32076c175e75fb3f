import RotaStore

/// A lease that a driver holds.
struct HeldLease: Hashable {
    let executionID: ExecutionID
    let token: Int
}
