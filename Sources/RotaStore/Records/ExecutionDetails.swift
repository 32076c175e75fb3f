public import RotaRetry

/// What few executions have: where they come from, whom they belong to, and what is different about them.
public struct ExecutionDetails: Sendable, Hashable, Codable {
    /// The execution that this one replays (T-110).
    public var replayOf: ExecutionID?
    /// The execution that this one continues (S-86).
    public var continuationOf: ExecutionID?
    /// The execution that caused this one (S-67).
    public var parentID: ExecutionID?
    /// How many executions lead to this one, one causing the next (S-87); 0 for one that nobody caused.
    public var lineageDepth: Int = 0
    /// Starts before those of lower priority (S-68); `nil` for the job's.
    public var priority: Int?
    /// Executions with one key count together for the job's limit per key (S-91).
    public var concurrencyKey: String?
    /// A key under which a repeated request for a run of the job returns this execution (S-69).
    public var idempotencyKey: String?
    /// Names and values to find executions by (S-88).
    public var tags: [String: String]?
    /// Who asked for it (S-89).
    public var createdBy: String?
    /// The group of executions that were asked for together (S-90).
    public var batchID: BatchID?
    /// The step of a workflow that it belongs to (S-72).
    public var workflowStepRunID: String?
    /// What is different from the job's retry policy and timeout (S-73 to S-77).
    public var overrides: RetryOverrides?
    /// Whether all decisions about it are to be kept (S-85).
    public var isDebugging: Bool?
    /// Where a notice goes, if the execution is one: it does that instead of what its job does.
    public var notification: NotificationRule.Channel?
    /// The breaker's leave for a run that probes whether a job is well again.
    public var circuitPermit: CircuitPermit?

    /// Makes details; all of them are absent.
    public init() {}

    private enum CodingKeys: String, CodingKey {
        case replayOf, continuationOf, parentID, lineageDepth, priority, concurrencyKey, idempotencyKey, tags
        case createdBy, batchID, workflowStepRunID, overrides, isDebugging, circuitPermit
        case notification = "notice"
    }

    /// Nothing out of the ordinary.
    public static let none = ExecutionDetails()
}
