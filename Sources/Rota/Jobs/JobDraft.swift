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
    ///   - state: Whether the job starts active, paused or as a draft.
    ///   - idempotencyKey: A key under which a repeated creation returns the job of the first one.
    public init(
        name: String,
        schedule: Schedule,
        action: JobAction,
        retry: RetryPolicy = .default,
        misfire: MisfirePolicy = .latest,
        overlap: OverlapPolicy = .allow,
        retention: Retention = .standard,
        metadata: [String: String] = [:],
        state: JobState = .active,
        idempotencyKey: String? = nil
    ) {
        definition = JobDefinition(
            name: name, schedule: schedule, action: action, retry: retry, misfire: misfire, overlap: overlap,
            retention: retention, metadata: metadata)
        self.state = state
        self.idempotencyKey = idempotencyKey
    }
}
