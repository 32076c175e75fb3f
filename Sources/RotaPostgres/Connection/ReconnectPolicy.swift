#if Postgres
    import RotaCore
    package import RotaRetry

    /// The delays between attempts to connect.
    ///
    /// They grow from one attempt to the next, and are random so that processes that lost the same server do not come
    /// back together.
    package struct ReconnectPolicy: Sendable, Hashable {
        /// The growth of the delays.
        package var backoff: Backoff
        /// The randomness of the delays.
        package var jitter: Jitter

        /// From about 50 milliseconds to at most 5 seconds.
        package init(
            backoff: Backoff = .exponential(initial: .milliseconds(100), maximum: .seconds(5)), jitter: Jitter = .equal
        ) {
            self.backoff = backoff
            self.jitter = jitter
        }

        /// The delay after a failed attempt, before the next one.
        ///
        /// Equal arguments give equal delays.
        ///
        /// - Parameters:
        ///   - error: Why the attempt failed.
        ///   - attempt: The number of failed attempts in a row, from 1.
        ///   - seed: The seed of the randomness, which should differ between processes.
        package func delay(after error: PostgresError, attempt: Int, seed: UInt64) -> Duration {
            let number = SplitMix64.mix(seed ^ UInt64(truncatingIfNeeded: attempt))
            var generator = SplitMix64(seed: number)
            // A person has to change something, so there is no hurry.
            let isHopeless = Self.hopeless.contains(error.code)
            return backoff.delay(
                afterAttempt: isHopeless ? Self.lastStep : max(1, attempt), jitter: jitter, using: &generator)
        }

        /// An attempt after which delays have reached their maximum.
        private static let lastStep = 100

        private static let hopeless: Set<PostgresError.Code> = [
            .authenticationFailed, .tlsFailed, .invalidConfiguration, .permissionDenied,
        ]
    }
#endif
