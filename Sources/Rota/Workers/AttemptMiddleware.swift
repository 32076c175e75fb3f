public import Foundation
public import RotaHTTP
public import RotaRetry
public import RotaStore

/// Something that wraps every attempt, of requests and handlers alike: a tracer's span, a limit, a log's context.
///
/// ```swift
/// struct Tracing: AttemptMiddleware {
///     func around(_ attempt: RunningAttempt, next: Next) async -> AttemptOutcome {
///         await withSpan(attempt.job.name, parent: attempt.carrier["traceparent"]) { span in
///             var attempt = attempt
///             attempt.headers.set(.init("traceparent", span.traceparent))
///             let outcome = await next(attempt)
///             if let failure = outcome.failure { span.fail(failure.message) }
///             return outcome
///         }
///     }
/// }
/// ```
public protocol AttemptMiddleware: Sendable {
    /// The rest of the way: the middleware that is further in, then the work itself.
    typealias Next = @Sendable (RunningAttempt) async -> AttemptOutcome

    /// Wraps an attempt.
    ///
    /// - Parameters:
    ///   - attempt: What is being done.
    ///   - next: Goes on; to be called once, or not at all if the attempt must not be made.
    /// - Returns: What `next` returned, or an outcome in its place.
    func around(_ attempt: RunningAttempt, next: Next) async -> AttemptOutcome
}

/// An attempt on its way, as middleware sees it.
public struct RunningAttempt: Sendable {
    /// The job.
    public let job: Job
    /// The execution, with the attempts that were made before.
    public let execution: Execution
    /// The number of the attempt, 1 for the first.
    public let number: Int
    /// When it began.
    public let startedAt: Date
    /// Header fields to be added to the request, if the attempt sends one; those that tell the receiver who asks win.
    public var headers: HTTPHeaders = [:]

    /// What was captured when the execution was made, and travels with it: see the scheduler's `carrier`.
    public var carrier: [String: String] { execution.metadata }

    init(job: Job, execution: Execution, number: Int, startedAt: Date) {
        self.job = job
        self.execution = execution
        self.number = number
        self.startedAt = startedAt
    }
}

/// How an attempt ended, as middleware sees it.
public struct AttemptOutcome: Sendable {
    let report: AttemptReport

    init(_ report: AttemptReport) {
        self.report = report
    }

    /// The attempt succeeded.
    public static func succeeded(output: JSONPayload? = nil) -> AttemptOutcome {
        AttemptOutcome(AttemptReport(handlerOutput: output))
    }

    /// The attempt failed, and the job's retry policy decides what follows.
    ///
    /// - Parameters:
    ///   - failure: How it failed, in a way on which a policy can decide.
    ///   - message: What happened, in words that a person can act on, without secrets.
    public static func failed(_ failure: AttemptFailure, _ message: String) -> AttemptOutcome {
        AttemptOutcome(.failed(failure, message))
    }

    /// Whether the work was done.
    public var isSuccess: Bool {
        if case .succeeded = report.ending { true } else { false }
    }

    /// Why the attempt failed; `nil` if it succeeded, or came to no end that counts.
    public var failure: ExecutionFailure? {
        guard case .failed(let failure, let message) = report.ending else { return nil }
        return ExecutionFailure(kind: failure.kind, message: message)
    }

    /// The status of the response, if there was one.
    public var statusCode: Int? { report.statusCode }

    /// What the work produced, if anything.
    public var output: JSONPayload? { report.output }
}
