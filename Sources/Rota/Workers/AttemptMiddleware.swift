public import Foundation
public import RotaHTTP
public import RotaRetry
public import RotaStore

/// Wraps every attempt, of requests and handlers alike: a tracing span, a limit, a log context.
///
/// ```swift
/// struct Timing: AttemptMiddleware {
///     func around(_ attempt: RunningAttempt, next: Next) async -> AttemptOutcome {
///         var attempt = attempt
///         attempt.headers.set(.init("X-Attempt", "\(attempt.number)"))
///         let start = ContinuousClock.now
///         let outcome = await next(attempt)
///         print("\(attempt.job.name): \(outcome.isSuccess ? "ok" : "failed") in \(ContinuousClock.now - start)")
///         return outcome
///     }
/// }
/// let timed = Scheduler(store: InMemoryJobStore(), transport: .automatic, middleware: [Timing()])
/// try await timed.run()
/// ```
public protocol AttemptMiddleware: Sendable {
    /// Calls the next middleware, or makes the attempt after the last one.
    typealias Next = @Sendable (RunningAttempt) async -> AttemptOutcome

    /// Wraps an attempt.
    ///
    /// - Parameters:
    ///   - attempt: The attempt.
    ///   - next: Makes the attempt. Call it once, or not at all to prevent the attempt.
    /// - Returns: The outcome of `next`, or another one in its place.
    func around(_ attempt: RunningAttempt, next: Next) async -> AttemptOutcome
}

/// An attempt that middleware wraps.
public struct RunningAttempt: Sendable {
    /// The job.
    public let job: Job
    /// The execution, with its earlier attempts.
    public let execution: Execution
    /// The number of the attempt, starting with 1.
    public let number: Int
    /// The date on which the attempt began.
    public let startedAt: Date
    /// Header fields to add to the request, if there is one.
    ///
    /// They cannot replace those that identify the execution.
    public var headers: HTTPHeaders = [:]

    /// The metadata that the scheduler's `carrier` captured when the execution was created.
    public var carrier: [String: String] { execution.metadata }

    init(job: Job, execution: Execution, number: Int, startedAt: Date) {
        self.job = job
        self.execution = execution
        self.number = number
        self.startedAt = startedAt
    }
}

/// The outcome of an attempt that middleware wraps.
public struct AttemptOutcome: Sendable {
    let report: AttemptReport

    init(_ report: AttemptReport) {
        self.report = report
    }

    /// Creates the outcome of a successful attempt.
    public static func succeeded(output: JSONPayload? = nil) -> AttemptOutcome {
        AttemptOutcome(AttemptReport(handlerOutput: output))
    }

    /// Creates the outcome of a failed attempt.
    ///
    /// The job's retry policy decides what follows.
    ///
    /// - Parameters:
    ///   - failure: The failure a retry policy decides on.
    ///   - message: A description that helps to fix the problem, without secrets.
    public static func failed(_ failure: AttemptFailure, _ message: String) -> AttemptOutcome {
        AttemptOutcome(.failed(failure, message))
    }

    /// Whether the attempt succeeded.
    public var isSuccess: Bool {
        if case .succeeded = report.ending { true } else { false }
    }

    /// The failure; `nil` if the attempt succeeded or does not count.
    public var failure: ExecutionFailure? {
        guard case .failed(let failure, let message) = report.ending else { return nil }
        return ExecutionFailure(kind: failure.kind, message: message)
    }

    /// The status of the response, if there was one.
    public var statusCode: Int? { report.statusCode }

    /// The output, if there is one.
    public var output: JSONPayload? { report.output }
}
