#if Postgres
    import Foundation
    import RotaStore
    import Testing

    @testable import RotaPostgres

    /// The plans of the statements when the tables are large.
    @Suite("Store in PostgreSQL: plans", .serialized)
    struct PostgresPlanTests {
        @Test("No statement reads a table from end to end at a million commits")
        func plans() async throws {
            let schema = try await StoreSchema()
            let log = CommitLog(schema: try PostgresSchema("rota"), timeout: .seconds(60))
            let connection = try PostgresConnection.open(schema.configuration)
            let deadline = ContinuousClock.now.advanced(by: .seconds(300))
            let fill = [
                """
                INSERT INTO rota.commits (sequence, id, writer, changes)
                SELECT n, gen_random_uuid(), 'a', 'x' FROM generate_series(1, 1000000) n
                """,
                "INSERT INTO rota.inbox (id, record) SELECT gen_random_uuid(), 'x' FROM generate_series(1, 100000)",
                "INSERT INTO rota.snapshot_parts SELECT 5, n, 'x' FROM generate_series(1, 100000) n",
                "INSERT INTO rota.snapshots SELECT n, gen_random_uuid(), 1, 1 FROM generate_series(1, 10000) n",
                "ANALYZE rota.commits", "ANALYZE rota.inbox", "ANALYZE rota.snapshot_parts", "ANALYZE rota.snapshots",
            ]
            for sql in fill {
                _ = try connection.perform([PostgresStatement(sql, isPrepared: false)], deadline: deadline)
            }
            let end = LogPosition(sequence: 999_990, id: 1)
            let statements = [
                log.facts(ignoring: []), log.commits(after: end), log.append(end, writer: "a", changes: [1]),
                log.inbox(ignoring: [1]),
                log.removeRequests([1, 2, 3]), log.newestSnapshot, log.firstCommit, log.parts(of: 5, from: 3, limit: 8),
                log.bytes(after: 999_000),
            ]
            for statement in statements {
                let plan = try connection.perform(
                    [PostgresStatement("EXPLAIN " + statement.sql, statement.parameters, isPrepared: false)],
                    deadline: deadline)[0]
                var lines: [String] = []
                for row in plan { lines.append(try row.read(0)) }
                let scans = lines.filter { $0.contains("Seq Scan on") && !$0.contains("Seq Scan on meta") }
                // Whether there is any request is known at the first row.
                let isProbe = statement == log.facts(ignoring: []) && scans.allSatisfy { $0.contains("on inbox") }
                #expect(scans.isEmpty || isProbe, "\(statement.sql): \(lines)")
            }
        }
    }
#endif
