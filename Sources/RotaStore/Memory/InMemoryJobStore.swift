public import Foundation

/// A store that remembers for as long as the process runs.
///
/// It is the same state machine as ``FileJobStore`` without the journal: for tests, and for apps whose jobs are
/// declared anew at every start.
public actor InMemoryJobStore: JobStore {
    private var state = StoreState()
    private var log = ChangeLog(isRecording: false)

    /// Makes an empty store.
    public init() {}

    public func insert(_ insertions: [JobInsertion]) throws -> [JobInsertion.Outcome] {
        try state.insert(insertions, log: &log)
    }

    public func replace(_ replacement: JobReplacement) throws -> Job {
        try state.replace(replacement, log: &log)
    }

    public func delete(_ ids: [JobID]) -> [JobID] {
        state.delete(ids, log: &log)
    }

    public func job(_ id: JobID) -> Job? {
        state.jobs[id]
    }

    public func jobs(_ query: JobQuery) throws -> Page<Job> {
        try state.jobs(query)
    }

    public func agenda(at now: Date, limit: Int) -> Agenda {
        state.agenda(at: now, limit: limit)
    }

    public func fire(_ fires: [Fire]) -> [Fire.Outcome] {
        state.fire(fires, log: &log)
    }

    public func enqueue(_ executions: [Execution]) throws {
        try state.enqueue(executions, log: &log)
    }

    public func claim(_ request: ClaimRequest) -> [Claim] {
        state.claim(request, log: &log)
    }

    public func renew(_ renewals: [LeaseRenewal]) -> [ExecutionID] {
        state.renew(renewals, log: &log)
    }

    public func finish(_ completions: [Completion]) -> [Completion.Outcome] {
        state.finish(completions, log: &log)
    }

    public func execution(_ id: ExecutionID) -> Execution? {
        state.executions[id]
    }

    public func executions(_ query: ExecutionQuery) throws -> Page<Execution> {
        try state.executions(query)
    }

    public func skips(of job: JobID) -> [SkippedOccurrence] {
        state.histories[job]?.skips ?? []
    }
}
