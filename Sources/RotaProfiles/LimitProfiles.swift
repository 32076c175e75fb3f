import RotaCore
public import RotaStore

extension Retention {
    /// Strait's retention: 30 days for executions that succeeded, were canceled or expired, and 90 days for failures.
    ///
    /// Strait keeps only timeouts and crashes for 90 days, and other failures for 30. Rota keeps all failures of a job
    /// for the same time, so here none is removed earlier than in Strait. At most 100,000 executions are kept.
    public static let strait = Retention(
        maximumCount: 100_000, maximumAge: .seconds(30 * 86_400), ages: [.failed: .seconds(90 * 86_400)])
}

extension ServiceProfile {
    /// How long finished executions of jobs that do not say so themselves are kept, or `nil` if the service states none.
    ///
    /// Only Strait states one: `Retention.strait`.
    public var retention: Retention? { service == .strait ? .strait : nil }

    /// How often a handler should send a heartbeat, or `nil` if the service states none.
    ///
    /// Strait's interval is 10 seconds.
    public var heartbeatInterval: Duration? { service == .strait ? .seconds(10) : nil }

    /// The longest time between two heartbeats, or `nil` if the service states none.
    ///
    /// Strait's limit is 1 minute. An attempt that exceeds it counts as crashed, and is retried if attempts remain.
    ///
    /// ```swift
    /// let action = JobAction.handler("import", heartbeatLimit: ServiceProfile.strait.heartbeatLimit)
    /// print(action)
    /// ```
    public var heartbeatLimit: Duration? { service == .strait ? .seconds(60) : nil }

    /// The times to live that a request may state for its execution, or `nil` if the service has none.
    ///
    /// Strait allows 0 seconds, which means not stated, to 30 days.
    public var timeToLiveRange: ClosedRange<Duration>? {
        service == .strait ? .zero ... .seconds(2_592_000) : nil
    }
}
