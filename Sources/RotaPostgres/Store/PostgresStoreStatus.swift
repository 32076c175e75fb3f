#if Postgres
    import Foundation
    import Rota
    import RotaCore
    package import RotaHTTP
    import RotaStore

    /// The clock, the size and the news of one instance of a PostgreSQL store.
    ///
    /// ```swift
    /// let store = try await PostgresJobStore(PostgresConfiguration("postgres://app@db.example.com/app"))
    /// let clock = await store.status.clock
    /// print("The server is \(clock.offset) ahead, give or take \(clock.uncertainty).")
    /// ```
    public struct PostgresStoreStatus: Sendable, Hashable, CustomStringConvertible {
        /// How the server's clock differs from this machine's.
        public struct Clock: Sendable, Hashable {
            /// How far the server's clock is ahead of this machine's, or behind it if negative.
            public var offset: Duration
            /// The largest error of the offset: half the time of the round trip that measured it.
            public var uncertainty: Duration
        }

        /// How this instance learns of the commits of others while it has nothing to do.
        public enum News: Sendable, Hashable {
            /// No scheduler here has asked for news yet.
            case none
            /// At once, by notifications of the server.
            case listening
            /// By asking now and then, for the given reason.
            case polling(because: String)
        }

        /// How the server's clock differs from this machine's: the most precise measurement of the last minute.
        ///
        /// Each round trip of the store measures it, so that it is old only while nothing is asked of the store.
        public var clock: Clock
        /// The number of jobs.
        public var jobs: Int
        /// The number of executions, including finished ones.
        public var executions: Int
        /// The number of the last commit that this instance knows.
        public var commit: Int64
        /// The size of the commits since the newest snapshot, in bytes.
        public var bytesSinceSnapshot: Int
        /// The size of the newest snapshot in bytes, or 0 if there is none.
        public var snapshotBytes: Int
        /// How this instance learns of the commits of others.
        public var news: News
        /// Why the records could not be brought up to date, if the last try failed.
        public var failure: String?
        /// Why the last snapshot could not be made, or what it has replaced could not be removed, if it failed.
        public var snapshotFailure: String?

        /// The status in one line, for logs.
        public var description: String {
            var parts = ["\(jobs) jobs, \(executions) executions at commit \(commit)"]
            parts.append("\(bytesSinceSnapshot) bytes of commits since a snapshot of \(snapshotBytes)")
            let side = clock.offset < .zero ? "behind" : "ahead"
            parts.append("the server's clock is \(clock.offset.magnitude.text) \(side) (± \(clock.uncertainty.text))")
            switch news {
            case .none: break
            case .listening: parts.append("listening for news")
            case .polling(let reason): parts.append("asking for news: \(reason)")
            }
            if let failure { parts.append("not up to date: \(failure)") }
            if let snapshotFailure { parts.append("no snapshot could be made: \(snapshotFailure)") }
            return parts.joined(separator: "; ")
        }
    }

    /// The offset of the server's clock, from the best of many round trips.
    struct ClockEstimate: Sendable, Hashable {
        var clock: PostgresStoreStatus.Clock
        /// When it was measured, by the environment's clock.
        var measuredAt: Duration

        /// How long a good measurement counts more than a newer one: a clock may be set, and drifts.
        static let lifetime = Duration.seconds(60)

        /// Compares the server's clock with this machine's.
        ///
        /// The server read its clock between the two dates of this machine, so the truth is not further from the middle
        /// than they are.
        ///
        /// - Returns: `nil` if this machine's clock was set back meanwhile.
        init?(server: Date, sentAt: Date, receivedAt: Date, measuredAt: Duration) {
            let half = receivedAt.timeIntervalSince(sentAt) / 2
            guard half >= 0, half.isFinite else { return nil }
            clock = PostgresStoreStatus.Clock(
                offset: .seconds(server.timeIntervalSince(sentAt) - half), uncertainty: .seconds(half))
            self.measuredAt = measuredAt
        }

        /// The better of two: the surer one, unless it is old.
        func updated(by newer: ClockEstimate) -> ClockEstimate {
            let isOld = newer.measuredAt - measuredAt > Self.lifetime
            return isOld || newer.clock.uncertainty <= clock.uncertainty ? newer : self
        }
    }

    extension Duration {
        fileprivate var magnitude: Duration { self < .zero ? .zero - self : self }
    }

    extension PostgresJobStore {
        /// The clock, the size and the news of this instance, as far as it knows.
        ///
        /// Sends nothing to the server.
        public var status: PostgresStoreStatus {
            let counts = replica.state.counts()
            let news: PostgresStoreStatus.News =
                switch newsDesk.listener?.state {
                case nil: .none
                case .listening: .listening
                case .connecting: .polling(because: "the connection that listens is being made")
                case .failed(let reason), .impossible(let reason): .polling(because: reason)
                }
            return PostgresStoreStatus(
                clock: clock?.clock ?? PostgresStoreStatus.Clock(offset: .zero, uncertainty: .seconds(86_400)),
                jobs: counts.jobs.values.reduce(0, +), executions: counts.executions.values.reduce(0, +),
                commit: replica.position?.sequence ?? 0, bytesSinceSnapshot: replica.bytesSinceSnapshot,
                snapshotBytes: replica.snapshot?.bytes ?? 0, news: news, failure: catchUps.reason,
                snapshotFailure: housekeepingRecord.failures.reason)
        }
    }

    extension PostgresJobStore: ReportingStore {
        /// The status, for operators.
        package nonisolated func report() async -> [(name: String, value: JSONValue?)] {
            func number(_ value: Int64) -> JSONValue { .number(JSONValue.Number(value)) }
            func milliseconds(_ duration: Duration) -> JSONValue { JSONValue(floatLiteral: duration.inSeconds * 1000) }
            let status = await status
            let news: String? =
                switch status.news {
                case .none: nil
                case .listening: "listening"
                case .polling(let reason): "asking: \(reason)"
                }
            return [
                ("commit", number(status.commit)),
                ("bytesSinceSnapshot", number(Int64(clamping: status.bytesSinceSnapshot))),
                ("snapshotBytes", number(Int64(clamping: status.snapshotBytes))),
                ("serverClockAheadMilliseconds", milliseconds(status.clock.offset)),
                ("serverClockErrorMilliseconds", milliseconds(status.clock.uncertainty)),
                ("news", news.map { .string($0) }),
                ("failure", status.failure.map { .string($0) }),
                ("snapshotFailure", status.snapshotFailure.map { .string($0) }),
            ]
        }

        /// Reads why this instance could work better.
        package nonisolated func advice() -> AsyncStream<String> { advisories.read() }
    }
#endif
