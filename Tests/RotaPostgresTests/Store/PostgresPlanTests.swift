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
            let removals = CommitLog.Removal.all.map { log.remove($0, before: 9000) }
            let statements = [
                log.facts(from: 1, ignoring: []), log.commits(after: end),
                log.append(end, writer: "a", changes: [1]), log.inbox(from: 1, ignoring: [1]),
                log.removeRequests([1, 2, 3]), log.newestSnapshot, log.firstCommit, log.parts(of: 5, from: 3, limit: 8),
                log.bytes(after: 999_000, limit: 100_000),
            ]
            for statement in statements + removals {
                let explain = PostgresStatement("EXPLAIN " + statement.sql, statement.parameters, isPrepared: false)
                let lines = try plan(log.begin() + [explain], connection, deadline)
                #expect(!lines.contains { $0.contains("Seq Scan on") }, "\(statement.sql): \(lines)")
            }
        }

        private func plan(
            _ statements: [PostgresStatement], _ connection: PostgresConnection, _ deadline: ContinuousClock.Instant
        ) throws -> [String] {
            let results = try connection.perform(statements + ["ROLLBACK"], deadline: deadline)
            var lines: [String] = []
            for row in results[results.count - 2] { lines.append(try row.read(0)) }
            return lines
        }

        @Test("Plans that were made while the tables were empty use the indexes when they are full")
        func oldPlans() async throws {
            let schema = try await StoreSchema()
            let log = CommitLog(schema: try PostgresSchema("rota"), timeout: .seconds(60))
            let connection = try PostgresConnection.open(schema.configuration)
            let deadline = ContinuousClock.now.advanced(by: .seconds(300))
            func raw(_ sql: String) -> PostgresStatement { PostgresStatement(sql, isPrepared: false) }
            let start = LogPosition(sequence: 1, id: 1)
            let statements = [
                (log.facts(from: 1, ignoring: []), "('00000000-0000-0000-0000-000000000001', '{}')"),
                (log.inbox(from: 1, ignoring: []), "('00000000-0000-0000-0000-000000000001', '{}', 1000)"),
                (log.commits(after: start), "(1, 500, 16000000)"),
            ]
            try connection.perform([raw("SET plan_cache_mode = force_generic_plan")])
            for (number, (statement, values)) in statements.enumerated() {
                try connection.perform(
                    [raw("PREPARE p\(number) AS \(statement.sql)")] + log.begin()
                        + [raw("EXECUTE p\(number) \(values)"), "ROLLBACK"], deadline: deadline)
            }
            try schema.execute(
                """
                INSERT INTO rota.inbox (id, record)
                SELECT gen_random_uuid(), convert_to(repeat('x', 400), 'UTF8') FROM generate_series(1, 50000)
                """)
            try schema.execute(
                """
                INSERT INTO rota.commits (sequence, id, writer, changes)
                SELECT n, gen_random_uuid(), 'a', 'x' FROM generate_series(1, 50000) n
                """)
            for (number, (statement, values)) in statements.enumerated() {
                let lines = try plan(
                    log.begin() + [raw("EXPLAIN EXECUTE p\(number) \(values)")], connection, deadline)
                let reads = lines.contains { $0.contains("Seq Scan on") || $0.contains("Bitmap") }
                #expect(!reads, "\(statement.sql): \(lines)")
            }
        }
    }
#endif
