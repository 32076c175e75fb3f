/// What caused an execution (T-111 to T-114); apps may add sources of their own.
public struct ExecutionSource: RawRepresentable, Sendable, Hashable, Codable {
    /// The name of the source as it is stored.
    public let rawValue: String

    /// Makes a source from its name.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// The job's schedule.
    public static let schedule = ExecutionSource(rawValue: "schedule")
    /// A request to run the job now.
    public static let manual = ExecutionSource(rawValue: "manual")
    /// The replay of an earlier execution.
    public static let replay = ExecutionSource(rawValue: "replay")
    /// Occurrences of the past, run on request.
    public static let backfill = ExecutionSource(rawValue: "backfill")
    /// A job on which this one depends.
    public static let dependency = ExecutionSource(rawValue: "dependency")
    /// A notice about the end of another execution.
    public static let notification = ExecutionSource(rawValue: "notification")
    /// An inbound webhook.
    public static let webhook = ExecutionSource(rawValue: "webhook")
}
