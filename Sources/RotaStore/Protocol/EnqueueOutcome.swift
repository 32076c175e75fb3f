public import Foundation

/// The outcome of a request to queue an execution.
public enum EnqueueOutcome: Sendable, Hashable {
    /// The execution was queued.
    case queued(Execution)
    /// The job already has an execution with the same idempotency key, or for the same unique work. The value is that
    /// execution.
    case existing(Execution)
    /// The job already has an execution with the same payload within the time of ``Uniqueness/samePayload(for:)`` or
    /// ``JobDefinition/deduplicationWindow``. The value is that execution, unchanged.
    case duplicate(Execution)

    /// The execution that was queued or already existed.
    public var execution: Execution {
        switch self {
        case .queued(let execution), .existing(let execution), .duplicate(let execution): execution
        }
    }
}

/// The answer to what enqueuing an execution would do.
public struct EnqueueTrial: Sendable, Hashable {
    /// The outcome that ``JobStore/enqueue(_:)`` would have, with the execution as it would then be.
    public var outcome: EnqueueOutcome
    /// Everything that would keep that execution from starting now.
    public var holds: [ExecutionHold]

    /// Creates an answer.
    public init(_ outcome: EnqueueOutcome, holds: [ExecutionHold]) {
        self.outcome = outcome
        self.holds = holds
    }
}

extension JobStore {
    /// The default implementation looks through the job's executions, and tells what the records say: not the limits.
    ///
    /// - Complexity: O(n) in the number of executions of the job.
    public func trial(of execution: Execution, at now: Date) async throws -> EnqueueTrial {
        guard let job = try await job(execution.jobID) else { throw StoreError.noJob(execution.jobID) }
        let earlier = try await existing(for: execution)
        guard let earlier else { return EnqueueTrial(.queued(execution), holds: execution.holds(job, at: now)) }
        return EnqueueTrial(earlier, holds: earlier.execution.holds(job, at: now))
    }

    private func existing(for execution: Execution) async throws -> EnqueueOutcome? {
        let uniqueness = execution.obeysUniqueness ? execution.uniqueness : nil
        guard execution.idempotencyKey != nil || uniqueness != nil else { return nil }
        var query = ExecutionQuery(jobID: execution.jobID, limit: 1000)
        var (same, isNewest): (Execution?, Bool) = (nil, true)
        repeat {
            let page = try await executions(query)
            for earlier in page.items {
                if let key = execution.idempotencyKey, earlier.idempotencyKey == key { return .existing(earlier) }
                guard same == nil, let uniqueness, earlier.uniqueKey == uniqueness.key else { continue }
                if uniqueness.isMet(by: earlier, isNewest: isNewest, at: execution.createdAt) { same = earlier }
                isNewest = false
            }
            query.after = page.next
        } while query.after != nil
        return same.map { execution.outcome(of: $0) }
    }
}

extension Execution {
    /// The outcome of enqueuing it if an earlier one is the same work.
    func outcome(of earlier: Execution) -> EnqueueOutcome {
        if uniqueness?.comparesPayloads == true { return .duplicate(earlier) }
        return .existing(uniqueness?.rule == .debounce ? earlier.debounced(by: self) : earlier)
    }
}

extension Execution {
    /// Whether another one is the same request: its identifier and everything else that never changes are equal.
    public func isSameRequest(as other: Execution) -> Bool {
        id == other.id && jobID == other.jobID && source == other.source && scheduledFor == other.scheduledFor
            && createdAt == other.createdAt && payload == other.payload && metadata == other.metadata
            && details == other.details
    }
}
