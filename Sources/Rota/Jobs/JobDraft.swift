public import RotaRetry
public import RotaSchedule
public import RotaStore

/// A job to be created: its definition, and how it starts.
public struct JobDraft: Sendable {
    /// What to do, when, and how hard to try.
    public var definition: JobDefinition
    /// Whether the job starts as a draft, which never fires until it is activated (T-25), paused, or active.
    public var state: JobState
    /// A key under which a repeated creation returns the job of the first one, unchanged (T-55).
    public var idempotencyKey: String?
    /// Who creates the job, if that is to be remembered (S-51).
    public var author: String?

    /// Describes a job; only the name, the schedule and the action have no default.
    ///
    /// - Parameters:
    ///   - name: A name for people, from 1 to 255 characters; it need not be unique.
    ///   - schedule: When the job fires.
    ///   - action: What it does: an HTTP request, or a call of a Swift handler.
    ///   - retry: Whether and when a failed attempt is made again; by default three attempts in all.
    ///   - misfire: What becomes of occurrences that were missed; by default the latest is made up for.
    ///   - overlap: What happens when an occurrence is due while an earlier run is not yet over; by default both run.
    ///   - retention: How much of the history is kept.
    ///   - metadata: Labels that are kept with the job and handed to every run.
    ///   - labels: How the job is found among others: its slug, its group, its tags and more.
    ///   - limits: How many runs start at once, in a while, at what times; by default nothing limits them.
    ///   - delivery: Whether an attempt is made again after a crash that leaves open whether it was made.
    ///   - breaker: When repeated failures pause the job; by default they never do.
    ///   - notifications: Whom to tell when a run is over, at most 20 rules.
    ///   - versionPolicy: Which version a queued run has when the job is changed before it starts.
    ///   - isBackwardsCompatible: Whether runs pinned to an earlier version may run this one, for `.minor`.
    ///   - payloadSchema: A JSON schema that is kept with the job.
    ///   - state: Whether the job starts active, paused or as a draft.
    ///   - idempotencyKey: A key under which a repeated creation returns the job of the first one.
    ///   - author: Who creates the job, if that is to be remembered.
    public init(
        name: String,
        schedule: Schedule,
        action: JobAction,
        retry: RetryPolicy = .default,
        misfire: MisfirePolicy = .latest,
        overlap: OverlapPolicy = .allow,
        retention: Retention = .standard,
        metadata: [String: String] = [:],
        attributes: JobAttributes = .none,
        limits: JobLimits = .none,
        delivery: DeliveryGuarantee = .atLeastOnce,
        breaker: CircuitBreakerPolicy? = nil,
        notifications: [NotificationRule] = [],
        versionPolicy: VersionPolicy = .pin,
        isBackwardsCompatible: Bool = false,
        payloadSchema: JSONPayload? = nil,
        state: JobState = .active,
        idempotencyKey: String? = nil,
        author: String? = nil
    ) {
        var definition = JobDefinition(
            name: name, schedule: schedule, action: action, retry: retry, misfire: misfire, overlap: overlap,
            retention: retention, metadata: metadata)
        if attributes != .none { definition.attributes = attributes }
        if limits != .none { definition.limits = limits }
        if delivery != .atLeastOnce { definition.delivery = delivery }
        if let breaker { definition.breaker = breaker }
        if !notifications.isEmpty { definition.notifications = notifications }
        if versionPolicy != .pin { definition.versionPolicy = versionPolicy }
        if isBackwardsCompatible { definition.isBackwardsCompatible = true }
        if let payloadSchema { definition.payloadSchema = payloadSchema }
        self.init(definition, state: state, idempotencyKey: idempotencyKey, author: author)
    }

    /// Takes a definition that was made elsewhere, such as one that was read from JSON.
    ///
    /// - Parameters:
    ///   - definition: What to do, when, and how hard to try.
    ///   - state: Whether the job starts active, paused or as a draft.
    ///   - idempotencyKey: A key under which a repeated creation returns the job of the first one.
    ///   - author: Who creates the job, if that is to be remembered.
    public init(
        _ definition: JobDefinition, state: JobState = .active, idempotencyKey: String? = nil, author: String? = nil
    ) {
        self.definition = definition
        self.state = state
        self.idempotencyKey = idempotencyKey
        self.author = author
    }
}
