public import RotaRetry
public import RotaSchedule
public import RotaStore

/// A job to create: its definition, and how it starts.
///
/// ```swift
/// var draft = JobDraft(
///     name: "invoices", schedule: try .cron("0 6 1 * *", in: "Europe/Berlin"),
///     action: .http(try .post("https://api.example.com/invoices")), retry: .exponential(maxAttempts: 8))
/// draft.delivery = .atMostOnce
/// draft.attributes.tags = ["team": "billing"]
/// let job = try await scheduler.create(draft)
/// print(job.nextRunAt ?? "never")
/// ```
///
/// Every member of ``definition`` can be read and set on the draft itself.
@dynamicMemberLookup
public struct JobDraft: Sendable {
    /// The action, schedule and policies.
    public var definition: JobDefinition
    /// Whether the job starts active, paused, or as a draft, which does not fire until it is activated.
    public var state: JobState
    /// A key under which creating the job again returns the existing job, unchanged.
    ///
    /// From 1 to 4,096 characters, so that it can be a whole line of a crontab.
    public var idempotencyKey: String?
    /// The name of the job's creator, for the record.
    ///
    /// From 1 to 255 characters.
    public var author: String?
    /// The job that a declaration means by the draft, even if its slug or name differs; `nil` if they say which.
    ///
    /// It only has an effect on ``Scheduler/declare(_:owner:generation:orphans:isDryRun:author:)``, and the job must
    /// exist.
    package var declaredJob: JobID?

    /// Describes a job.
    ///
    /// Only the name, the schedule and the action are required.
    ///
    /// Everything else is a member of the draft, which reads and writes its definition: `priority`, `attributes` with
    /// its tags, `notifications`, `breaker`, `delivery`, `metadata`.
    ///
    /// - Parameters:
    ///   - name: A human-readable name, from 1 to 255 characters. It need not be unique.
    ///   - slug: A short name for URLs, from 1 to 255 letters, digits, `-`, `.`, `_` and `~`, unique within the
    ///     project.
    ///   - schedule: When the job fires.
    ///   - action: What it does: an HTTP request, or a call of a Swift handler.
    ///   - retry: Whether and when a failed attempt is repeated. The default is three attempts in all.
    ///   - misfire: The policy for missed occurrences. The default runs the latest one.
    ///   - overlap: The policy for an occurrence that is due while an earlier execution has not ended. The default
    ///     runs both.
    ///   - retention: How much history is kept.
    ///   - limits: How many executions may start, and when. By default there are no limits.
    ///   - delivery: Whether an attempt that may have done its work, because it crashed or got no complete response, is
    ///     retried.
    ///   - idempotencyKey: A key under which creating the job again returns the existing job.
    public init(
        name: String,
        slug: String? = nil,
        schedule: Schedule,
        action: JobAction,
        retry: RetryPolicy = .default,
        misfire: MisfirePolicy = .latest,
        overlap: OverlapPolicy = .allow,
        retention: Retention = .standard,
        limits: JobLimits = .none,
        delivery: DeliveryGuarantee = .atLeastOnce,
        idempotencyKey: String? = nil
    ) {
        var definition = JobDefinition(
            name: name, schedule: schedule, action: action, retry: retry, misfire: misfire, overlap: overlap,
            retention: retention)
        if let slug { definition.attributes.slug = slug }
        if limits != .none { definition.limits = limits }
        if delivery != .atLeastOnce { definition.delivery = delivery }
        // Not by the other initializer, which would copy the definition and the draft.
        self.definition = definition
        state = .active
        self.idempotencyKey = idempotencyKey
    }

    /// Creates a draft of a definition that was made elsewhere, such as one read from JSON.
    ///
    /// - Parameters:
    ///   - definition: The action, schedule and policies.
    ///   - state: Whether the job starts active, paused or as a draft.
    ///   - idempotencyKey: A key under which creating the job again returns the existing job.
    ///   - author: Who creates the job, for the record.
    public init(
        _ definition: JobDefinition, state: JobState = .active, idempotencyKey: String? = nil, author: String? = nil
    ) {
        self.definition = definition
        self.state = state
        self.idempotencyKey = idempotencyKey
        self.author = author
    }

    /// Returns a copy with changes, for drafts that are written in one expression.
    ///
    /// - Parameter change: Sets members of the copy.
    public func with(_ change: (inout JobDraft) throws -> Void) rethrows -> JobDraft {
        var draft = self
        try change(&draft)
        return draft
    }

    /// Reads or sets a member of the definition.
    public subscript<Value>(dynamicMember path: WritableKeyPath<JobDefinition, Value>) -> Value {
        get { definition[keyPath: path] }
        set { definition[keyPath: path] = newValue }
    }
}

extension JobDraft {
    /// Describes a job that calls the handler its payload names.
    ///
    /// - Parameters:
    ///   - payload: The value that every execution passes to the handler.
    ///   - name: The job's name, from 1 to 255 characters; `nil` for the handler's.
    ///   - slug: A short name for URLs, from 1 to 255 letters, digits, `-`, `.`, `_` and `~`, unique within the
    ///     project.
    ///   - schedule: When the job fires.
    ///   - timeout: The longest an attempt may take, or `nil` for no limit.
    ///   - retry: Whether and when a failed attempt is repeated. The default is three attempts in all.
    ///   - misfire: The policy for missed occurrences. The default runs the latest one.
    ///   - overlap: The policy for an occurrence that is due while an earlier execution has not ended.
    ///   - delivery: Whether an attempt that may have done its work, because it crashed or got no complete response, is
    ///     retried.
    /// - Throws: The encoder's error if the payload cannot be encoded as JSON.
    public init<Payload: HandlerPayload>(
        _ payload: Payload, name: String? = nil, slug: String? = nil, schedule: Schedule, timeout: Duration? = nil,
        retry: RetryPolicy = .default, misfire: MisfirePolicy = .latest, overlap: OverlapPolicy = .allow,
        delivery: DeliveryGuarantee = .atLeastOnce
    ) throws {
        self.init(
            name: name ?? Payload.handlerName, slug: slug, schedule: schedule,
            action: try .handler(payload, timeout: timeout), retry: retry, misfire: misfire, overlap: overlap,
            delivery: delivery)
    }
}
