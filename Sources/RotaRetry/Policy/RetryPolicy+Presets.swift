extension RetryPolicy {
    /// TrigRun's defaults: three attempts, 500 ms and 1 s apart with full jitter (rows T-37 to T-39).
    public static let `default` = RetryPolicy()

    /// One attempt and no retry, not even after a crash.
    public static let none = RetryPolicy(maxAttempts: 1)

    /// TrigRun: three attempts, 250 ms × 2^attempt with full jitter, five statuses (rows T-37 to T-39, T-78 to T-80).
    public static let trigrun = RetryPolicy()

    /// Krafter: three retries 15, 30 and 45 s apart without jitter, after any failure (rows K-13, KX-3, C-6).
    public static let krafter = RetryPolicy(maxAttempts: 4, backoff: .krafter, jitter: .none, retrying: .any)

    /// Strait: three attempts, 1 s × 2^(n−1) ± 20 % up to an hour, by error class (rows SX-8, SX-13, SX-17).
    public static let strait = RetryPolicy(
        maxAttempts: 3, backoff: .strait, jitter: .proportional(0.2),
        retrying: FailureSet(statuses: .strait, kinds: .retryable))

    /// Standard Webhooks 1.0: ten attempts over 75 hours ± 10 %, after every status but 2xx and 410.
    public static let standardWebhooks = RetryPolicy(
        maxAttempts: 10, backoff: .standardWebhooks, jitter: .proportional(0.1),
        retrying: FailureSet(statuses: .standardWebhooks, kinds: .retryable.inserting(.redirect)),
        retryAfterCap: .seconds(24 * 3600))
}

extension FailureStatuses {
    /// What Strait retries: the statuses whose class is neither client, auth nor budget (row SX-17).
    public static let strait = FailureStatuses(ranges: [408...408, 425...425, 429...429, 500...599])

    /// What Standard Webhooks 1.0 counts as a failure that may pass: all but 2xx, and but 410 Gone.
    public static let standardWebhooks = FailureStatuses(ranges: [100...199, 300...409, 411...999])
}
