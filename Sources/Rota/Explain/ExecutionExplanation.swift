import RotaCore
public import RotaStore

/// Where an execution stands, and why it does not start if it does not.
///
/// ```swift
/// print(try await scheduler.explain(execution.id))
/// // Execution … of "deliver" has been queued since 2026-03-08T10:00:00Z: the limit of 4 executions at a time …
/// ```
public struct ExecutionExplanation: Sendable, Hashable {
    /// The execution.
    public let execution: Execution
    /// The reasons why it does not start in any scheduler.
    ///
    /// Empty if it is running, has ended, or can start.
    public let holds: [ExecutionHold]
    /// The name of its handler, if this scheduler does not have it: only another one can run the execution.
    public let missingHandler: String?
    /// The name of a registered handler that is probably meant instead of the missing one.
    public let similarHandler: String?
    /// Whether this scheduler is running.
    public let isRunning: Bool
    /// The timeout that its next attempt would get now from the job's adaptive timeout.
    ///
    /// `nil` if the job has none, or if the execution is running or has ended.
    public let nextTimeout: Duration?
}

extension ExecutionExplanation: CustomStringConvertible {
    /// The explanation in plain English, with dates and numbers.
    ///
    /// The decisions of an execution that keeps a trail follow, a line each.
    public var description: String {
        let sentence =
            "Execution \(execution.id) of \"\(execution.jobName)\" \(standing): \(reason)\(timeouts)\(origin)."
        return ([sentence] + (execution.trail?.lines ?? []).map { "  \($0)" }).joined(separator: "\n")
    }

    /// The status, with the date since which or at which the execution has it, if that is known.
    private var standing: String {
        let progress = execution.progress
        let status = execution.status.rawValue
        switch execution.status {
        case .queued, .waiting:
            guard execution.attempts.isEmpty else { return "is \(status)" }
            return "has been \(status) since \((progress.delayedFrom ?? execution.createdAt).shortText)"
        case .running:
            return progress.attemptStartedAt.map { "has been running since \($0.shortText)" } ?? "is running"
        case .succeeded, .failed, .canceled, .expired:
            let end = progress.finishedAt.map { " at \($0.shortText)" } ?? ""
            return (execution.status == .canceled ? "was " : "") + status + end
        }
    }

    private var reason: String {
        guard !execution.status.isTerminal else { return end }
        if execution.status == .running {
            let lease = execution.progress.lease
            return "attempt \(execution.nextAttemptNumber) is being made by \(lease?.owner ?? "a scheduler")"
                + (execution.progress.cancelRequestedAt == nil ? "" : ", and was asked to cancel")
        }
        var reasons = holds.map(\.description)
        if let missingHandler {
            reasons.append(
                "this scheduler has no handler \"\(missingHandler)\" ("
                    + (similarHandler.map { "did you mean \"\($0)\"? " } ?? "")
                    + "register it with `handle(\"\(missingHandler)\") { … }`)")
        }
        if !isRunning { reasons.append("this scheduler is not running (call `run()`)") }
        if reasons.isEmpty { reasons.append("it starts when a worker is free") }
        let failure = execution.failure.map { "; attempt \(execution.attempts.count) failed: \($0.message)" } ?? ""
        return reasons.joined(separator: ", and ") + failure
    }

    /// The adaptive timeouts of the attempts that were made, and of the next one.
    private var timeouts: String {
        let last = execution.attempts.last.flatMap { attempt in
            attempt.trace?.timeout.map { "attempt \(attempt.number) had \($0)" }
        }
        let next = nextTimeout.map { "the next attempt gets \($0)" }
        let parts = [last, next].compactMap(\.self)
        return parts.isEmpty ? "" : "; of the adaptive timeout, " + parts.joined(separator: " and ")
    }

    /// The execution that caused this one, and its place in the chain of those that caused one another.
    private var origin: String {
        guard execution.notification == nil, let parent = execution.details.parentID else { return "" }
        let depth = execution.details.lineageDepth
        return "; execution \(parent) caused it" + (depth > 1 ? ", as number \(depth) of a chain" : "")
    }

    private var end: String {
        let count = execution.attempts.count
        let attempts = "\(count) attempt\(count == 1 ? "" : "s")"
        return switch execution.status {
        case .failed: "\(attempts) failed, the last with: \(execution.failure?.message ?? "no message")"
        case .canceled: execution.progress.cancelReason ?? "no reason was given"
        case .expired:
            "it was not \(execution.progress.startedAt == nil ? "started" : "completed") "
                + (execution.progress.expiresAt.map { "by \($0.shortText)" } ?? "in time")
        case .succeeded, .queued, .running, .waiting: "it took \(attempts)"
        }
    }
}
