import Foundation
import RotaCore
import RotaRetry
import RotaSchedule
import RotaStore

/// Decides what follows the end of an attempt: a pure function of the result, the job's policy and a random source.
enum CompletionPlanner {
    /// Plans what follows an attempt that ended.
    ///
    /// - Parameters:
    ///   - result: The attempt.
    ///   - now: The current date.
    ///   - elapsed: The time since the execution was first started.
    ///   - random: The source of jitter.
    static func plan(
        _ result: AttemptResult, at now: Date, elapsed: @autoclosure () -> Duration,
        random: inout any RandomNumberGenerator & Sendable
    ) -> PlannedCompletion {
        let work = result.work
        switch result.report.ending {
        case .interrupted where result.canceledBecause == .requested:
            return planned(work, attempt: nil, next: .canceled, at: now)
        case .interrupted:
            return interrupted(result, at: now)
        case .unbegun, .unhandled:
            // If the execution was canceled before it began, the store cancels it instead.
            return released(work, at: now)
        case .waiting(let deadline):
            // A server that answered 202 did make its attempt. A handler that waits does not use up an attempt.
            let made = result.report.statusCode == nil ? nil : attempt(result, failure: nil)
            return planned(work, attempt: made, next: .waiting(until: deadline), at: now)
        case .succeeded:
            return planned(
                work, attempt: attempt(result, failure: nil), next: .succeeded, at: now, output: result.report.output)
        case .failed(let failure, let message):
            let recorded = ExecutionFailure(kind: failure.kind, message: message)
            let asked = result.report.retrying
            let decision = decision(
                after: failure, asked: asked, of: work, at: now, elapsed: elapsed(), random: &random)
            return planned(
                work, attempt: attempt(result, failure: recorded), decision, recorded, at: now,
                reason: rule(of: decision, after: failure, asked: asked, of: work, at: now))
        }
    }

    /// Plans what follows a lease that ran out: its holder is gone, and the attempt counts as crashed.
    static func crashed(
        _ work: ClaimedWork, at now: Date, elapsed: Duration, random: inout any RandomNumberGenerator & Sendable
    ) -> PlannedCompletion {
        let progress = work.claim.execution.progress
        let owner = progress.lease?.owner ?? "unknown"
        // A store that is opened ends the leases of the process that had it open before.
        let message =
            if progress.lease?.expiresAt == .distantPast {
                "The process of scheduler \"\(owner)\" stopped or was restarted before the attempt ended."
            } else {
                "The lease of scheduler \"\(owner)\" ran out before the attempt ended: its process died or hung."
            }
        let failure = ExecutionFailure(kind: .crashed, message: message)
        let startedAt = progress.attemptStartedAt ?? now
        let attempt = Attempt(
            number: work.claim.execution.nextAttemptNumber, startedAt: startedAt,
            duration: max(.zero, now.elapsed(since: startedAt)), failure: failure)
        let decision = decision(
            after: AttemptFailure(.crashed), of: work, at: now, elapsed: elapsed, random: &random)
        return planned(
            work, attempt: attempt, decision, failure, at: now,
            reason: rule(of: decision, after: AttemptFailure(.crashed), of: work, at: now))
    }

    /// Releases an execution whose attempt was not made, or not finished.
    ///
    /// - Parameter date: When it may start again; `nil` for immediately.
    static func released(_ work: ClaimedWork, at now: Date, until date: Date? = nil) -> PlannedCompletion {
        planned(work, attempt: nil, next: .released(until: date ?? now), at: now)
    }

    /// Plans what follows an attempt that was cut short when the scheduler stopped.
    ///
    /// The attempt is recorded but does not count: the execution may start again at once. It fails instead if its work
    /// must not be done twice, or if its policy allows one attempt only.
    private static func interrupted(_ result: AttemptResult, at now: Date) -> PlannedCompletion {
        let work = result.work
        let stop: (reason: StopReason, sentence: String)?
        if work.claim.job.delivery == .atMostOnce {
            stop = (
                .deliveryGuarantee,
                "How much of its work was done is unknown, and the job is delivered at most once, so it is not retried."
            )
        } else if work.claim.retryPolicy.maxAttempts <= 1 {
            stop = (.attemptsExhausted, "The job's retry policy allows one attempt only.")
        } else {
            stop = nil
        }
        let failure = ExecutionFailure(
            kind: .interrupted,
            message: "The scheduler stopped before the attempt ended. "
                + (stop?.sentence ?? "The attempt does not count, and the execution starts again.")
                + (result.report.interruptionMessage.map { " \($0)" } ?? ""))
        let attempt = attempt(result, failure: failure)
        guard let stop else { return planned(work, attempt: attempt, next: .released(until: now), at: now) }
        return planned(work, attempt: attempt, .stop(stop.reason), failure, at: now)
    }

    /// Decides about another attempt.
    ///
    /// The handler's request overrides the job's policy.
    private static func decision(
        after failure: AttemptFailure, asked: AttemptReport.Retrying? = nil, of work: ClaimedWork, at now: Date,
        elapsed: Duration, random: inout any RandomNumberGenerator & Sendable
    ) -> RetryDecision {
        // An abandoned handler may still be doing its work.
        if work.claim.job.delivery == .atMostOnce,
            failure.kind == .crashed || work.wasAbandoned || work.claim.mayRepeatWork(failure)
        {
            return .stop(.deliveryGuarantee)
        }
        let policy = work.claim.retryPolicy
        let execution = work.claim.execution
        let number = execution.nextAttemptNumber - execution.interruptionCount
        switch asked {
        case .never: return .stop(.requestedByHandler)
        case .after(let delay): return number < policy.maxAttempts ? .retry(after: delay) : .stop(.attemptsExhausted)
        case nil:
            return policy.decide(
                attempt: number, failure: failure, elapsed: elapsed, now: now, previousDelay: execution.lastDelay,
                using: &random)
        }
    }

    /// The rule that made a decision, in words, for the trail of an execution that keeps one.
    private static func rule(
        of decision: RetryDecision, after failure: AttemptFailure, asked: AttemptReport.Retrying? = nil,
        of work: ClaimedWork, at now: Date
    ) -> String? {
        let execution = work.claim.execution
        guard execution.trail != nil else { return nil }
        switch (decision, asked) {
        case (.stop(.deliveryGuarantee), _):
            return "the job is delivered at most once, and how much of its work was done is unknown"
        case (.stop(.requestedByHandler), _): return "the handler asked for no retry"
        case (.retry, .after(let delay)?): return "the handler asked for a retry after \(delay.exactText)"
        default:
            let number = execution.nextAttemptNumber - execution.interruptionCount
            return work.claim.retryPolicy.rule(of: decision, attempt: number, failure: failure, now: now)
        }
    }

    private static func attempt(_ result: AttemptResult, failure: ExecutionFailure?) -> Attempt {
        Attempt(
            number: result.work.claim.execution.nextAttemptNumber, startedAt: result.startedAt,
            duration: result.duration, failure: failure, statusCode: result.report.statusCode,
            bodyPreview: result.report.bodyPreview, bodyWasTruncated: result.report.bodyWasTruncated,
            responseHeaders: result.report.responseHeaders, trace: result.trace)
    }

    private static func planned(
        _ work: ClaimedWork, attempt: Attempt, _ decision: RetryDecision, _ failure: ExecutionFailure, at now: Date,
        reason: String? = nil
    ) -> PlannedCompletion {
        switch decision {
        case .retry(let delay):
            planned(
                work, attempt: attempt, next: .retry(at: now.advanced(by: delay), after: failure), at: now,
                reason: reason)
        case .stop(let stop):
            planned(
                work, attempt: attempt, next: .failed(failure.ended(by: stop, work.claim.retryPolicy)), at: now,
                stopReason: stop, reason: reason)
        }
    }

    private static func planned(
        _ work: ClaimedWork, attempt: Attempt?, next: Completion.Next, at now: Date, output: JSONPayload? = nil,
        stopReason: StopReason? = nil, reason: String? = nil
    ) -> PlannedCompletion {
        let lease = work.claim.lease
        var completion = Completion(
            executionID: work.claim.execution.id, token: lease.token, attempt: attempt, next: next, date: now,
            output: output, reason: reason, owner: lease.owner)
        completion.lateSince = work.claim.lateSince
        return PlannedCompletion(work: work, completion: completion, stopReason: stopReason)
    }
}

extension ExecutionFailure {
    /// The failure of an execution: that of its last attempt, and the limit that allowed no other, if the number of
    /// attempts does not tell.
    fileprivate func ended(by reason: StopReason, _ policy: RetryPolicy) -> ExecutionFailure {
        let limit: String
        switch (reason, policy.timeLimit, policy.retryAfterCap) {
        case (.timeLimit, let time?, _):
            limit = "Another attempt would start after the retry policy's time limit of \(time.exactText)."
        case (.retryAfterTooLong, _, let cap?):
            limit = "The server asked for a longer wait than the \(cap.exactText) that the retry policy allows."
        default: return self
        }
        let isSentence = message.last.map { ".!?".contains($0) } ?? true
        // The lines of a command's output are no sentence.
        let gap = message.contains("\n") ? "\n" : isSentence ? " " : ". "
        return ExecutionFailure(kind: kind, message: message + gap + limit)
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

    /// Whether another attempt might do work again that this one may have done.
    ///
    /// A server that answers with a status knows what it did. Receivers of notifications expect repeats.
    fileprivate func mayRepeatWork(_ failure: AttemptFailure) -> Bool {
        failure.leavesDoubt && execution.source != .notification
    }
}

extension Execution {
    /// The delay between the previous attempt and the current one.
    ///
    /// `nil` if it is the first, or if the previous one was interrupted.
    fileprivate var lastDelay: Duration? {
        guard let last = attempts.last, !last.wasInterrupted else { return nil }
        return progress.dueAt.elapsed(since: last.startedAt.advanced(by: last.duration))
    }
}
