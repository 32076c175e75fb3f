public import Foundation
public import RotaRetry
package import RotaSchedule

/// A stored job: its definition, its place on its schedule, and its statistics.
///
/// Read the members of ``definition``, ``scheduleState`` and ``statistics`` directly from the job:
///
/// ```swift
/// print(job.name, job.state)
/// if let next = job.nextRunAt {
///     print("Fires at \(next.formatted(.iso8601))")
/// }
/// print("\(job.succeeded) succeeded, \(job.failed) failed")
/// ```
@dynamicMemberLookup
public struct Job: Sendable, Hashable, Identifiable {
    /// The job's identifier.
    public let id: JobID
    /// The version of the definition: 1 when created, one more after every update.
    public var version: Int
    /// When the job was created.
    public let createdAt: Date
    /// When the definition or the state was last changed through the scheduler's API.
    ///
    /// Firing does not change it.
    public var updatedAt: Date
    /// Where the job stands on its schedule.
    public var scheduleState: ScheduleState
    private var box: Boxed<JobDefinition>
    private var rareStatistics: Rare<JobStatistics>
    private var rare: Rare<RareParts>

    /// Creates the record of a job.
    public init(
        id: JobID,
        definition: consuming JobDefinition,
        version: Int = 1,
        createdAt: Date,
        updatedAt: Date? = nil,
        scheduleState: ScheduleState,
        statistics: JobStatistics = JobStatistics(),
        createdBy: String? = nil,
        updatedBy: String? = nil,
        declaredBy: String? = nil
    ) {
        self.id = id
        self.version = version
        self.createdAt = createdAt
        self.updatedAt = updatedAt ?? createdAt
        self.scheduleState = scheduleState
        box = Boxed(definition)
        rareStatistics = Rare(statistics)
        let isAnonymous = createdBy == nil && updatedBy == nil && declaredBy == nil
        rare =
            isAnonymous
            ? Rare() : Rare(RareParts(createdBy: createdBy, updatedBy: updatedBy, declaredBy: declaredBy))
    }

    private struct RareParts: RareMembers {
        var createdBy: String?
        var updatedBy: String?
        var declaredBy: String?

        static let empty = Boxed(RareParts())
    }

    /// The job's statistics: how its executions have ended so far.
    public var statistics: JobStatistics {
        get { rareStatistics.members }
        set { rareStatistics.members = newValue }
    }

    /// The creator of the job, if the caller named one.
    public var createdBy: String? { rare.createdBy }

    /// The author of the last change, if the caller named one.
    public var updatedBy: String? {
        get { rare.updatedBy }
        set { rare.updatedBy = newValue }
    }

    /// The owner whose declaration the job follows, or `nil` if the job was not declared.
    public var declaredBy: String? {
        get { rare.declaredBy }
        set { rare.declaredBy = newValue }
    }

    /// The identifier of the current version.
    public var versionID: JobVersionID { JobVersionID(jobID: id, version: version) }

    /// The job's action, schedule and policies.
    public var definition: JobDefinition {
        get { box.value }
        set { box = Boxed(newValue) }
    }

    // Hot paths read these members directly. Going through `definition` would copy the whole value.
    package var name: String { box.value.name }
    package var metadata: [String: String] { box.value.metadata }
    package var schedule: Schedule { box.value.schedule }
    package var isSeries: Bool { box.value.schedule.isSeries }
    package var action: JobAction { box.value.action }
    package var retry: RetryPolicy { box.value.retry }
    package var retryTimeLimit: Duration? { box.value.retry.timeLimit }
    package var misfire: MisfirePolicy { box.value.misfire }
    package var overlap: OverlapPolicy { box.value.overlap }
    package var retention: Retention { box.value.retention }
    package var limits: JobLimits { box.value.limits }
    package var delivery: DeliveryGuarantee { box.value.delivery }
    package var notifications: [NotificationRule] { hasExtras ? box.value.notifications : [] }
    package var chain: [ChainRule] { hasExtras ? box.value.chain : [] }
    package var adaptiveTimeout: AdaptiveTimeout? { box.value.adaptiveTimeout }
    package var hasExtras: Bool { box.value.hasExtras }

    /// Whether its executions wait: a queue is paused, and with it the work in it.
    ///
    /// Pausing a job with a schedule only stops it from firing.
    package var holdsWork: Bool { scheduleState.state == .paused && schedule.isOnDemand }

    /// Whether the job has no attributes, no limits, and only the standard policies.
    package var isPlain: Bool { !box.value.hasExtras && box.value.hasStandardPolicies }

    /// When repeated failures pause the job, or `nil` if they never do.
    ///
    /// ``ScheduleState/breaker`` holds the breaker's state.
    public var breaker: CircuitBreakerPolicy? { box.value.breaker }

    /// When the job fires next, or `nil` if it will not.
    public var nextRunAt: Date? { scheduleState.state == .active ? scheduleState.nextWakeup : nil }

    /// Whether the job is active.
    public var isEnabled: Bool { scheduleState.state == .active }

    /// Reads a member of the definition.
    public subscript<Value>(dynamicMember path: KeyPath<JobDefinition, Value>) -> Value {
        box.value[keyPath: path]
    }

    /// Reads a member of the schedule state.
    public subscript<Value>(dynamicMember path: KeyPath<ScheduleState, Value>) -> Value {
        scheduleState[keyPath: path]
    }

    /// Reads a member of the statistics.
    public subscript<Value>(dynamicMember path: KeyPath<JobStatistics, Value>) -> Value {
        statistics[keyPath: path]
    }

    /// Whether two records are equal in every field.
    public static func == (lhs: Job, rhs: Job) -> Bool {
        lhs.id == rhs.id && lhs.version == rhs.version && lhs.createdAt == rhs.createdAt
            && lhs.updatedAt == rhs.updatedAt && lhs.scheduleState == rhs.scheduleState
            && lhs.rareStatistics == rhs.rareStatistics
            && lhs.box == rhs.box && lhs.rare == rhs.rare
    }

    /// Hashes the identifier and the revision, which changes whenever the job does.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(id)
        hasher.combine(scheduleState.revision)
    }
}

extension Job: Codable {
    private enum CodingKeys: String, CodingKey {
        case id
        case definition
        case version
        case createdAt
        case updatedAt
        case scheduleState
        case statistics
        case createdBy
        case updatedBy
        case declaredBy
        /// The names of the schedule state and the statistics in the first format.
        case position, counts
    }

    /// Decodes a job.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            id: try container.decode(JobID.self, forKey: .id),
            definition: try container.decode(JobDefinition.self, forKey: .definition),
            version: try container.decode(Int.self, forKey: .version),
            createdAt: try container.decode(Date.self, forKey: .createdAt),
            updatedAt: try container.decode(Date.self, forKey: .updatedAt),
            scheduleState: try container.decodeIfPresent(ScheduleState.self, forKey: .scheduleState)
                ?? container.decode(ScheduleState.self, forKey: .position),
            statistics: try container.decodeIfPresent(JobStatistics.self, forKey: .statistics)
                ?? container.decode(JobStatistics.self, forKey: .counts),
            createdBy: try container.decodeIfPresent(String.self, forKey: .createdBy),
            updatedBy: try container.decodeIfPresent(String.self, forKey: .updatedBy),
            declaredBy: try container.decodeIfPresent(String.self, forKey: .declaredBy))
    }

    /// Encodes the job.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(definition, forKey: .definition)
        try container.encode(version, forKey: .version)
        try container.encode(createdAt, forKey: .createdAt)
        try container.encode(updatedAt, forKey: .updatedAt)
        try container.encode(scheduleState, forKey: .scheduleState)
        try container.encode(statistics, forKey: .statistics)
        try container.encodeIfPresent(createdBy, forKey: .createdBy)
        try container.encodeIfPresent(updatedBy, forKey: .updatedBy)
        try container.encodeIfPresent(declaredBy, forKey: .declaredBy)
    }
}

extension Job {
    /// Creates a queued execution of the job.
    ///
    /// The store does not know it until it is enqueued or fired.
    ///
    /// - Parameters:
    ///   - id: The identifier of the execution.
    ///   - source: What causes the execution.
    ///   - scheduledFor: The nominal date.
    ///   - dueAt: When it may start. Defaults to the nominal date.
    ///   - createdAt: When the record is created.
    ///   - payload: The handler's payload, if this execution has its own.
    ///   - metadata: The metadata it carries. Defaults to the job's.
    ///   - details: Its origin, its owner, and its deviations from the job, if it has any.
    public func execution(
        id: ExecutionID,
        source: ExecutionSource,
        scheduledFor: Date,
        dueAt: Date? = nil,
        createdAt: Date,
        payload: JSONPayload? = nil,
        metadata: [String: String]? = nil,
        details: ExecutionDetails? = nil
    ) -> Execution {
        var progress = ExecutionProgress(dueAt: dueAt ?? scheduledFor)
        if let life = limits.timeToLive {
            progress.expiresAt = max(createdAt, progress.dueAt).addingTimeInterval(life / .seconds(1))
        }
        return Execution(
            id: id, jobID: self.id, jobName: name, jobVersion: version, source: source,
            scheduledFor: scheduledFor, createdAt: createdAt, payload: payload,
            metadata: metadata ?? self.metadata, details: details, progress: progress, attempts: [])
    }
}
