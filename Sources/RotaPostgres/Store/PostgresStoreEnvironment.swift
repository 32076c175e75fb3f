#if Postgres
    package import Foundation
    import Rota

    /// The identifiers, the clock and the limits of a PostgreSQL store, which tests replace.
    ///
    /// Deadlines of the network are not among them: sockets wait by the system's clock.
    package struct PostgresStoreEnvironment: Sendable {
        /// The name under which the store makes its commits, different from that of every other instance.
        package var writer = UUID().uuidString.lowercased()
        /// Makes the identifier of a commit, different from all others.
        package var makeCommitID: @Sendable () -> UInt128 = { UInt128.random(in: .min ... .max) }
        /// The time since some fixed point, which never goes back.
        ///
        /// It measures how long a caller waited before its date is compared with the server's clock, and when a
        /// snapshot may be tried again.
        package var elapsed: @Sendable () -> Duration = {
            let clock = ContinuousClock()
            return origin.duration(to: clock.now)
        }
        /// The date by this machine, which is compared with the server's for the status.
        package var now: @Sendable () -> Date = {
            let clock = SystemWallClock()
            return { clock.now }
        }()
        /// Waits between two questions for news, between two hints, and before a listener connects again.
        package var sleep: @Sendable (Duration) async throws -> Void = { try await ContinuousClock().sleep(for: $0) }
        /// How often the store asks for the commits of other instances while it has nothing else to do.
        package var pollingInterval = Duration.milliseconds(500)
        /// Whether the store listens for the commits of other instances, once a scheduler reads its news.
        package var listens = true
        /// The shortest time between two hints of this instance, and between two answers to those of others.
        package var newsGap = Duration.milliseconds(50)
        /// How long a hint may wait for its lock, during which the commit before it is not answered.
        package var hintWait = Duration.milliseconds(250)
        /// The version of the tables that the library knows: an older one makes the store an old library's.
        package var schemaVersion = PostgresSchema.version
        /// The size of the changes below which no snapshot is written, in bytes.
        package var snapshotMinimum = 8 << 20

        private static let origin = ContinuousClock().now

        /// Creates the environment of the real clock.
        package init() {}
    }
#endif
