/// What became of a request to queue an execution.
public enum EnqueueOutcome: Sendable, Hashable {
    /// It is queued.
    case queued(Execution)
    /// An execution of the job was queued with the same idempotency key before: this one, unchanged (SX-5).
    case existing(Execution)

    /// The execution, whichever it is.
    public var execution: Execution {
        switch self {
        case .queued(let execution), .existing(let execution): execution
        }
    }
}
