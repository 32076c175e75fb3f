public import RotaStore

/// What came of runs that were asked for together (S-93 to S-98).
public struct BulkTriggerResult: Sendable {
    /// The group that the new runs belong to.
    public let id: BatchID
    /// For each request, in order, the run that was queued, or the one that was there under its idempotency key.
    public let runs: [EnqueueOutcome]

    /// The number of runs asked for.
    public var total: Int { runs.count }

    /// The number of runs that were really made.
    public var created: Int {
        runs.count { run in
            if case .queued = run { true } else { false }
        }
    }
}
