#if Postgres
    import Foundation
    import RotaCore
    import RotaPostgres
    import RotaTesting
    import Testing

    /// Round trips, their errors, and their deadlines.
    @Suite("Pipelines")
    struct PipelineTests {
        private func error(of body: () throws -> Void) throws -> PostgresError {
            do { try body() } catch let error as PostgresError { return error }
            throw PostgresCluster.Missing(description: "No error")
        }

        @Test("Pipelines of one to a hundred statements give one result each, in order")
        func lengths() throws {
            let connection = try PostgresCluster.shared().connect()
            for length in [1, 2, 3, 10, 50, 100] {
                let statements = (0..<length).map { PostgresStatement("SELECT $1 * 2", [.int8(Int64($0))]) }
                let results = try connection.perform(statements)
                #expect(try results.map { try $0[0].read(0, as: Int.self) } == (0..<length).map { $0 * 2 })
            }
            #expect(connection.preparedStatements == 1)
            #expect(try connection.perform([]).isEmpty)
        }

        @Test("Eight megabytes pass both ways at once, several times in one pipeline")
        func large() throws {
            let connection = try PostgresCluster.shared().connect()
            var random = SplitMix64(seed: 7)
            let big = (0..<(1 << 20)).flatMap { _ in withUnsafeBytes(of: random.next()) { Array($0) } }
            let statements = (0..<4).map { _ in PostgresStatement("SELECT $1", [.bytea(big)]) }
            let results = try connection.perform(statements, deadline: .now.advanced(by: .seconds(60)))
            for result in results { #expect(try result[0].read(0, as: [UInt8].self) == big) }
        }

        @Test("After an error the rest is skipped, and the connection remains usable")
        func errors() throws {
            let cluster = try PostgresCluster.shared()
            let connection = try cluster.connect(try cluster.createDatabase())
            _ = try connection.perform(["CREATE TABLE t (n int8 PRIMARY KEY)"])
            let insert = PostgresStatement("INSERT INTO t VALUES ($1)", [.int8(1)])
            let error = try error { _ = try connection.perform(["BEGIN", insert, insert, "COMMIT"]) }
            #expect(error.code == .server && error.sqlState == "23505" && !error.isOutcomeUnknown)
            #expect("\(error)".contains("t_pkey"))
            #expect(connection.isInTransaction && !connection.isBroken)
            let aborted = try self.error { _ = try connection.perform(["SELECT 1"]) }
            #expect(aborted.sqlState == "25P02")
            // A commit that the server answers by a rollback is not a success.
            let rolledBack = try self.error { _ = try connection.perform(["COMMIT"]) }
            #expect(rolledBack.sqlState == "25P02" && !connection.isInTransaction)
            #expect(try connection.perform(["SELECT count(*) FROM t"])[0][0].read(0, as: Int.self) == 0)
            // Without a transaction all of a batch is committed, or nothing.
            _ = try self.error { _ = try connection.perform([insert, "SELECT 1/0"]) }
            #expect(try connection.perform(["SELECT count(*) FROM t"])[0][0].read(0, as: Int.self) == 0)
            #expect(try connection.perform([insert])[0].affectedRows == 1)
        }

        @Test("Errors of the server have their codes")
        func codes() throws {
            let cluster = try PostgresCluster.shared()
            let database = try cluster.createDatabase()
            let connection = try cluster.connect(database)
            let other = try cluster.connect(database)
            _ = try connection.perform(["DROP ROLE IF EXISTS visitor", "CREATE ROLE visitor"])
            _ = try connection.perform(["CREATE TABLE t (n int8 PRIMARY KEY)"])
            func code(_ statements: PostgresStatement...) throws -> PostgresError.Code {
                let error = try error { _ = try connection.perform(statements) }
                #expect(!error.isOutcomeUnknown && !connection.isBroken)
                if connection.isInTransaction { _ = try connection.perform(["ROLLBACK"]) }
                return error.code
            }
            #expect(try code("SELECT * FROM nowhere") == .missingRelation)
            #expect(try code("SELECT * FROM nowhere.t") == .missingRelation)
            #expect(try code("SELEKT 1") == .server)
            #expect(
                try code("BEGIN", "SET LOCAL ROLE visitor", "SELECT * FROM t")
                    == .permissionDenied)
            #expect(try code("BEGIN READ ONLY", "INSERT INTO t VALUES (1)") == .readOnly)
            _ = try other.perform(["BEGIN", "LOCK TABLE t"])
            #expect(try code("BEGIN", "SET LOCAL lock_timeout = 20", "LOCK TABLE t") == .lockTimeout)
            #expect(try code("BEGIN", "SET LOCAL statement_timeout = 20", "LOCK TABLE t") == .timedOut)
            _ = try other.perform(["ROLLBACK"])
            #expect(try self.error { _ = try connection.perform(["COPY t TO STDOUT"]) }.code == .protocolViolation)
            #expect(connection.isBroken)
        }

        @Test("A prepared statement survives a change of the schema")
        func migration() throws {
            let cluster = try PostgresCluster.shared()
            let database = try cluster.createDatabase()
            let connection = try cluster.connect(database)
            let other = try cluster.connect(database)
            _ = try other.perform(["CREATE TABLE t (n int8)"])
            _ = try other.perform(["INSERT INTO t VALUES (5)"])
            let select: PostgresStatement = "SELECT * FROM t"
            #expect(try connection.perform([select])[0].columns == ["n"])
            _ = try other.perform(["ALTER TABLE t ADD COLUMN m int8 DEFAULT 9"])
            #expect(try connection.perform([select])[0].columns == ["n", "m"])
            #expect(connection.preparesStatements)

            // In one batch with its own transaction too.
            _ = try connection.perform(["BEGIN", select, "COMMIT"])
            _ = try other.perform(["ALTER TABLE t DROP COLUMN m"])
            #expect(try connection.perform(["BEGIN", select, "COMMIT"])[1].columns == ["n"])
            #expect(!connection.isInTransaction)

            // But not after something that a repetition would not bring back.
            _ = try connection.perform(["BEGIN", select])
            _ = try connection.perform(["COMMIT"])
            _ = try other.perform(["ALTER TABLE t ADD COLUMN m int8"])
            _ = try connection.perform(["BEGIN"])
            let error = try error { _ = try connection.perform([select, "COMMIT"]) }
            #expect(error.isTransient && !error.isOutcomeUnknown && connection.isInTransaction)
            _ = try connection.perform(["ROLLBACK"])
            #expect(try connection.perform(["BEGIN", select, "COMMIT"])[1].columns == ["n", "m"])
            // The same state has causes that a repetition does not cure.
            let lasting = try self.error { _ = try connection.perform(["SELECT * FROM elsewhere.public.t"]) }
            #expect(lasting.sqlState == "0A000" && !lasting.isTransient)
        }

        @Test("A session whose statements were forgotten continues without preparing any")
        func forgotten() throws {
            let connection = try PostgresCluster.shared().connect()
            let select = PostgresStatement("SELECT $1 + 1", [.int8(1)])
            _ = try connection.perform([select])
            _ = try connection.perform([PostgresStatement("DEALLOCATE ALL", isPrepared: false)])
            #expect(try connection.perform([select])[0][0].read(0, as: Int.self) == 2)
            #expect(!connection.preparesStatements && connection.preparedStatements == 0)
            #expect(try connection.perform([select])[0][0].read(0, as: Int.self) == 2)
        }

        @Test("A backend that is stopped does not outlast the deadline")
        func stoppedBackend() throws {
            let cluster = try PostgresCluster.shared()
            let connection = try cluster.connect()
            #expect(connection.processID > 0 && kill(connection.processID, SIGSTOP) == 0)
            defer { kill(connection.processID, SIGCONT) }
            let error = try error {
                _ = try connection.perform(
                    ["BEGIN", "SELECT 1", "COMMIT"], deadline: .now.advanced(by: .milliseconds(100)))
            }
            #expect(error.code == .timedOut && error.isOutcomeUnknown && connection.isBroken)
        }

        @Test("A stalled network does not outlast the deadline, and what cannot have been committed is known")
        func stalled() throws {
            let cluster = try PostgresCluster.shared()
            let proxy = try CuttingProxy(to: cluster.socketPath)
            defer { proxy.stop() }
            let string = "host=127.0.0.1 port=\(proxy.port) dbname=postgres user=rota"
            let big = PostgresStatement("SELECT length($1)", [.bytea([UInt8](repeating: 1, count: 8 << 20))])
            for (statements, direction, bytes, isUnknown) in [
                (["BEGIN", "SELECT 1", "COMMIT"], CuttingProxy.Direction.toClient, 0, true),
                (["BEGIN", "SELECT 1"], .toClient, 0, false),
                // What stalls before the commit is handed over was never sent.
                (["BEGIN", big, "COMMIT"], .toServer, 100_000, false),
            ] as [([PostgresStatement], CuttingProxy.Direction, Int, Bool)] {
                proxy.arm(.none)
                let connection = try PostgresConnection.open(PostgresConfiguration(string))
                proxy.arm(.stall(direction, after: bytes))
                let error = try error {
                    _ = try connection.perform(statements, deadline: .now.advanced(by: .milliseconds(300)))
                }
                #expect(error.code == .timedOut && error.isOutcomeUnknown == isUnknown && connection.isBroken)
            }
        }

        @Test("A connection that is cut at any byte of a batch never denies a commit")
        func cuts() throws {
            let cluster = try PostgresCluster.shared()
            let database = try cluster.createDatabase()
            let witness = try cluster.connect(database)
            _ = try witness.perform(["CREATE TABLE t (n int8 PRIMARY KEY)"])
            let proxy = try CuttingProxy(to: cluster.socketPath)
            defer { proxy.stop() }
            let configuration = try PostgresConfiguration(
                "host=127.0.0.1 port=\(proxy.port) dbname=\(database) user=rota", preparesStatements: false)
            var number: Int64 = 0
            var outcomes: [String: Int] = [:]

            func attempt(_ fault: CuttingProxy.Fault) throws -> (toServer: Int, toClient: Int) {
                number += 1
                proxy.arm(.none)
                let connection = try PostgresConnection.open(configuration)
                let process = Int64(connection.processID)
                proxy.arm(fault)
                var failure: PostgresError?
                do {
                    let insert = PostgresStatement("INSERT INTO t VALUES ($1)", [.int8(number)])
                    _ = try connection.perform(["BEGIN", insert, "COMMIT"])
                } catch { failure = error }
                let passed = proxy.passed
                connection.close()
                // Once its process has gone, the server will not commit it any more.
                let alive = PostgresStatement(
                    "SELECT count(*) FROM pg_stat_activity WHERE pid = $1::int8", [.int8(process)])
                while try witness.perform([alive])[0][0].read(0, as: Int.self) > 0 {}
                let count = PostgresStatement("SELECT count(*) FROM t WHERE n = $1", [.int8(number)])
                let isCommitted = try witness.perform([count])[0][0].read(0, as: Int.self) == 1
                if failure == nil { #expect(isCommitted) }
                if isCommitted, let failure { #expect(failure.isOutcomeUnknown, "\(fault): \(failure)") }
                if failure?.isOutcomeUnknown == false { #expect(!isCommitted) }
                let ending = failure.map { "unknown: \($0.isOutcomeUnknown)" } ?? "success"
                outcomes["\(ending) \(isCommitted)", default: 0] += 1
                return passed
            }
            let whole = try attempt(.none)
            #expect(whole.toServer > 50 && whole.toClient > 50)
            for bytes in 0...whole.toServer { _ = try attempt(.cut(.toServer, after: bytes)) }
            for bytes in 0...whole.toClient { _ = try attempt(.cut(.toClient, after: bytes)) }
            #expect(outcomes["unknown: true true", default: 0] > 0 && outcomes["unknown: true false", default: 0] > 0)
        }

        @Test("Notifications arrive, and a wait ends at its deadline or when it is woken")
        func notifications() throws {
            let cluster = try PostgresCluster.shared()
            let database = try cluster.createDatabase()
            let listener = try cluster.connect(database)
            let sender = try cluster.connect(database)
            _ = try listener.perform(["LISTEN news"])
            _ = try sender.perform([PostgresStatement("SELECT pg_notify('news', $1)", [.text("péngu")])])
            let found = try listener.notifications(until: .now.advanced(by: .seconds(30)))
            #expect(found.map(\.payload) == ["péngu"] && found[0].channel == "news")
            #expect(found[0].processID == sender.processID)
            #expect(try listener.notifications(until: .now).isEmpty)
            let wake = try WakePipe()
            wake.wake()
            #expect(try listener.notifications(until: .now.advanced(by: .seconds(30)), wake: wake).isEmpty)
            #expect(kill(listener.processID, SIGTERM) == 0)
            let error = try error { _ = try listener.notifications(until: .now.advanced(by: .seconds(30))) }
            #expect(error.code == .connectionLost && listener.isBroken)
        }
    }
#endif
