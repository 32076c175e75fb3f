import Foundation
import RotaStore
import Synchronization

/// An execution that has just ended, and the job as it was when the attempt began, if it ended with one.
struct ExecutionEnd {
    let run: Execution
    private let jobBefore: Job?

    /// - Returns: `nil` if nothing can follow from its end.
    init?(withoutAttempt run: Execution) {
        guard run.progress.status.isTerminal, run.source != .notification else { return nil }
        self.run = run
        jobBefore = nil
    }

    /// - Returns: `nil` if the execution goes on, or nothing can follow from its end.
    init?(_ outcome: Completion.Outcome, of work: Work) {
        guard case .recorded(let run) = outcome, run.progress.status.isTerminal, run.source != .notification,
            work.hasFollowers
        else { return nil }
        self.run = run
        jobBefore = work.claim.job
    }

    /// Whether it was this end that opened or closed the job's breaker.
    func changedBreaker(of job: Job) -> Bool {
        if let trip = job.scheduleState.breaker?.trip {
            job.scheduleState.isHeldByBreaker && trip.date == run.progress.finishedAt
        } else {
            (jobBefore.map { $0.scheduleState.breaker?.trip != nil } ?? true) && run.details.circuitPermit != nil
        }
    }
}

extension Work {
    /// Whether anything can follow from the end of the run: notices, or a breaker that opens or closes.
    var hasFollowers: Bool {
        !claim.job.notifications.isEmpty || claim.job.breaker != nil || claim.job.scheduleState.breaker != nil
    }
}

extension SchedulerContext {
    /// Ends the work on an execution that was called off while it ran, if it is done here or is about to be.
    ///
    /// What runs elsewhere is told of it when its lease is renewed.
    func withdraw(_ execution: Execution) {
        guard execution.progress.status == .running, let held = execution.leaseKey,
            execution.progress.lease?.owner == owner
        else { return }
        workers.withdraw(held, because: .requested)
    }

    /// Tells those who wait and those who watch of executions that ended without an attempt, and of what follows.
    func tellEnds(of executions: [Execution], at now: Date) async throws {
        guard !executions.isEmpty else { return }
        // What waited for their ends may be due, notices of them too.
        defer { signal.raise() }
        for execution in executions { ends.ended(execution) }
        events.metrics.ended(executions)
        for execution in executions { events.send(ended: execution, at: now) }
        try await tellConsequences(of: executions.compactMap { ExecutionEnd(withoutAttempt: $0) }, at: now)
    }

    /// Tells of what the ends of runs brought with them: notices, and breakers that opened or closed.
    func tellConsequences(of ends: [ExecutionEnd], at now: Date) async throws {
        var changed: Set<JobID> = []
        for end in ends {
            guard let job = try await store.job(end.run.jobID) else { continue }
            let notifications = job.notifications(of: end.run, at: now)
            if !notifications.isEmpty { events.send(fired: notifications, skips: [], of: job.id, at: now) }
            guard end.changedBreaker(of: job), changed.insert(job.id).inserted else { continue }
            events.changedBreaker(of: job, at: now)
        }
    }
}

/// Those who wait for the ends of executions, told by whoever brings one about in this process.
final class CompletionWatch: Sendable {
    private struct State {
        var waiting: [ExecutionID: [Int: AsyncStream<Execution>.Continuation]] = [:]
        var nextID = 0
    }

    private let state = Mutex(State())
    private let count = Atomic(0)

    /// Whether anybody waits.
    var isWatched: Bool { count.load(ordering: .relaxed) > 0 }

    /// The end of an execution, when it is told; waiting ends with the caller's interest in the stream.
    func completion(of id: ExecutionID) -> AsyncStream<Execution> {
        let (stream, continuation) = AsyncStream.makeStream(of: Execution.self, bufferingPolicy: .bufferingNewest(1))
        let number = state.withLock { state in
            state.nextID += 1
            state.waiting[id, default: [:]][state.nextID] = continuation
            return state.nextID
        }
        count.add(1, ordering: .relaxed)
        continuation.onTermination = { [weak self] _ in self?.forget(number, of: id) }
        return stream
    }

    /// Tells those who wait that an execution is over.
    func ended(_ execution: Execution) {
        guard isWatched, execution.progress.status.isTerminal else { return }
        let waiting = state.withLock { $0.waiting[execution.id] ?? [:] }
        for continuation in waiting.values {
            continuation.yield(execution)
            continuation.finish()
        }
    }

    private func forget(_ number: Int, of id: ExecutionID) {
        let wasThere = state.withLock { state in
            guard state.waiting[id]?.removeValue(forKey: number) != nil else { return false }
            if state.waiting[id]?.isEmpty == true { state.waiting[id] = nil }
            return true
        }
        if wasThere { count.subtract(1, ordering: .relaxed) }
    }
}
