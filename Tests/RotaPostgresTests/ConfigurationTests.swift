#if Postgres
    import Foundation
    import RotaCore
    import Testing

    @testable import RotaPostgres

    /// Connection strings, defaults, errors' texts, and the pure parts of the connection.
    @Suite("Configuration of PostgreSQL")
    struct ConfigurationTests {
        private func resolved(_ string: String, _ environment: [String: String] = [:]) throws -> [String: String] {
            try PostgresConfiguration(string).resolved(environment: environment)
        }

        @Test("A server elsewhere must prove its name unless the string or the environment says otherwise")
        func encryption() throws {
            for string in [
                "host=db.example.com dbname=a", "postgres://db.example.com/a", "hostaddr=10.0.0.1 dbname=a",
                "host=/tmp,db.example.com dbname=a", "host=127.0.0.1.example.com dbname=a", "service=main",
                "host=localhost hostaddr=10.0.0.1 dbname=a", "host=localhost,db hostaddr=127.0.0.1, dbname=a",
                "host=localhost,db hostaddr=127.0.0.1 dbname=a",
            ] {
                #expect(try resolved(string)["sslmode"] == "verify-full", "\(string)")
            }
            for string in [
                "host=localhost dbname=a", "host=/run/postgresql dbname=a", "dbname=a", "host=127.0.0.2 dbname=a",
                "postgres://[::1]/a", "host=db hostaddr=127.0.0.1 dbname=a",
            ] {
                #expect(try resolved(string)["sslmode"] == nil, "\(string)")
            }
            #expect(try resolved("host=db.example.com sslmode=require")["sslmode"] == "require")
            #expect(try resolved("host=db.example.com", ["PGSSLMODE": "disable"])["sslmode"] == nil)
            #expect(try resolved("dbname=a", ["PGHOST": "db.example.com"])["sslmode"] == "verify-full")
        }

        @Test("Other defaults follow the deadlines, and give way to the string")
        func defaults() throws {
            var configuration = try PostgresConfiguration("host=db dbname=a tcp_user_timeout=7 sslmode=disable")
            configuration.statementTimeout = .milliseconds(2500)
            let parameters = configuration.resolved(environment: [:])
            #expect(parameters["target_session_attrs"] == "read-write" && parameters["client_encoding"] == "UTF8")
            #expect(parameters["fallback_application_name"] == "rota" && parameters["keepalives_idle"] == "3")
            #expect(parameters["tcp_user_timeout"] == "7")
            #expect(try resolved("dbname=a target_session_attrs=any")["target_session_attrs"] == "any")
        }

        @Test("A string that cannot be used is refused without quoting it")
        func invalid() {
            for string in [
                "", "nonsense", "hots=db dbname=a", "postgres://u:s3cret%zz@db/a", "host=db password='s3cret",
                "password=s3 cret=1", "host=db port=99999999", "host=db port=0", "host=db client_encoding=LATIN1",
                "postgres://u:s3cret@db:port/a", "host=db\u{0}", "postgres://[::1/a",
            ] {
                #expect { _ = try PostgresConfiguration(string) } throws: { error in
                    let error = error as? PostgresError
                    return error?.code == .invalidConfiguration && error?.message.contains("s3") == false
                }
            }
            for timeout in [Duration.zero, .seconds(3601), .seconds(-1)] {
                #expect { _ = try PostgresConfiguration("dbname=a", connectTimeout: timeout) } throws: {
                    ($0 as? PostgresError)?.code == .invalidConfiguration
                }
            }
        }

        private func targets(_ string: String, _ environment: [String: String] = [:]) throws -> ConnectionTargets {
            ConnectionTargets(try PostgresConfiguration(string).parameters, environment: environment)
        }

        @Test("The lists of hosts, addresses and ports are read as libpq reads them")
        func servers() throws {
            #expect(
                try targets("host=a,b,/tmp port=1,,3").targets == [
                    .init(host: "a", port: "1"), .init(host: "b", port: "5432"), .init(host: "/tmp", port: "3"),
                ])
            #expect(
                try targets("postgres://a:7,b:8/x").targets == [
                    .init(host: "a", port: "7"), .init(host: "b", port: "8"),
                ])
            #expect(
                try targets("hostaddr=10.0.0.1,::1 port=9 dbname=x").targets == [
                    .init(address: "10.0.0.1", port: "9"), .init(address: "::1", port: "9"),
                ])
            #expect(
                try targets("host=a, hostaddr=,10.0.0.2").targets == [
                    .init(host: "a", port: "5432"), .init(address: "10.0.0.2", port: "5432"),
                ])
            #expect(
                try targets("dbname=x", ["PGHOST": "a,b", "PGPORT": "6"]).targets == [
                    .init(host: "a", port: "6"), .init(host: "b", port: "6"),
                ])
            // What libpq must judge or find out by itself.
            for string in ["dbname=x", "host=a,b port=1,2,3", "host=a,b hostaddr=10.0.0.1"] {
                #expect(try targets(string).targets.isEmpty, "\(string)")
            }
            #expect(try targets("host=a,", ["PGHOST": "c"]).targets.isEmpty)
            let parameters = try PostgresConfiguration("host=a, service=main").parameters
            #expect(ConnectionTargets(parameters, environment: [:], hasService: true).targets.isEmpty)
            #expect(ConnectionTargets(["host": "a,b"], environment: [:], hasService: true).targets.count == 2)
            #expect(try targets("host=a,b").attributes == [nil])
            #expect(try targets("host=a,b").isShuffled == false)
            #expect(try targets("host=a target_session_attrs=prefer-standby").attributes == ["standby", "any"])
            #expect(try targets("host=a,b", ["PGLOADBALANCEHOSTS": "random"]).isShuffled)
        }

        @Test("The parameters of one server have its place alone, and its address if a name has several")
        func serverParameters() throws {
            let parameters = try PostgresConfiguration("host=a,b port=1,2 dbname=x sslmode=require").parameters
            let target = ConnectionTargets.Target(host: "b", port: "2")
            #expect(
                target.parameters(in: parameters, attributes: "any").filter { !$0.value.isEmpty } == [
                    "host": "b", "port": "2", "dbname": "x", "sslmode": "require", "target_session_attrs": "any",
                ])
            let folder = try ConnectionTargets.Target(host: "/tmp", port: "2").resolved()
            #expect(folder.map(\.host) == ["/tmp"])
            let local = try ConnectionTargets.Target(host: "127.0.0.1", port: "2").resolved()
            #expect(local == [.init(host: "127.0.0.1", address: "127.0.0.1", port: "2")])
            let unknown = #expect(throws: AttemptFailure.self) {
                try ConnectionTargets.Target(host: "database.invalid", port: "2").resolved()
            }
            #expect(unknown?.allowsNext == true)
        }

        @Test("Passwords are never printed")
        func secrets() throws {
            let configuration = try PostgresConfiguration("postgres://u:hush%20hush@db/a?sslpassword=quiet")
            var dumped = ""
            dump(configuration, to: &dumped)
            for text in ["\(configuration)", String(reflecting: configuration), dumped] {
                #expect(!text.contains("hush") && !text.contains("quiet") && text.contains("dbname=a"))
            }
            #expect(ConnectionString.redact("got hush hush here", configuration.parameters) == "got … here")
        }

        @Test("Every error code prints its name, and every error its text")
        func errorTexts() throws {
            let source = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent().appending(path: "Sources/RotaPostgres/Connection/PostgresError.swift")
            let declared = try String(contentsOf: source, encoding: .utf8)
                .matches(of: /public static let (\w+) = Code\(/).map { String($0.1) }
            let codes: [PostgresError.Code] = [
                .cannotConnect, .authenticationFailed, .tlsFailed, .timedOut, .connectionLost, .readOnly,
                .serverShutdown, .permissionDenied, .missingRelation, .lockTimeout, .deadlock, .serialization,
                .invalidConfiguration, .invalidValue, .protocolViolation, .server,
            ]
            #expect(codes.map { "\($0)" } == declared)
            for isUnknown in [false, true] {
                let error = PostgresError(.timedOut, "It took too long.", isOutcomeUnknown: isUnknown)
                #expect((error as any Error).localizedDescription == "\(error)")
                #expect("\(error)".contains("may or may not") == isUnknown)
            }
        }

        @Test("States of the server become codes")
        func states() {
            for (state, code) in [
                ("57P01", PostgresError.Code.serverShutdown), ("57P03", .serverShutdown), ("57014", .timedOut),
                ("40001", .serialization), ("40P01", .deadlock), ("55P03", .lockTimeout), ("42501", .permissionDenied),
                ("25006", .readOnly), ("08006", .connectionLost), ("08P01", .protocolViolation), ("23505", .server),
            ] {
                let error = ServerMessage(sqlState: state, text: "text").error(in: "SELECT\n  1")
                #expect(error.code == code && error.sqlState == state && error.message.contains("(in `SELECT 1`)"))
            }
            #expect(throws: PostgresError.self) { try PostgresConnection.check(version: 130_012) }
            #expect(throws: Never.self) { try PostgresConnection.check(version: 140_000) }
        }

        @Test("A batch knows where it may commit")
        func commitPoints() {
            func points(_ statements: [String], open: Bool = false) -> [Int] {
                TransactionTrack(statements, isInTransaction: open).commitPoints
            }
            #expect(points(["BEGIN", "INSERT", "COMMIT"]) == [2])
            #expect(points(["begin;", "INSERT"]) == [])
            #expect(points(["INSERT", "COMMIT"], open: true) == [1])
            #expect(points(["INSERT", "UPDATE"]) == [2])
            #expect(points(["INSERT", "BEGIN", "SELECT", "ROLLBACK"]) == [])
            #expect(points(["/* a /* b */ c */ -- d\n COMMIT", "SELECT 1"], open: true) == [0, 2])
            #expect(points(["CALL work()", "VACUUM"]) == [0, 1, 2])
            #expect(points(["ROLLBACK TO SAVEPOINT a", "INSERT"], open: true) == [])
            #expect(points(["ROLLBACK", "INSERT"], open: true) == [2])
            #expect(points(["COMMIT AND CHAIN", "INSERT"], open: true) == [0])
            #expect(points(["PREPARE TRANSACTION 'a'"], open: true) == [0])
            #expect(points(["ROLLBACK PREPARED 'a'", "/*"]) == [0, 1, 2])
        }
    }
#endif
