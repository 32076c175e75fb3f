import RotaCore
public import RotaHTTP

/// The settings of a scheduler.
///
/// The defaults suit most apps.
///
/// ```swift
/// var configuration = SchedulerConfiguration()
/// configuration.name = "mail"
/// configuration.maximumConcurrency = 8
/// configuration.shutdownGrace = .seconds(10)
/// let mailer = Scheduler(store: InMemoryJobStore(), transport: .automatic, configuration: configuration)
/// try await mailer.run()
/// ```
public struct SchedulerConfiguration: Sendable, Hashable {
    /// The scheduler's name in leases and logs.
    ///
    /// It need not be unique.
    public var name = "rota"
    /// The number of executions this scheduler runs at once, from 1 to 10,000.
    ///
    /// An abandoned handler counts until it ends, because it may still occupy a thread. It does not count toward the
    /// limits of its job, whose execution has failed or waits for another attempt.
    public var maximumConcurrency = 64
    /// How long a lease lasts, at least 1 second.
    ///
    /// It is renewed after a third of that.
    public var leaseDuration = Duration.seconds(30)
    /// How long an occurrence may be overdue without counting as missed, zero or more.
    ///
    /// Measured from its effective date to the moment when a scheduler decides about it.
    public var misfireThreshold = Duration.seconds(5)
    /// How long executions may continue after `beginShutdown()` before they are canceled and released, zero or more.
    public var shutdownGrace = Duration.seconds(30)
    /// How long an attempt may take to end after it was canceled, more than 0 seconds.
    ///
    /// A handler that does not end within this time after its timeout, and any attempt that does not end within this
    /// time after the scheduler canceled it to stop, is abandoned: it continues unseen, and its result is dropped.
    public var cancellationGrace = Duration.seconds(5)
    /// The number of records in one store operation, from 1 to 10,000.
    public var batchSize = 512
    /// The number of missed occurrences that become due per second, from 1 to 1,000,000.
    ///
    /// After downtime, the rest are spread out at this many per second, which spares the store and the receivers.
    public var catchUpRate = 1000
    /// How long idempotency keys of updates, pauses and similar changes are remembered, from zero to 366 days.
    public var idempotencyLifetime = Duration.seconds(86_400)
    /// The response headers that are kept with every attempt.
    public var keptResponseHeaders: Set<String> = ["content-type", "content-length", "date", "retry-after"]
    /// The largest output that is stored, in bytes of JSON, from 0 to 16 MiB.
    ///
    /// A larger one fails the attempt.
    public var maximumOutputBytes = 1 << 20
    /// The signature scheme of notification webhooks whose rule names a secret.
    public var webhookSignature = WebhookSignature.standard

    /// The secret that signs the tokens with which workers outside the process complete executions, at least 16 bytes,
    /// or `nil`, the default, for no tokens.
    ///
    /// All schedulers of a store need the same one. A program that knows it can complete any waiting execution.
    public var tokenSecret: SecretValue?
    /// How long the token is valid that a request hands out as `{{execution_token}}`, from 1 second to 366 days.
    public var tokenLifetime = Duration.seconds(86_400)

    /// Creates a configuration with the defaults.
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
        try check(cancellationGrace > .zero, "cancellationGrace", cancellationGrace, "more than 0 seconds")
        try check(
            tokenLifetime >= .seconds(1) && tokenLifetime <= Duration.longestSpan, "tokenLifetime", tokenLifetime,
            "1 second to 366 days")
        _ = try ExecutionToken.key(tokenSecret ?? SecretValue(String(repeating: "-", count: 16)))
        try check(shutdownGrace >= .zero, "shutdownGrace", shutdownGrace, "0 seconds or more")
    }

    private func check(
        _ isValid: Bool, _ name: String, _ value: some Sendable, _ range: String
    ) throws(SchedulerError) {
        guard !isValid else { return }
        throw SchedulerError(
            .invalidConfiguration, "The configuration's \(name) must be \(range), not \(value).", value: "\(value)")
    }
}
