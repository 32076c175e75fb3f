import RotaCore
public import RotaHTTP

/// The numbers that a scheduler works with; each has a default that suits most apps.
public struct SchedulerConfiguration: Sendable, Hashable {
    /// A name for this scheduler in leases and logs; it need not be unique.
    public var name = "rota"
    /// The largest number of executions that this scheduler runs at once, from 1 to 10,000.
    public var maximumConcurrency = 64
    /// How long a lease lasts unless it is renewed, at least a second; renewal begins after a third of it.
    public var leaseDuration = Duration.seconds(30)
    /// How late an occurrence may be noticed without counting as missed.
    public var misfireThreshold = Duration.seconds(5)
    /// How long executions may go on after `beginShutdown()` before they are canceled and released.
    public var shutdownGrace = Duration.seconds(30)
    /// The largest number of records in one step of the store, from 1 to 10,000.
    public var batchSize = 512
    /// The largest number of missed occurrences that this scheduler makes up for in a second, from 1 to 1,000,000.
    ///
    /// Those beyond are due later, one second's worth after the other, so that a restart is no stampede; none is lost.
    public var catchUpRate = 1000
    /// How long the keys of updates, pauses and the like are remembered, from zero to 366 days (C-17).
    public var idempotencyLifetime = Duration.seconds(86_400)
    /// The response headers that are kept with an attempt, in any case (T-88).
    public var keptResponseHeaders: Set<String> = ["content-type", "content-length", "date", "retry-after"]
    /// The largest output of a run that is stored, in bytes of JSON, from 0 to 16 MiB; a larger one fails the attempt.
    public var maximumOutputBytes = 1 << 20
    /// How the webhooks of notices are signed, if their rule names a secret.
    public var webhookSignature = WebhookSignature.standard

    /// Makes a configuration with the defaults.
    public init() {}

    func validate() throws(SchedulerError) {
        try check((1...10_000).contains(maximumConcurrency), "maximumConcurrency", maximumConcurrency, "1 to 10,000")
        try check((1...10_000).contains(batchSize), "batchSize", batchSize, "1 to 10,000")
        try check(leaseDuration >= .seconds(1), "leaseDuration", leaseDuration, "1 second or more")
        try check(misfireThreshold >= .zero, "misfireThreshold", misfireThreshold, "0 seconds or more")
        try check(
            (0...(16 << 20)).contains(maximumOutputBytes), "maximumOutputBytes", maximumOutputBytes, "0 to 16 MiB")
        try check((1...1_000_000).contains(catchUpRate), "catchUpRate", catchUpRate, "1 to 1,000,000")
        try check(
            idempotencyLifetime >= .zero && idempotencyLifetime <= Duration.longestSpan, "idempotencyLifetime",
            idempotencyLifetime, "0 seconds to 366 days")
        try check(shutdownGrace >= .zero, "shutdownGrace", shutdownGrace, "0 seconds or more")
    }

    private func check(
        _ isValid: Bool, _ name: String, _ value: some Sendable, _ range: String
    ) throws(SchedulerError) {
        guard !isValid else { return }
        throw SchedulerError(
            .invalidConfiguration, "The configuration's \(name) is \(value); it must be \(range).", value: "\(value)")
    }
}
