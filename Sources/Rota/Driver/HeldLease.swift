import RotaStore

/// A lease that a driver holds.
struct HeldLease: Hashable {
    let executionID: ExecutionID
    let token: Int
}

extension Execution {
    /// The latest lease under which the execution was claimed, if it ever was.
    var heldLease: HeldLease? { progress.lease.map { HeldLease(executionID: id, token: $0.token) } }
}
