public import RotaJSONSchema
public import RotaRetry
public import RotaSchedule

/// The action, schedule and policies of a job.
///
/// Every change creates a new version of the job.
public struct JobDefinition: Sendable, Hashable {
    /// A human-readable name.
    ///
    /// It need not be unique.
    public var name: String
    /// When the job fires.
    public var schedule: Schedule
    /// The action that the job performs when it fires.
    public var action: JobAction
    /// Names and values that every execution carries.
    public var metadata: [String: String]
    var policyBox = Policies.standard
    var rare = Rare<RareParts>()

    /// Creates a definition.
    ///
    /// Only the name, the schedule and the action are required.
    public init(
        name: String,
        schedule: Schedule,
        action: JobAction,
        retry: RetryPolicy = .default,
        misfire: MisfirePolicy = .latest,
        overlap: OverlapPolicy = .allow,
        retention: Retention = .standard,
        metadata: [String: String] = [:]
    ) {
        self.name = name
        self.schedule = schedule
        self.action = action
        self.metadata = metadata
        policies = Policies(retry: retry, misfire: misfire, overlap: overlap, retention: retention)
    }

    /// Whether and when a failed attempt is repeated.
    public var retry: RetryPolicy {
        get { policyBox.value.retry }
        set { policies.retry = newValue }
    }

    /// The policy for missed occurrences.
    public var misfire: MisfirePolicy {
        get { policyBox.value.misfire }
        set { policies.misfire = newValue }
    }

    /// The policy for an occurrence that is due while an earlier execution has not ended.
    public var overlap: OverlapPolicy {
        get { policyBox.value.overlap }
        set { policies.overlap = newValue }
    }

    /// How much history is kept.
    public var retention: Retention {
        get { policyBox.value.retention }
        set { policies.retention = newValue }
    }

    /// Names and tags for finding the job.
    public var attributes: JobAttributes {
        get { rare.attributes }
        set { rare.attributes = newValue }
    }

    /// How many executions may start, and when.
    public var limits: JobLimits {
        get { rare.limits }
        set { rare.limits = newValue }
    }

    /// Executions with a higher priority start first: 0, the default, to 10.
    ///
    /// Waiting a minute counts as much as one step, so no execution starves.
    public var priority: Int {
        get { rare.priority }
        set { rare.priority = newValue }
    }

    /// Whether an attempt that may have done its work, because it crashed or got no complete response, is retried.
    public var delivery: DeliveryGuarantee {
        get { rare.delivery }
        set { rare.delivery = newValue }
    }

    /// When repeated failures pause the job, or `nil` if they never do.
    public var breaker: CircuitBreakerPolicy? {
        get { rare.breaker }
        set { rare.breaker = newValue }
    }

    /// The notifications to send when an execution ends.
    public var notifications: [NotificationRule] {
        get { rare.notifications }
        set { rare.notifications = newValue }
    }

    /// The jobs to trigger when an execution ends, up to 20.
    public var chain: [ChainRule] {
        get { rare.chain }
        set { rare.chain = newValue }
    }

    /// The schema of the payload of every execution, or `nil` if anything will do.
    ///
    /// A trigger whose payload breaks the schema is refused, and nothing is queued. A trigger without a payload is
    /// checked with the action's, and with `null` if that has none.
    public var payloadSchema: JSONSchema? {
        get { rare.payloadSchema }
        set { rare.payloadSchema = newValue }
    }

    /// The time within which a trigger with the same payload returns the earlier execution, or `nil` to queue each.
    ///
    /// Up to 30 days. Triggers and enqueued work are compared as by ``Uniqueness/samePayload(for:)``; occurrences of
    /// the schedule, replays and backfills are not. A trigger with a uniqueness of its own obeys that instead. An
    /// idempotency key takes precedence; later requests are still compared with that payload. Executions from before
    /// the window was set count only if they had one too.
    public var deduplicationWindow: Duration? {
        get { rare.deduplicationWindow }
        set { rare.deduplicationWindow = newValue }
    }

    /// The timeout of attempts by how long earlier ones took, or `nil` for that of the action.
    ///
    /// If it is set, it replaces the timeout of the request or the handler. `RetryOverrides.timeout` of an execution
    /// precedes it. It is computed before each attempt from the job's history: the last attempts of the latest 100
    /// executions that succeeded, as far as the ``retention`` keeps them. Those of waiting executions count with the
    /// time until they began to wait. ``ExecutionTrace/timeout`` tells what it was. The timeout of a request is at most
    /// an hour.
    public var adaptiveTimeout: AdaptiveTimeout? {
        get { rare.adaptiveTimeout }
        set { rare.adaptiveTimeout = newValue }
    }

    /// Which version a queued execution runs if the job changes before it starts.
    public var versionPolicy: VersionPolicy {
        get { rare.versionPolicy }
        set { rare.versionPolicy = newValue }
    }

    /// Whether executions pinned to an earlier version may run this one.
    ///
    /// Only ``VersionPolicy/minor`` uses it.
    public var isBackwardsCompatible: Bool {
        get { rare.isBackwardsCompatible }
        set { rare.isBackwardsCompatible = newValue }
    }

    /// The policies that most jobs leave at their defaults.
    ///
    /// Those jobs share one copy, which saves a fifth of a job's memory.
    struct Policies: ListedMembers {
        var retry = RetryPolicy.default
        var misfire = MisfirePolicy.latest
        var overlap = OverlapPolicy.allow
        var retention = Retention.standard

        static let standard = Boxed(Policies())

        static let fields: [JSONField<Policies>] = [
            JSONField("retry", \.retry, default: .default),
            JSONField("misfire", \.misfire, default: .latest),
            JSONField("overlap", \.overlap, default: .allow),
            JSONField("retention", \.retention, default: .standard),
        ]
    }

    private var policies: Policies {
        get { policyBox.value }
        set { policyBox = newValue == Policies.standard.value ? Policies.standard : Boxed(newValue) }
    }

    /// The members that few jobs set.
    struct RareParts: RareMembers, ListedMembers {
        var attributes = JobAttributes.none
        var limits = JobLimits.none
        var priority = 0
        var delivery = DeliveryGuarantee.atLeastOnce
        var breaker: CircuitBreakerPolicy?
        var notifications: [NotificationRule] = []
        var chain: [ChainRule] = []
        var payloadSchema: JSONSchema?
        var deduplicationWindow: Duration?
        var adaptiveTimeout: AdaptiveTimeout?
        var versionPolicy = VersionPolicy.pin
        var isBackwardsCompatible = false

        static let empty = Boxed(RareParts())

        static let fields: [JSONField<RareParts>] = [
            JSONField("attributes", \.attributes, default: .none, earlier: "labels"),
            JSONField("limits", \.limits, default: .none),
            JSONField("priority", \.priority, default: 0),
            JSONField("delivery", \.delivery, default: .atLeastOnce),
            JSONField("breaker", \.breaker),
            JSONField("notifications", \.notifications, default: []),
            JSONField("chain", \.chain, default: []),
            JSONField("payloadSchema", \.payloadSchema),
            JSONField("deduplicationWindow", seconds: \.deduplicationWindow),
            JSONField("adaptiveTimeout", \.adaptiveTimeout),
            JSONField("versionPolicy", \.versionPolicy, default: .pin),
            JSONField("isBackwardsCompatible", \.isBackwardsCompatible, default: false),
        ]
    }

    /// Whether any rare member, such as attributes or limits, is set.
    package var hasExtras: Bool { !rare.isEmpty }

    /// Whether all policies are the defaults.
    package var hasStandardPolicies: Bool { policyBox === Policies.standard }

    /// The names of the members in JSON.
    package static var memberNames: [String] {
        ["name", "schedule", "action", "metadata"] + Policies.fields.map(\.name) + RareParts.fields.map(\.name)
    }

    /// The names of the members, as in JSON, that differ from another definition.
    package func changedMembers(from other: JobDefinition) -> [String] {
        let main = [
            ("name", name == other.name), ("schedule", schedule == other.schedule), ("action", action == other.action),
        ]
        var changed = main.filter { !$0.1 }.map(\.0)
        changed += Policies.fields.filter { !$0.isEqual(policies, other.policies) }.map(\.name)
        if metadata != other.metadata { changed.append("metadata") }
        changed += RareParts.fields.filter { !$0.isEqual(rare.members, other.rare.members) }.map(\.name)
        return changed
    }
}

extension JobDefinition: Codable {
    /// Decodes a definition.
    ///
    /// Members with a default may be absent.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: JSONKey.self)
        func value<Value: Decodable>(_ key: JSONKey, _ standard: Value) throws -> Value {
            try container.decodeIfPresent(Value.self, forKey: key) ?? standard
        }
        self.init(
            name: try container.decode(String.self, forKey: "name"),
            schedule: try container.decode(Schedule.self, forKey: "schedule"),
            action: try container.decode(JobAction.self, forKey: "action"),
            retry: try value("retry", .default), misfire: try value("misfire", .latest),
            overlap: try value("overlap", .allow), retention: try value("retention", .standard),
            metadata: try value("metadata", [:]))
        var parts = RareParts.none
        for field in RareParts.fields { try field.decode(&parts, container) }
        // The first format kept the priority among the limits.
        if parts.priority == 0, container.contains("limits") {
            let limits = try container.nestedContainer(keyedBy: JSONKey.self, forKey: "limits")
            parts.priority = try limits.decodeIfPresent(Int.self, forKey: "priority") ?? 0
        }
        rare.members = parts
    }

    /// Encodes the definition, without rare members that have their default.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: JSONKey.self)
        try container.encode(name, forKey: "name")
        try container.encode(schedule, forKey: "schedule")
        try container.encode(action, forKey: "action")
        try container.encode(retry, forKey: "retry")
        try container.encode(misfire, forKey: "misfire")
        try container.encode(overlap, forKey: "overlap")
        try container.encode(retention, forKey: "retention")
        try container.encode(metadata, forKey: "metadata")
        guard !rare.isEmpty else { return }
        for field in RareParts.fields { try field.encode(rare.members, &container) }
    }
}

/// The treatment of an attempt that may or may not have done its work: its scheduler crashed, or its request got no
/// complete response.
public enum DeliveryGuarantee: String, Sendable, Hashable, Codable {
    /// Retry the attempt if the retry policy allows. The work may be done twice. This is the default.
    case atLeastOnce = "at_least_once"
    /// Fail the execution, because its work may have been done.
    ///
    /// Neither a crash nor a lost response causes the work to be done twice. The retry policy decides about attempts
    /// with a known outcome: a request that was certainly not sent, for instance because the connection was refused;
    /// one that was answered with another status; and a handler that threw, unless its error is that of a request that
    /// may have been sent.
    ///
    /// `URLSessionTransport` opens a connection for each request, so that URLSession does not send it again on its own,
    /// as it does when a kept connection turns out to be closed. A transport of your own must do the like if
    /// `HTTPRequest.isRepeatable` is `false`. Beyond the transport, for instance in a proxy that repeats requests,
    /// there is no guarantee.
    case atMostOnce = "at_most_once"
}

extension JobDefinition {
    /// The time zone in which the job's dates are shown, as an IANA identifier, or `nil` if none was stated.
    ///
    /// It is that of the schedule, or else that of ``JobAttributes/timeZone``.
    public var timeZoneIdentifier: String? { schedule.timeZoneIdentifier ?? attributes.timeZone }
}
