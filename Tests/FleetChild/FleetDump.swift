#if Postgres
    import Foundation
    import RotaPostgres
    import RotaStore

    /// What the store says became of every occurrence, for the checker.
    enum FleetDump {
        private struct Line: Encodable {
            var job: String
            var id: String
            var source: String
            var date: Double
            var status: String
            var payload: String?
            /// For each attempt, whether it succeeded.
            var attempts: [Bool]
            var finished: Double?
        }

        private struct Skip: Encodable {
            var job: String
            var skipped: Double
            var reason: String
        }

        /// Prints every execution and every skip.
        static func write(of database: PostgresConfiguration) async throws {
            let store = try await PostgresJobStore(database)
            var query = ExecutionQuery(limit: 1000)
            repeat {
                let page = try await store.executions(query)
                for execution in page.items {
                    try say(
                        Line(
                            job: execution.jobName, id: execution.id.description, source: execution.source.rawValue,
                            date: execution.scheduledFor.timeIntervalSince1970,
                            status: execution.status.rawValue, payload: try execution.payload?.decode(String.self),
                            attempts: execution.attempts.map(\.succeeded),
                            finished: execution.progress.finishedAt?.timeIntervalSince1970))
                }
                query.after = page.next
            } while query.after != nil
            var jobs = JobQuery(limit: 1000)
            repeat {
                let page = try await store.jobs(jobs)
                for job in page.items {
                    for skip in try await store.skips(of: job.id) {
                        try say(
                            Skip(
                                job: job.name, skipped: skip.first.timeIntervalSince1970, reason: skip.reason.rawValue))
                    }
                }
                jobs.after = page.next
            } while jobs.after != nil
            await store.close()
        }

        private static func say(_ line: some Encodable) throws {
            FileHandle.standardOutput.write(try JSONEncoder().encode(line) + Data("\n".utf8))
        }
    }
#endif
