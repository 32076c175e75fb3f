import Foundation
import RotaCore
import RotaRetry
import RotaSchedule
import RotaStore

/// Decides what follows the end of an attempt: a pure function of the result, the job's policy and a random source.
enum CompletionPlanner {
    /// Plans what follows an attempt that ended.
    static func plan(
        _ result: AttemptResult, at now: Date, random: inout any RandomNumberGenerator & Sendable
    ) -> Completion {
        let work = result.work
        switch result.report.ending {
        case .interrupted where result.canceledBecause == .requested:
            return completion(of: work, attempt: nil, next: .canceled, at: now)
        case .interrupted where work.claim.job.delivery == .atMostOnce:
            return abandoned(result, at: now)
        case .interrupted, .unbegun, .unhandled:
            // If the execution was canceled before it began, the store cancels it instead.
            return released(work, at: now)
        case .waiting(let deadline):
            return completion(of: work, attempt: nil, next: .parked(until: deadline), at: now)
        case .succeeded:
            return completion(
                of: work, attempt: attempt(result, failure: nil), next: .succeeded, at: now,
                output: result.report.output)
        case .failed(let failure, let message):
            let recorded = ExecutionFailure(kind: failure.kind, message: message)
            return completion(
                of: work, attempt: attempt(result, failure: recorded),
                next: next(
                    after: failure, recorded, asked: result.report.retrying, of: work, at: now, random: &random),
                at: now)
        }
    }

    /// Releases an execution whose attempt was not made, or not finished.
    ///
    /// - Parameter date: When it may start again; `nil` for immediately.
    static func released(_ work: Work, at now: Date, until date: Date? = nil) -> Completion {
        completion(of: work, attempt: nil, next: .released(until: date ?? now), at: now)
    }

    /// Fails an at-most-once execution whose attempt was cut short when the scheduler stopped.
    private static func abandoned(_ result: AttemptResult, at now: Date) -> Completion {
        let failure = ExecutionFailure(
            kind: .crashed,
            message: "The scheduler stopped before the attempt ended. How much of its work was done is unknown, "
                + "and the job is delivered at most once, so it is not retried.")
        return completion(
            of: result.work, attempt: attempt(result, failure: failure), next: .failed(failure), at: now)
    }

    /// Plans what follows a lease that ran out: its holder is gone, and the attempt counts as crashed.
    static func crashed(
        _ work: Work, at now: Date, random: inout any RandomNumberGenerator & Sendable
    ) -> Completion {
        let owner = work.claim.execution.progress.lease?.owner ?? "unknown"
        let failure = ExecutionFailure(
            kind: .crashed,
            message: "The lease of scheduler \"\(owner)\" ran out before the attempt ended: its process died or hung.")
        let attempt = Attempt(
            number: work.claim.execution.nextAttemptNumber,
            startedAt: work.claim.execution.progress.attemptStartedAt ?? now,
            duration: max(.zero, now.elapsed(since: work.claim.execution.progress.attemptStartedAt ?? now)),
            failure: failure)
        return completion(
            of: work, attempt: attempt,
            next: next(after: AttemptFailure(.crashed), failure, of: work, at: now, random: &random), at: now)
    }

    private static func next(
        after failure: AttemptFailure, _ recorded: ExecutionFailure, asked: AttemptReport.Retrying? = nil,
        of work: Work, at now: Date, random: inout any RandomNumberGenerator & Sendable
    ) -> Completion.Next {
        if failure.kind == .crashed, work.claim.job.delivery == .atMostOnce { return .failed(recorded) }
        let policy = work.claim.retryPolicy
        let number = work.claim.execution.nextAttemptNumber
        switch asked {
        case .never: return .failed(recorded)
        case .after(let delay):
            return number < policy.maxAttempts
                ? .retry(at: now.advanced(by: delay), after: recorded) : .failed(recorded)
        case nil: break
        }
        let decision = policy.decide(
            attempt: number, failure: failure,
            elapsed: now.elapsed(since: work.claim.execution.progress.startedAt ?? now), now: now,
            previousDelay: work.claim.execution.lastDelay, using: &random)
        return switch decision {
        case .retry(let delay): .retry(at: now.advanced(by: delay), after: recorded)
        case .stop: .failed(recorded)
        }
    }

    private static func attempt(_ result: AttemptResult, failure: ExecutionFailure?) -> Attempt {
        Attempt(
            number: result.work.claim.execution.nextAttemptNumber, startedAt: result.startedAt,
            duration: result.duration,
            failure: failure, statusCode: result.report.statusCode, bodyPreview: result.report.bodyPreview,
            bodyWasTruncated: result.report.bodyWasTruncated, responseHeaders: result.report.responseHeaders,
            trace: ExecutionTrace(of: result))
    }

    private static func completion(
        of work: Work, attempt: Attempt?, next: Completion.Next, at now: Date, output: JSONPayload? = nil
    ) -> Completion {
        Completion(
            executionID: work.claim.execution.id, token: work.claim.token,
            attempt: attempt,
            next: next, date: now, output: output)
    }
}

extension Claim {
    /// The policy that decides about another attempt.
    fileprivate var retryPolicy: RetryPolicy {
        guard execution.source != .notification else { return .notifications }
        let policy = job.retry
        // The overrides were checked against the policy of their time. They may not fit the current one.
        guard let overrides = execution.overrides else { return policy }
        return (try? policy.applying(overrides)) ?? policy
    }
}

extension Execution {
    /// The delay between the previous attempt and the current one; `nil` if it is the first.
    fileprivate var lastDelay: Duration? {
        attempts.last.map { progress.dueAt.elapsed(since: $0.startedAt.advanced(by: $0.duration)) }
    }
}
