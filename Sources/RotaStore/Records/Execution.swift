public import Foundation

/// One logical run of a job: when it was due, its attempts, and how it ended (T-69).
///
/// The members of ``progress`` can be read from the execution itself: `execution.status`, `execution.dueAt`.
@dynamicMemberLookup
public struct Execution: Sendable, Hashable, Codable, Identifiable {
    /// The execution's identifier.
    public let id: ExecutionID
    /// The job it is a run of.
    public let jobID: JobID
    /// The job's name when the execution was made (T-107).
    public let jobName: String
    /// The version of the job when the execution was made (S-70).
    public let jobVersion: Int
    /// What caused it.
    public let source: ExecutionSource
    /// The nominal instant: the occurrence of the schedule, or when the run was asked for.
    public let scheduledFor: Date
    /// When the record was made.
    public let createdAt: Date
    /// The value for the handler, if this run has one of its own.
    public let payload: Payload?
    /// The execution that this one replays (T-110).
    public let replayOf: ExecutionID?
    /// Labels that travel with the execution, such as a trace's carrier.
    public let metadata: [String: String]
    /// The job's definition when the execution was made, if the job has another one by now.
    ///
    /// An execution keeps the definition that it began with, so that all its attempts do the same (TX-4, S-70).
    public internal(set) var pinned: JobDefinition? {
        get { pin?.definition }
        set { pin = newValue.map(DefinitionBox.init) }
    }

    private var pin: DefinitionBox?
    /// The part that changes while it runs.
    public var progress: ExecutionProgress
    /// The attempts made so far, the first one first.
    public var attempts: [Attempt]

    package init(
        id: ExecutionID, jobID: JobID, jobName: String, jobVersion: Int, source: ExecutionSource, scheduledFor: Date,
        createdAt: Date, payload: Payload?, replayOf: ExecutionID?, metadata: [String: String],
        pinned: JobDefinition? = nil, progress: ExecutionProgress, attempts: [Attempt]
    ) {
        self.id = id
        self.jobID = jobID
        self.jobName = jobName
        self.jobVersion = jobVersion
        self.source = source
        self.scheduledFor = scheduledFor
        self.createdAt = createdAt
        self.payload = payload
        self.replayOf = replayOf
        self.metadata = metadata
        pin = pinned.map(DefinitionBox.init)
        self.progress = progress
        self.attempts = attempts
    }

    /// How late the first attempt began, or `nil` if none has begun.
    public var lateness: Duration? {
        progress.startedAt.map { .seconds($0.timeIntervalSince(scheduledFor)) }
    }

    /// Reads a member of the progress.
    public subscript<Value>(dynamicMember path: KeyPath<ExecutionProgress, Value>) -> Value {
        progress[keyPath: path]
    }
}
