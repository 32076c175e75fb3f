#if Postgres
    import Foundation
    import RotaCore
    import RotaTesting
    import Testing

    @testable import RotaPostgres

    /// Connecting, and what errors of it say.
    @Suite("Connections to PostgreSQL")
    struct ConnectionTests {
        private func failure(_ string: String, timeout: Duration = .seconds(10)) throws -> PostgresError {
            do {
                let connection = try PostgresConnection.open(PostgresConfiguration(string, connectTimeout: timeout))
                connection.close()
            } catch { return error }
            throw PostgresCluster.Missing(description: "No error from \(string)")
        }

        private func error(of body: () throws -> Void) throws -> PostgresError {
            do { try body() } catch let error as PostgresError { return error }
            throw PostgresCluster.Missing(description: "No error")
        }

        @Test("A connection answers, says its version, and is broken once closed")
        func opens() throws {
            let connection = try PostgresCluster.shared().connect()
            #expect(connection.serverVersion >= PostgresConnection.oldestServerVersion)
            let results = try connection.perform(["SELECT 1::int8, current_setting('application_name')"])
            #expect(try results[0][0].read(0, as: Int64.self) == 1)
            #expect(try results[0][0].read(1, as: String.self) == "rota")
            #expect(!connection.isBroken)
            connection.close()
            connection.close()
            #expect(connection.isBroken)
            let error = try error { _ = try connection.perform(["SELECT 1"]) }
            #expect(error.code == .connectionLost && !error.isOutcomeUnknown)
        }

        @Test("What is wrong with a connection has its code and says what to check")
        func failures() throws {
            let cluster = try PostgresCluster.shared()
            let admin = try cluster.connect(prepares: false)
            _ = try admin.perform(["DROP ROLE IF EXISTS needs_password"])
            _ = try admin.perform(["CREATE ROLE needs_password LOGIN PASSWORD 'right-secret'"])
            let locked = cluster.string(user: "needs_password")

            let wrong = try failure(locked + " password=wrong-secret")
            #expect(wrong.code == .authenticationFailed && wrong.sqlState == "28P01")
            #expect(!"\(wrong)".contains("wrong-secret") && "\(wrong)".contains("pg_hba.conf"))
            let none = try failure(locked)
            #expect(none.code == .authenticationFailed, "\(none)")
            try PostgresConnection.open(PostgresConfiguration(locked + " password=right-secret")).close()

            let unwelcome = try failure("host=127.0.0.1 port=\(cluster.port) dbname=postgres user=unwelcome")
            #expect(unwelcome.code == .authenticationFailed, "\(unwelcome)")
            let database = try failure(cluster.string(database: "nowhere"))
            #expect(database.code == .cannotConnect && database.sqlState == "3D000")
            #expect("\(database)".contains("dbname=nowhere"))

            let refused = try failure("host=127.0.0.1 port=\(try FreePort.find()) dbname=postgres user=rota")
            #expect(refused.code == .cannotConnect && "\(refused)".contains("Check host and port"))
            let missing = try failure("host=/nowhere/at-all dbname=postgres user=rota")
            #expect(missing.code == .cannotConnect)
            let name = try failure("host=database.invalid dbname=postgres user=rota")
            #expect(name.code == .cannotConnect, "\(name)")
            let mode = try failure(cluster.string() + " sslmode=sometimes")
            #expect(mode.code == .invalidConfiguration, "\(mode)")
        }

        @Test("A server that accepts and says nothing does not outlast the deadline")
        func silence() throws {
            let listener = try Listener()
            defer { listener.close() }
            let error = try failure(
                "host=127.0.0.1 port=\(listener.port) dbname=postgres user=rota", timeout: .milliseconds(150))
            #expect(error.code == .timedOut && "\(error)".contains("connectTimeout"))
            #expect(!error.isOutcomeUnknown)
        }

        @Test("Of several servers, one that says nothing leaves time to the next one")
        func silentFirst() throws {
            let listener = try Listener()
            defer { listener.close() }
            let cluster = try PostgresCluster.shared()
            let ports = "port=\(listener.port),\(cluster.port) dbname=postgres user=rota"
            for hosts in [
                "host=127.0.0.1,127.0.0.1 ", "host=127.0.0.1,\(cluster.folder) ",
                "host=silent.example,answers.example hostaddr=127.0.0.1,127.0.0.1 sslmode=disable ",
                "host=127.0.0.1,127.0.0.1 target_session_attrs=prefer-standby ",
            ] {
                // The silent one takes its share of the time, so it is short.
                let configuration = try PostgresConfiguration(hosts + ports, connectTimeout: .seconds(4))
                let connection = try PostgresConnection.open(configuration)
                #expect(try connection.perform(["SELECT 1::int8"])[0][0].read(0, as: Int.self) == 1, "\(hosts)")
                connection.close()
            }
        }

        @Test("A resolver that is slow takes none of the time to connect, and is not asked once that has passed")
        func slowResolver() throws {
            let cluster = try PostgresCluster.shared()
            let string = "host=database.example port=\(cluster.port) dbname=postgres user=rota sslmode=disable"
            let configuration = try PostgresConfiguration(string, connectTimeout: .seconds(2))
            let deadline = ContinuousClock.now.advanced(by: configuration.connectTimeout)
            let connection = try PostgresConnection.open(configuration, deadline: deadline) { host in
                while .now < deadline { Thread.sleep(forTimeInterval: 0.01) }
                var found = host
                found.address = "127.0.0.1"
                return [found]
            }
            #expect(try connection.perform(["SELECT 1::int8"])[0][0].read(0, as: Int.self) == 1)
            connection.close()
            var questions = 0
            let late = try error {
                _ = try PostgresConnection.open(configuration, deadline: .now) { host in
                    questions += 1
                    return [host]
                }
            }
            #expect(late.code == .timedOut && questions == 0)
        }

        @Test("A name that the resolver does not know leaves the next host, and the error says why")
        func unknownName() throws {
            let cluster = try PostgresCluster.shared()
            let place = "port=\(cluster.port) dbname=postgres user=rota sslmode=disable"
            let configuration = try PostgresConfiguration("host=database.invalid,127.0.0.1 " + place)
            let connection = try PostgresConnection.open(configuration)
            #expect(!connection.isBroken)
            connection.close()
            let error = try failure("host=database.invalid " + place)
            #expect(error.code == .cannotConnect && error.message.contains("\"database.invalid\" to address"))
        }

        @Test("An address that has taken the connection has all the time of its host")
        func slowAddress() throws {
            let listener = try Listener()
            defer { listener.close() }
            let configuration = try PostgresConfiguration(
                "host=silent.example port=\(listener.port) dbname=postgres user=rota sslmode=disable",
                connectTimeout: .milliseconds(200))
            let error = try error {
                _ = try PostgresConnection.open(configuration) { host in
                    (1...4).map { number in
                        var found = host
                        found.address = "127.0.0.\(number)"
                        return found
                    }
                }
            }
            // Only the first one listens there, so the others would refuse at once.
            #expect(error.code == .timedOut && !error.message.contains("127.0.0.2"), "\(error)")
        }

        private var soon: ContinuousClock.Instant { .now.advanced(by: .milliseconds(20)) }

        @Test("What libpq reads from the service file is found without a call to a server")
        func service() throws {
            let listener = try Listener()
            defer { listener.close() }
            let given = ["host": "127.0.0.1", "port": "\(listener.port)", "user": "rota", "sslmode": "disable"]
            let known = try PostgresConnection.withService(given)
            #expect(known.filter { given[$0.key] != nil } == given)
            // What libpq adds by itself shows that it was asked.
            #expect(known["target_session_attrs"] == "any")
            #expect(SocketWait.wait(listener.descriptor, read: true, write: false, until: soon) == .timedOut)
        }

        @Test("If no server can be used, the error says what is wrong with each")
        func severalFailures() throws {
            let listener = try Listener()
            defer { listener.close() }
            let (cluster, free) = (try PostgresCluster.shared(), try FreePort.find())
            let user = "dbname=postgres user=rota"
            let refused = try failure(
                "host=127.0.0.1,127.0.0.1 port=\(listener.port),\(free) \(user)", timeout: .milliseconds(300))
            #expect(refused.code == .cannotConnect)
            #expect(refused.message.contains("did not answer in time"), "\(refused)")
            let silent = try failure(
                "host=127.0.0.1,127.0.0.1 port=\(free),\(listener.port) \(user)", timeout: .milliseconds(300))
            #expect(silent.code == .timedOut && silent.message.contains("port \(free)"), "\(silent)")
            // Who is unwelcome at one is not tried with the next.
            let unwelcome = try failure(
                "host=127.0.0.1,127.0.0.1 port=\(cluster.port),\(listener.port) dbname=postgres user=unwelcome")
            #expect(unwelcome.code == .authenticationFailed, "\(unwelcome)")
        }

        @Test("A session that cannot write is refused, and one that becomes so says it")
        func readOnly() throws {
            let cluster = try PostgresCluster.shared()
            let database = try cluster.createDatabase()
            let admin = try cluster.connect(database, prepares: false)
            let early = try cluster.connect(database)
            _ = try admin.perform([
                PostgresStatement("ALTER DATABASE \(database) SET default_transaction_read_only = on")
            ])
            let refused = try failure(cluster.string(database: database))
            #expect(refused.code == .readOnly, "\(refused)")
            let any = try PostgresConnection.open(
                PostgresConfiguration(cluster.string(database: database) + " target_session_attrs=any"))
            let error = try error { _ = try any.perform(["CREATE TABLE t (n int8)"]) }
            #expect(error.code == .readOnly && error.sqlState == "25006" && !any.isBroken)
            _ = try early.perform(["CREATE TABLE t (n int8)"])
        }

        @Test("A server that cannot prove its name is refused by default")
        func unverified() throws {
            let certificate = try LoopbackCertificate()
            let cluster = try PostgresCluster(certificate: certificate)
            // The default depends on the host alone; that it is this mode, the tests of the configuration show.
            let local = "port=\(cluster.port) dbname=postgres user=rota sslmode=verify-full"
            let named = "host=database.example hostaddr=127.0.0.1 " + local
            let unknown = try failure(named)
            #expect(unknown.code == .tlsFailed && "\(unknown)".contains("sslrootcert"), "\(unknown)")
            let otherName = try failure(named + " sslrootcert=\(certificate.file)")
            #expect(otherName.code == .tlsFailed, "\(otherName)")
            let right = "host=127.0.0.1 " + local
            let connection = try PostgresConnection.open(
                PostgresConfiguration(right + " sslrootcert=\(certificate.file)"))
            let results = try connection.perform(["SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"])
            #expect(try results[0][0].read(0, as: Bool.self))
            let big = [UInt8](repeating: 7, count: 3_000_000)
            #expect(try connection.perform([PostgresStatement("SELECT $1", [.bytea(big)])])[0][0].read(0) == big)
        }

        @Test("A server that stops says so, and so does one that starts again")
        func shutdown() throws {
            let cluster = try PostgresCluster()
            let connection = try cluster.connect()
            try cluster.stop("fast")
            let error = try error { _ = try connection.perform(["SELECT 1"]) }
            #expect([.serverShutdown, .connectionLost].contains(error.code), "\(error)")
            #expect(connection.isBroken && !error.isOutcomeUnknown)
            #expect(try failure(cluster.string()).code == .cannotConnect)
            try cluster.start()
            let again = try cluster.connect()
            #expect(try again.perform(["SELECT 1::int8"])[0][0].read(0, as: Int.self) == 1)
        }

        @Test("A thousand connections leave no descriptor behind")
        func descriptors() throws {
            let cluster = try PostgresCluster.shared()
            let first = try cluster.connect()
            let socket = first.socket
            first.close()
            var highest: Int32 = 0
            for _ in 0..<1000 {
                let connection = try cluster.connect()
                highest = max(highest, connection.socket)
                connection.close()
            }
            // Other tests open and close files meanwhile, but not hundreds.
            #expect(highest < socket + 300)
        }
    }
#endif
