import RotaRetry
import RotaStore

extension JobStore {
    /// Returns the timeout of the next attempt by the job's history, or `nil` if it does not follow from that.
    ///
    /// If the history cannot be read, it is the longest.
    ///
    /// It reads at most 1,000 executions that succeeded: up to 100 to measure, and their notifications.
    func adaptiveTimeout(of execution: Execution, of job: Job) async -> Duration? {
        guard let policy = job.adaptiveTimeout, execution.source != .notification,
            execution.overrides?.timeout == nil
        else { return nil }
        // Work that timed out may have become slower for good. Only a longer timeout can tell.
        if await lastTimedOut(before: execution) { return policy.bounds.upperBound }
        var query = ExecutionQuery(jobID: job.id, statuses: [.succeeded], limit: AdaptiveTimeout.sampleSize)
        var durations: [Duration] = []
        for _ in 0..<10 {
            guard let page = try? await executions(query) else { return policy.bounds.upperBound }
            durations += page.items.compactMap(\.measuredDuration)
            query.after = page.next
            guard durations.count < AdaptiveTimeout.sampleSize, query.after != nil else { break }
        }
        return policy.timeout(after: Array(durations.prefix(AdaptiveTimeout.sampleSize)))
    }

    /// Whether the attempt before the next one, of this execution or else of the job's newest that ended, timed out.
    private func lastTimedOut(before execution: Execution) async -> Bool {
        if let last = execution.attempts.last { return last.failure?.kind == .timeout }
        let query = ExecutionQuery(jobID: execution.jobID, statuses: [.succeeded, .failed], limit: 20)
        let ended = try? await executions(query).items.first { $0.source != .notification }
        return ended?.attempts.last?.failure?.kind == .timeout
    }
}

extension Execution {
    /// How long the attempt took that succeeded, or `nil` if none was made or if it was a notification's.
    fileprivate var measuredDuration: Duration? {
        guard source != .notification else { return nil }
        // Part of the time of one that used a fallback was the engine's own waiting.
        return attempts.last.flatMap { $0.succeeded && $0.trace?.fallback == nil ? $0.duration : nil }
    }
}
