/// What an operation run by `retry` is told about the attempt it makes.
public struct AttemptContext: Sendable {
    /// The number of this attempt, from 1.
    public let attempt: Int
    /// How many attempts there may be in all.
    public let maxAttempts: Int
    /// What the attempt before this one threw, or nil for the first.
    public let lastError: (any Error)?
    /// How much time has passed since the first attempt began.
    public let elapsed: Duration
}
