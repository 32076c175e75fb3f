public import Foundation
import RotaCore

/// A reason why an unfinished execution does not start.
///
/// ```swift
/// for hold in try await scheduler.explain(execution.id).holds { print(hold) }
/// // the limit of 4 executions at a time is reached
/// ```
public enum ExecutionHold: Sendable, Hashable {
    /// It is not due before a date: it was delayed, or an attempt failed and the next one waits.
    case notDue(until: Date)
    /// Its queue is paused: until a date, or until it is resumed.
    case pausedQueue(until: Date?)
    /// As many executions of the job run as are allowed at the same time.
    case concurrency(limit: Int)
    /// As many executions with its concurrency key run as are allowed at the same time.
    case concurrencyPerKey(String, limit: Int)
    /// The job's rate allows no start before a date.
    case rate(until: Date)
    /// A shared rate allows no start before a date.
    case sharedRate(String, until: Date)
    /// The job's window is closed until a date, or for good.
    case window(until: Date?)
    /// It waits for its turn in a series in which one execution follows another.
    case series(after: ExecutionID?)
    /// A job that its job depends on has to end first: its execution with the key, or the latest one if there is none.
    ///
    /// `last` is how that execution ended, if it has.
    case dependency(
        on: JobID, name: String, JobDependency.Condition, key: String?, last: ExecutionStatus?)
    /// It follows a batch that has not ended.
    case batch(unfinished: Int)
    /// It waits for an external completion, until a date if it has one.
    case externalCompletion(until: Date?)
    /// It was not started in time, and is about to end as expired.
    case expired(at: Date)
}

extension ExecutionHold {
    /// The name of the reason, such as `concurrencyPerKey`.
    public var name: String {
        switch self {
        case .notDue: "notDue"
        case .pausedQueue: "pausedQueue"
        case .concurrency: "concurrency"
        case .concurrencyPerKey: "concurrencyPerKey"
        case .rate: "rate"
        case .sharedRate(let name, _): "sharedRate:\(name)"
        case .window: "window"
        case .series: "series"
        case .dependency(_, let name, _, _, _): "dependency:\(name)"
        case .batch: "batch"
        case .externalCompletion: "externalCompletion"
        case .expired: "expired"
        }
    }
}

extension ExecutionHold: CustomStringConvertible {
    /// The reason in words.
    public var description: String {
        switch self {
        case .notDue(let date): "it is not due before \(date.text)"
        case .pausedQueue(let date?): "its queue is paused until \(date.text)"
        case .pausedQueue(nil): "its queue is paused; resume it"
        case .concurrency(let limit): "the limit of \(Self.executions(limit)) at a time is reached"
        case .concurrencyPerKey(let key, let limit):
            "the limit of \(Self.executions(limit)) at a time with the key \"\(key)\" is reached"
        case .rate(let date): "the job's rate has no room before \(date.text)"
        case .sharedRate(let name, let date): "the shared rate \"\(name)\" has no room before \(date.text)"
        case .window(let date?): "the job's window is closed until \(date.text)"
        case .window(nil): "the job's window does not open again"
        case .series(let id?): "execution \(id) of the same schedule comes first"
        case .series(nil): "an earlier execution of the same backfill comes first"
        case .dependency(_, let name, let condition, let key, let last):
            Self.dependency(name, condition, key: key, last: last)
        case .batch(let count):
            "it follows a batch of which \(Self.executions(count)) \(count == 1 ? "has" : "have") not ended"
        case .externalCompletion(let date?): "it waits for an external completion until \(date.text)"
        case .externalCompletion(nil): "it waits for an external completion"
        case .expired(let date): "it was not started by \(date.text), so it is about to expire"
        }
    }

    private static func dependency(
        _ name: String, _ condition: JobDependency.Condition, key: String?, last: ExecutionStatus?
    ) -> String {
        let goal =
            switch condition {
            case .completed: "succeed"
            case .failed: "fail"
            case .any: "end"
            }
        let subject = key.map { "an execution of job \"\(name)\" with the key \"\($0)\" has to \(goal)" }
        let state = last.map { "\(key == nil ? "the latest one" : "it") \($0.pastTense)" } ?? "none has ended"
        return (subject ?? "an execution of job \"\(name)\" has to \(goal)") + " first; \(state)"
    }

    private static func executions(_ count: Int) -> String {
        count == 1 ? "1 execution" : "\(count) executions"
    }
}

extension Execution {
    /// The reasons that the records alone tell, without the limits of the job.
    package func holds(_ job: Job, at now: Date) -> [ExecutionHold] {
        switch progress.status {
        case .running, .succeeded, .failed, .canceled, .expired: return []
        case .waiting:
            if awaitsBatch, let counts = progress.batch { return [.batch(unfinished: counts.unfinished)] }
            if awaitsItsTurn { return [.series(after: nil)] }
            return [.externalCompletion(until: progress.expiresAt)]
        case .queued:
            if let expiry, expiry <= now { return [.expired(at: expiry)] }
            var holds: [ExecutionHold] = []
            if progress.dueAt > now { holds.append(.notDue(until: progress.dueAt)) }
            if job.holdsWork, source != .notification { holds.append(.pausedQueue(until: job.scheduleState.resumesAt)) }
            return holds
        }
    }
}

extension ExecutionTrail {
    /// Adds the reasons why the execution does not start, unless the last decision says the same.
    ///
    /// Reasons that differ only in dates and numbers are the same, so that a rate does not fill the trail.
    ///
    /// - Returns: Whether it was added.
    @discardableResult
    package mutating func append(_ holds: [ExecutionHold], at date: Date) -> Bool {
        let names = holds.map(\.name)
        let kind = holds.isEmpty ? Decision.Kind.ready : .held
        if let last = decisions.last {
            // A claim may have read its clock before the execution was requested.
            if date < last.date, last.kind == .held || last.kind == .ready { return false }
            if last.kind == .waiting, names == ["externalCompletion"] { return false }
            if last.kind == kind, last.holds == names { return false }
            // Thousands of changes between the same few holds say nothing new.
            if omitted > 0, last.kind == .held, kind == .held { return false }
        }
        let reason =
            holds.isEmpty ? "it starts when a worker is free" : holds.map(\.description).joined(separator: ", and ")
        append(Decision(at: date, kind, reason, holds: names))
        return true
    }
}

extension ExecutionHold {
    var isSeries: Bool { if case .series = self { true } else { false } }
}

extension Date {
    fileprivate var text: String { ISO8601.description(self) }
}

extension ExecutionStatus {
    /// The status in words that follow "it".
    fileprivate var pastTense: String {
        switch self {
        case .succeeded: "succeeded"
        case .failed: "failed"
        case .canceled: "was canceled"
        case .expired: "expired"
        case .queued, .running, .waiting: "has not ended"
        }
    }
}
