public import RotaRetry

extension RetryPolicy {
    /// How hard a notice is tried, whatever its job's policy: three times, after 1 s and 5 s more (SX-16).
    ///
    /// What will not pass, such as an answer of 404, is not tried again.
    public static let notifications = RetryPolicy(
        maxAttempts: 3, backoff: .delays([.seconds(1), .seconds(5)]), jitter: .none,
        retrying: FailureSet(statuses: .transient, kinds: .retryable.inserting(.handlerError)))
}
