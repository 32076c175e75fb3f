#if Postgres
    import RotaStore

    /// Failures in a row, and the reason of the last one.
    struct FailureRun: Sendable {
        private(set) var count = 0
        private(set) var reason: String?

        /// From this failure in a row on, it is none that passes.
        static let lasting = 3

        /// The reason, if it has lasted.
        var lastingReason: String? { count >= Self.lasting ? reason : nil }

        mutating func fail(because reason: String) {
            count = min(count + 1, 1000)
            self.reason = reason
        }

        mutating func succeed() {
            guard count > 0 else { return }
            self = FailureRun()
        }
    }

    /// How the snapshots of an instance ended, and when the next one may be begun.
    struct HousekeepingRecord: Sendable {
        /// When the next snapshot may be begun, by the environment's clock.
        private(set) var nextSnapshot = Duration.zero
        /// The snapshots in a row that could not be made, or that could not remove what they have replaced.
        private(set) var failures = FailureRun()
        private var unpublished = 0

        /// Records how a snapshot ended.
        ///
        /// If it was not published, the next one waits from 5 seconds to 5 minutes.
        mutating func end(isPublished: Bool, _ failure: (any Error)?, at now: Duration) {
            unpublished = isPublished ? 0 : min(unpublished + 1, 6)
            let delay: Duration = isPublished ? .zero : .seconds(5) * (1 << (unpublished - 1))
            nextSnapshot = now + min(delay, .seconds(300))
            switch failure {
            case nil: if isPublished { failures.succeed() }
            case is CancellationError:
                failures.fail(because: "the log of commits was set back while it was written, as by a failover.")
            case let error?: failures.fail(because: "\(error)")
            }
        }
    }

    extension PostgresJobStore {
        /// Brings the copy up to date, and notes whether that succeeded, for the status and for observers.
        func noted<Value>(_ body: () throws -> Value) throws -> Value {
            do {
                let value = try body()
                catchUps.succeed()
                return value
            } catch {
                let told = RoundError.forCaller(error)
                catchUps.fail(because: "\(told)")
                // Of an outage that may pass, the scheduler tells by itself.
                if let reason = catchUps.lastingReason, (told as? StoreError)?.isTemporary != true {
                    advisories.add("This instance does not see what others do: \(reason)", on: .log)
                }
                throw error
            }
        }
    }
#endif
