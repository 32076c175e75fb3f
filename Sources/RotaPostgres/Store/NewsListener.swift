#if Postgres
    import RotaCore
    import RotaRetry
    import RotaStore
    import Synchronization

    /// Hears the hints of other instances that they have made a commit, on a connection and a thread of its own.
    ///
    /// ```
    ///   connect ──▶ LISTEN ──▶ tell: hints may have been missed ──▶ wait ──▶ a hint: tell ──▶ rest
    ///      ▲                                                         │ ▲                       │
    ///      └──────── back off ◀──── the connection broke ◀───────────┘ └───────────────────────┘
    /// ```
    ///
    /// A pooler that shares sessions forgets a LISTEN. It is known by the number of the server's process, which it does
    /// not pass on; then this ends, without a LISTEN that would remain in a session of others.
    final class NewsListener: Sendable {
        /// How news of other instances comes.
        enum State: Sendable, Hashable {
            case connecting
            case listening
            /// The connection broke or was refused. It is tried again.
            case failed(String)
            case impossible(String)
        }

        /// A pooler is between this process and the server.
        private struct BehindPooler: Error {}

        private struct Control {
            var state = State.connecting
            var isStopped = false
            var wake: WakePipe?
        }

        private let executor = SerialQueueExecutor(label: "rota.postgres.news")
        private let session = ListeningSession()
        private let control = Mutex(Control())
        private let configuration: PostgresConfiguration
        private let channel: String
        private let environment: PostgresStoreEnvironment
        private let advice: AdviceBoard

        /// The delays between attempts to connect.
        private static let backoff = Backoff.exponential(initial: .milliseconds(100), maximum: .seconds(30))
        /// After this many failures in a row, report it.
        private static let lastingFailures = 3

        init(
            _ configuration: PostgresConfiguration, channel: String, _ environment: PostgresStoreEnvironment,
            advice: AdviceBoard
        ) {
            var configuration = configuration
            // The few statements of this session are sent once.
            configuration.preparesStatements = false
            self.configuration = configuration
            self.channel = channel
            self.environment = environment
            self.advice = advice
        }

        var state: State { control.withLock(\.state) }

        private var isStopped: Bool { control.withLock(\.isStopped) }

        /// Ends ``run(_:)``.
        func stop() {
            let wake = control.withLock { control in
                control.isStopped = true
                return control.wake
            }
            wake?.wake()
        }

        /// Listens until it is stopped.
        ///
        /// - Parameter tell: Reads what other instances have done, and returns whether that succeeded.
        func run(_ tell: @Sendable () async -> Bool) async {
            var random = SplitMix64(seed: environment.writer.utf8.reduce(0) { $0 &* 31 &+ UInt64($1) })
            var failures = 0
            while !isStopped {
                do {
                    try await executor.perform { try self.open() }
                    change(to: .listening)
                    failures = 0
                    _ = await tell()
                    while try await executor.perform({ try self.hears() }) {
                        _ = await tell()
                        try await environment.sleep(environment.newsGap)
                    }
                } catch is CancellationError {
                    break
                } catch is BehindPooler {
                    let reason = "a pooler is in between, which forgets a LISTEN when the session serves others"
                    change(to: .impossible(reason))
                    advise("\(reason). Connect to the server itself to know of it at once")
                    break
                } catch {
                    failures += 1
                    change(to: .failed("\(error)"))
                    // While the database is away, the scheduler tells that itself.
                    if failures >= Self.lastingFailures, await tell() { advise("\(error)") }
                    let delay = Self.backoff.delay(afterAttempt: failures, jitter: .equal, using: &random)
                    if (try? await environment.sleep(delay)) == nil { break }
                }
            }
            await executor.perform { self.session.close() }
        }

        private func change(to state: State) {
            control.withLock { $0.state = state }
        }

        private func advise(_ reason: String) {
            let text = reason.hasSuffix(".") ? String(reason.dropLast()) : reason
            advice.add(
                "Work of other instances may be known up to \(environment.pollingInterval.text) late, because "
                    + "notifications of PostgreSQL cannot be heard: \(text).", on: .news)
        }

        // MARK: On the thread

        private func open() throws {
            let wake = try WakePipe()
            control.withLock { $0.wake = wake }
            let connection = try PostgresConnection.open(configuration)
            do {
                let process: Int = try connection.perform(["SELECT pg_backend_pid()"])[0][0].read(0)
                guard process == Int(connection.processID) else { throw BehindPooler() }
                try connection.perform([PostgresStatement("LISTEN \(PostgresSchema.quoted(channel))")])
            } catch {
                connection.close()
                throw error
            }
            session.connection = connection
        }

        /// Waits for a hint of another instance.
        ///
        /// - Returns: Whether one came; else this was stopped.
        private func hears() throws -> Bool {
            let wake = control.withLock(\.wake)
            while !isStopped, let connection = session.connection {
                let hints = try connection.notifications(until: .now.advanced(by: .seconds(3600)), wake: wake)
                if Self.isNews(hints, to: environment.writer) { return !isStopped }
            }
            return false
        }

        /// Whether any of the hints is of another instance, or of a program that gives no name.
        static func isNews(_ hints: [PostgresNotification], to writer: String) -> Bool {
            hints.contains { $0.payload != writer }
        }
    }

    /// The connection of a listener, which only its queue uses.
    private final class ListeningSession: @unchecked Sendable {
        var connection: PostgresConnection?

        func close() {
            connection?.close()
            connection = nil
        }
    }
#endif
