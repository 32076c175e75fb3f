#if Postgres
    import Foundation
    import RotaPostgres
    import RotaTesting
    import Testing

    /// PgBouncer in transaction mode, which gives each transaction any of its sessions.
    @Suite("Connections through PgBouncer")
    struct PoolerTests {
        @Test("Transactions over shared sessions succeed, prepared or not", arguments: [true, false])
        func transactions(prepares: Bool) throws {
            guard let program = Pooler.program else {
                return print("Note: pgbouncer is not installed, so connections through it were not tested.")
            }
            let cluster = try PostgresCluster.shared()
            let database = try cluster.createDatabase()
            _ = try cluster.connect(database).perform(["CREATE TABLE t (n int8 PRIMARY KEY, bytes bytea)"])
            let pooler = try Pooler(program, to: cluster, sessions: 2)
            let connections = try (0..<4).map { _ in try pooler.connect(database, prepares: prepares) }
            var repetitions = 0
            for round in 0..<40 {
                let connection = connections[round % 4]
                while true {
                    do {
                        let number = PostgresValue.int8(Int64(round))
                        _ = try connection.perform([
                            "BEGIN",
                            PostgresStatement("SELECT set_config('statement_timeout', $1, true)", [.text("5000")]),
                            PostgresStatement("SELECT n FROM t WHERE n = $1 FOR UPDATE", [number]),
                        ])
                        let bytes = PostgresValue.bytea([UInt8](repeating: 5, count: round * 100))
                        _ = try connection.perform([
                            PostgresStatement("INSERT INTO t VALUES ($1, $2)", [number, bytes]), "COMMIT",
                        ])
                        break
                    } catch {
                        guard error.isTransient else { throw error }
                        // A pooler that does not know prepared statements: the connection stops preparing them.
                        repetitions += 1
                        try #require(repetitions < 20)
                        if connection.isInTransaction { _ = try connection.perform(["ROLLBACK"]) }
                    }
                }
            }
            if !prepares { #expect(repetitions == 0) }
            let count = try cluster.connect(database).perform(["SELECT count(*), sum(length(bytes)) FROM t"])
            #expect(try count[0][0].read(0, as: Int.self) == 40)
            #expect(try count[0][0].read(1, as: Int.self) == (0..<40).reduce(0) { $0 + $1 * 100 })
        }
    }
#endif
