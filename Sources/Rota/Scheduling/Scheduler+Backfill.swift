public import Foundation
import RotaSchedule
public import RotaStore

extension Scheduler {
    /// The largest number of occurrences that one backfill runs.
    public static let maximumBackfill = 10_000

    /// Runs the occurrences that a job's present schedule names in a range of the past.
    ///
    /// What became of them before does not matter, and the schedule is unaffected. An occurrence is run once for all
    /// backfills, as long as its run is kept: asking again for a range, or for one that overlaps with it, makes only
    /// the runs that are missing. A serial backfill starts with the first of those.
    ///
    /// - Parameters:
    ///   - id: The job, whatever its state.
    ///   - range: The range of nominal instants; what lies in the future is left out.
    ///   - overlap: Whether the runs go one after the other, or all at once.
    ///   - limit: The largest number of occurrences to run, from 1 to ``maximumBackfill``.
    ///   - author: Who asks for it, if that is to be remembered.
    /// - Returns: The runs, the oldest occurrence first; their source is `backfill`.
    /// - Throws: ``SchedulerError`` with code `jobNotFound`, `invalidRequest`, or `tooMany` if the range has more
    ///   occurrences than the limit; then none was run. Or the store's error.
    @discardableResult
    public func backfill(
        _ id: JobID, _ range: Range<Date>, overlap: BackfillResult.Overlap = .serial, limit: Int = 1000,
        author: String? = nil
    ) async throws -> BackfillResult {
        let job = try await job(id)
        let check = FieldCheck(code: .invalidRequest, jobName: job.definition.name)
        try check.number(limit, "The limit of a backfill", 1...Self.maximumBackfill)
        try check.instant(range.lowerBound, "The start of a backfill")
        try check.instant(range.upperBound, "The end of a backfill")
        try check.length(of: author, "The author", 1...255)
        guard job.definition.schedule.completionDelay == nil else {
            throw check.fail("A schedule that counts from the end of a run has no occurrences in the past.")
        }
        let now = context.clock.now
        let end = min(range.upperBound, now.addingTimeInterval(0.001))
        guard range.lowerBound < end else {
            return BackfillResult(id: BatchID(bits: context.ids.makeID(at: now)), runs: [])
        }
        guard let instants = job.occurrences(in: range.lowerBound..<end, limit: limit) else {
            throw SchedulerError(
                .tooMany,
                "The range from \(range.lowerBound.text) to \(range.upperBound.text) has more than \(limit) "
                    + "occurrences of job “\(job.definition.name)”; ask for a smaller one, or raise the limit.",
                value: "\(limit)")
        }
        return try await run(instants, of: job, overlap: overlap, author: author, at: now)
    }

    private func run(
        _ instants: [Date], of job: Job, overlap: BackfillResult.Overlap, author: String?, at now: Date
    ) async throws -> BackfillResult {
        let batch = BatchID(bits: context.ids.makeID(at: now))
        var missing: [Execution] = []
        var known: [Date: Execution] = [:]
        let earlier = try await backfilled(instants, of: job)
        for instant in instants {
            if let execution = earlier[instant] {
                known[instant] = execution
                continue
            }
            var details = ExecutionDetails.none
            details.batchID = batch
            details.createdBy = author
            details.idempotencyKey = "backfill/\(instant.text)"
            var execution = job.execution(
                id: ExecutionID(bits: context.ids.makeID(at: now)), source: .backfill, scheduledFor: instant,
                dueAt: now, createdAt: now, details: details)
            // The next one is made ready in the step that ends the one before.
            if overlap == .serial, !missing.isEmpty {
                execution.progress.status = .waiting
                execution.progress.expiresAt = nil
            }
            missing.append(execution)
        }
        for outcome in try await started(enqueue(missing, of: job.id), at: now) {
            known[outcome.execution.scheduledFor] = outcome.execution
        }
        let new = Set(missing.map(\.id))
        return BackfillResult(
            id: batch,
            runs: instants.compactMap { instant in
                known[instant].map { new.contains($0.id) ? .queued($0) : .existing($0) }
            })
    }

    /// Makes the first of a series ready if it is not: another backfill may have been a moment faster with the first one.
    private func started(_ outcomes: [EnqueueOutcome], at now: Date) async throws -> [EnqueueOutcome] {
        let index = outcomes.firstIndex { outcome in
            if case .queued = outcome { true } else { false }
        }
        guard let index, outcomes[index].execution.status == .waiting else { return outcomes }
        let answer = ExternalCompletion(outcomes[index].execution.id, next: .queued(at: now), date: now)
        guard case .recorded(let execution)? = try await context.store.completeWaiting([answer]).first else {
            return outcomes
        }
        context.signal.raise()
        var outcomes = outcomes
        outcomes[index] = .queued(execution)
        return outcomes
    }

    /// The runs that earlier backfills made for some instants.
    private func backfilled(_ instants: [Date], of job: Job) async throws -> [Date: Execution] {
        guard let first = instants.first, let last = instants.last else { return [:] }
        var query = ExecutionQuery(
            jobID: job.id, from: first, to: last.addingTimeInterval(0.001), order: .ascending, limit: 1000)
        var found: [Date: Execution] = [:]
        repeat {
            let page = try await context.store.executions(query)
            for execution in page.items where execution.source == .backfill {
                found[execution.scheduledFor] = execution
            }
            query.after = page.next
        } while query.after != nil
        return found
    }
}
