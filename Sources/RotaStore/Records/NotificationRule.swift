/// Whom to tell when a run of the job is over, after the last attempt (T-58, TX-10, I-27, S-41).
///
/// A notice is an execution of its own: it is stored, retried on its own, and never holds up the run it tells about.
public struct NotificationRule: Sendable, Hashable, Codable {
    /// What is worth a notice.
    public enum Event: String, Sendable, Hashable, Codable, CaseIterable {
        /// The run succeeded.
        case success = "on_success"
        /// The run failed for good, or expired.
        case failure = "on_failure"
        /// The run is over, however it ended.
        case completion = "on_completion"
    }

    /// Where a notice goes.
    public enum Channel: Sendable, Hashable, Codable {
        /// To the Swift handler with this name, whose payload is the notice.
        case handler(String)
        /// By POST to a URL, as JSON, signed if a secret is named: `secret` is a reference such as `secret://hook`.
        case webhook(url: String, secret: String?)
    }

    /// What is worth a notice.
    public var event: Event
    /// Where it goes.
    public var channel: Channel
    /// Whether the run's output goes with it.
    public var includesOutput: Bool

    /// Makes a rule.
    public init(on event: Event, _ channel: Channel, includesOutput: Bool = false) {
        self.event = event
        self.channel = channel
        self.includesOutput = includesOutput
    }
}
