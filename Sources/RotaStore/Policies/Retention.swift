/// How much of a job's history is kept; executions that are not over are always kept.
public struct Retention: Sendable, Hashable, Codable {
    /// The number of finished executions kept, and of recorded skips; 0 keeps none.
    public let maximumCount: Int

    /// Keeps the newest finished executions of the job.
    ///
    /// - Parameter count: How many, from 0; negative numbers are taken as 0.
    public static func last(_ count: Int) -> Retention {
        Retention(maximumCount: max(0, count))
    }

    /// Keeps the last 1,000: history is bounded unless asked otherwise.
    public static let standard = Retention.last(1000)
}
