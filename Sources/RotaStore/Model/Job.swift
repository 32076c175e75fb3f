public import Foundation
public import RotaRetry
package import RotaSchedule

/// A job as it is remembered: its definition, its place on its schedule, and what became of its runs.
///
/// The members of ``definition``, ``position`` and ``tally`` can be read from the job itself: `job.name`, `job.state`,
/// `job.lastRunAt`.
@dynamicMemberLookup
public struct Job: Sendable, Hashable, Identifiable {
    /// The job's identifier.
    public let id: JobID
    /// The number of the definition: 1 when created, one more with every update (S-47).
    public var version: Int
    /// When the job was created.
    public let createdAt: Date
    /// When the definition or the state was last changed by a person.
    public var updatedAt: Date
    /// Where the job stands on its schedule.
    public var scheduleState: ScheduleState
    private var box: Boxed<JobDefinition>
    private var statisticsBox: Boxed<JobStatistics>?
    private var actors: Boxed<Actors>?

    /// Makes the record of a job.
    public init(
        id: JobID,
        definition: JobDefinition,
        version: Int = 1,
        createdAt: Date,
        updatedAt: Date? = nil,
        scheduleState: ScheduleState,
        statistics: JobStatistics = JobStatistics(),
        createdBy: String? = nil,
        updatedBy: String? = nil
    ) {
        self.id = id
        self.version = version
        self.createdAt = createdAt
        self.updatedAt = updatedAt ?? createdAt
        self.scheduleState = scheduleState
        box = Boxed(definition)
        self.statistics = statistics
        if createdBy != nil || updatedBy != nil {
            actors = Boxed(Actors(createdBy: createdBy, updatedBy: updatedBy))
        }
    }

    private struct Actors: Sendable, Hashable {
        var createdBy: String?
        var updatedBy: String?
    }

    /// What has become of its executions.
    public var statistics: JobStatistics {
        get { statisticsBox?.value ?? JobStatistics() }
        // Until its first run, a job has none.
        set { statisticsBox = newValue == JobStatistics() ? nil : Boxed(newValue) }
    }

    /// Who created the job, if that was said (S-51).
    public var createdBy: String? { actors?.value.createdBy }

    /// Who changed it last, if that was said (S-51).
    public var updatedBy: String? {
        get { actors?.value.updatedBy }
        set { actors = Boxed(Actors(createdBy: createdBy, updatedBy: newValue)) }
    }

    /// The identifier of the present version (S-48).
    public var versionID: JobVersionID { JobVersionID(jobID: id, version: version) }

    /// What to do, when, and how hard to try.
    public var definition: JobDefinition {
        get { box.value }
        set { box = Boxed(newValue) }
    }

    // The members that are read on every run, without a copy of the others.
    package var name: String { box.value.name }
    package var metadata: [String: String] { box.value.metadata }
    package var schedule: Schedule { box.value.schedule }
    package var action: JobAction { box.value.action }
    package var retry: RetryPolicy { box.value.retry }
    package var misfire: MisfirePolicy { box.value.misfire }
    package var overlap: OverlapPolicy { box.value.overlap }
    package var retention: Retention { box.value.retention }
    package var limits: JobLimits { box.value.limits }
    package var delivery: DeliveryGuarantee { box.value.delivery }
    package var notifications: [NotificationRule] { box.value.notifications }
    package var hasExtras: Bool { box.value.hasExtras }

    /// Whether it has neither labels nor limits, and the policies that most jobs have.
    package var isPlain: Bool { !box.value.hasExtras && box.value.hasStandardPolicies }

    /// When failures in a row pause the job, or `nil` if they never do; how its breaker stands is the position's.
    public var breaker: CircuitBreakerPolicy? { box.value.breaker }

    /// The instant at which the job will fire next, or `nil` if it will not (T-27).
    public var nextRunAt: Date? { scheduleState.state == .active ? scheduleState.nextWakeup : nil }

    /// Whether the job is switched on, as services say that have no other states (C-8, K-14, S-40): it is active.
    public var isEnabled: Bool { scheduleState.state == .active }

    /// Reads a member of the definition.
    public subscript<Value>(dynamicMember path: KeyPath<JobDefinition, Value>) -> Value {
        box.value[keyPath: path]
    }

    /// Reads a member of the position.
    public subscript<Value>(dynamicMember path: KeyPath<ScheduleState, Value>) -> Value {
        scheduleState[keyPath: path]
    }

    /// Reads a member of the tally.
    public subscript<Value>(dynamicMember path: KeyPath<JobStatistics, Value>) -> Value {
        statistics[keyPath: path]
    }

    /// Whether two records are equal in every field.
    public static func == (lhs: Job, rhs: Job) -> Bool {
        lhs.id == rhs.id && lhs.version == rhs.version && lhs.createdAt == rhs.createdAt
            && lhs.updatedAt == rhs.updatedAt && lhs.scheduleState == rhs.scheduleState
            && lhs.statisticsBox == rhs.statisticsBox
            && lhs.box == rhs.box && lhs.actors == rhs.actors
    }

    /// Hashes the fields that change whenever the job does.
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
        case scheduleState = "position"
        case statistics = "tally"
        case createdBy
        case updatedBy
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
            scheduleState: try container.decode(ScheduleState.self, forKey: .scheduleState),
            statistics: try container.decode(JobStatistics.self, forKey: .statistics),
            createdBy: try container.decodeIfPresent(String.self, forKey: .createdBy),
            updatedBy: try container.decodeIfPresent(String.self, forKey: .updatedBy))
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
    }
}

extension Job {
    /// A new execution of the job, queued.
    ///
    /// - Parameters:
    ///   - id: Its identifier.
    ///   - source: What caused it.
    ///   - scheduledFor: The nominal instant.
    ///   - dueAt: The instant from which it may start; the nominal one if `nil`.
    ///   - createdAt: When the record is made.
    ///   - payload: The value for the handler, if this run has one of its own.
    ///   - metadata: Labels that travel with it; the job's if `nil`.
    ///   - details: Where it comes from, whom it belongs to, and what is different about it.
    public func execution(
        id: ExecutionID,
        source: ExecutionSource,
        scheduledFor: Date,
        dueAt: Date? = nil,
        createdAt: Date,
        payload: JSONPayload? = nil,
        metadata: [String: String]? = nil,
        details: ExecutionDetails = .none
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
