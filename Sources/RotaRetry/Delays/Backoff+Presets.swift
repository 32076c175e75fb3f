extension Backoff {
    /// TrigRun's: 250 ms × 2^attempt, the first attempt being number 1, so 500 ms, 1 s, 2 s … (rows T-39, C-4).
    public static let trigrun = trigrun(countingFrom: 1)

    /// TrigRun's 250 ms × 2^attempt, for a reader who counts attempts from another number (row C-4).
    ///
    /// - Parameter first: The number of the first attempt: 1 makes the first delay 500 ms, 0 makes it 250 ms.
    public static func trigrun(countingFrom first: Int) -> Backoff {
        .exponential(initial: .milliseconds(first <= 0 ? 250 : 500))
    }

    /// Krafter's: 15 s, 30 s, 45 s and so on (row KX-3).
    public static let krafter = Backoff.linear(.seconds(15))

    /// Strait's: 1 s, 2 s, 4 s … at least a second, at most an hour (row SX-8).
    public static let strait = Backoff.exponential(
        initial: .seconds(1), minimum: .seconds(1), maximum: .seconds(3600))

    /// The schedule of Standard Webhooks 1.0: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h.
    public static let standardWebhooks = Backoff.delays([
        .seconds(5), .seconds(300), .seconds(1800), .seconds(2 * 3600), .seconds(5 * 3600), .seconds(10 * 3600),
        .seconds(14 * 3600), .seconds(20 * 3600), .seconds(24 * 3600),
    ])
}
