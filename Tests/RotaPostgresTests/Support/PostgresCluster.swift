#if Postgres
    import Foundation
    import RotaPostgres
    import RotaTesting
    import Synchronization

    /// A PostgreSQL server of the tests' own, in a temporary folder.
    ///
    /// It ends, and its folder goes, when this process ends, even by a crash: a watcher reads from a pipe that then
    /// closes.
    final class PostgresCluster: Sendable {
        struct Missing: Error, CustomStringConvertible {
            let description: String
        }

        /// The server that tests share.
        ///
        /// Each takes a database of its own.
        static func shared() throws -> PostgresCluster { try common.get() }
        private static let common = Result { try PostgresCluster() }

        let folder: String
        let binaries: String
        /// The port on 127.0.0.1, and the number in the socket's name.
        let port: UInt16
        private let watcher: Mutex<ChildProcess?>
        private let databases = Atomic(0)

        /// Makes and starts a server.
        ///
        /// - Parameters:
        ///   - isDurable: Whether it syncs what it commits.
        ///   - settings: Lines for postgresql.conf.
        ///   - certificate: The certificate for TLS, or `nil` to do without.
        init(isDurable: Bool = false, settings: [String] = [], certificate: LoopbackCertificate? = nil) throws {
            binaries = try Self.findBinaries()
            folder = "/tmp/rota-pg-" + UUID().uuidString.prefix(8).lowercased()
            port = try FreePort.find()
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
            try Self.giveToServer(folder)
            let command = Self.prefix(binaries).joined(separator: " ")
            watcher = Mutex(
                try ChildProcess(
                    "/bin/sh",
                    [
                        "-c",
                        "read line; \(command) \(binaries)/pg_ctl -D \(folder)/data stop -m immediate >/dev/null 2>&1;"
                            + " rm -rf \(folder)",
                    ]))
            try run("initdb", ["-D", data, "-U", "rota", "-A", "trust", "--no-sync", "-E", "UTF8"])
            var lines = [
                "unix_socket_directories = '\(folder)'", "listen_addresses = '127.0.0.1'", "port = \(port)",
                "max_connections = 60", "shared_buffers = 32MB", "fsync = \(isDurable ? "on" : "off")",
                "logging_collector = off",
            ]
            if let certificate {
                for (from, name) in [(certificate.file, "server.crt"), (certificate.keyFile, "server.key")] {
                    let target = "\(data)/\(name)"
                    try FileManager.default.copyItem(atPath: from, toPath: target)
                    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: target)
                    try Self.giveToServer(target)
                }
                lines.append("ssl = on")
            }
            try append((lines + settings).joined(separator: "\n") + "\n", to: "postgresql.conf")
            let access = """
                local all needs_password scram-sha-256
                host all needs_password 127.0.0.1/32 scram-sha-256
                host all unwelcome 127.0.0.1/32 reject
                local all all trust
                local replication all trust
                host all all 127.0.0.1/32 trust

                """
            try Data(access.utf8).write(to: URL(filePath: "\(data)/pg_hba.conf"))
            try start()
        }

        deinit {
            watcher.withLock { watcher in
                watcher?.endInput()
                watcher?.wait()
            }
        }

        var data: String { "\(folder)/data" }
        /// The path of the server's socket.
        var socketPath: String { "\(folder)/.s.PGSQL.\(port)" }

        func start() throws {
            try run("pg_ctl", ["-D", data, "-w", "-s", "-l", "\(folder)/log", "start"])
        }

        func stop(_ mode: String) throws {
            try run("pg_ctl", ["-D", data, "-w", "-s", "-m", mode, "stop"])
        }

        /// Appends to a file of the data folder.
        func append(_ text: String, to file: String) throws {
            let handle = try FileHandle(forWritingTo: URL(filePath: "\(data)/\(file)"))
            try handle.seekToEnd()
            try handle.write(contentsOf: Data(text.utf8))
            try handle.close()
        }

        /// A connection string to a database, by the socket.
        func string(database: String = "postgres", user: String = "rota") -> String {
            "host=\(folder) port=\(port) dbname=\(database) user=\(user)"
        }

        /// A connection to a database.
        func connect(_ database: String = "postgres", prepares: Bool = true) throws -> PostgresConnection {
            try .open(PostgresConfiguration(string(database: database), preparesStatements: prepares))
        }

        /// Creates an empty database, and returns its name.
        func createDatabase(from template: String = "template0") throws -> String {
            let name = "t\(databases.add(1, ordering: .relaxed).newValue)"
            let connection = try connect()
            defer { connection.close() }
            _ = try connection.perform(
                [PostgresStatement("CREATE DATABASE \(name) TEMPLATE \(template)", isPrepared: false)],
                deadline: .now.advanced(by: .seconds(60)))
            return name
        }

        /// Runs a program of PostgreSQL as the server's user.
        func run(_ program: String, _ arguments: [String]) throws {
            let words = Self.prefix(binaries) + ["\(binaries)/\(program)"] + arguments
            let child = try ChildProcess(words[0], Array(words.dropFirst()))
            let ending = child.wait()
            guard ending == .exited(0) else {
                let log = (try? String(contentsOfFile: "\(folder)/log", encoding: .utf8)) ?? ""
                throw Missing(description: "\(program) ended with \(ending). \(log.suffix(2000))")
            }
        }

        /// Runs a script by psql, and returns what it printed, errors included, and whether it succeeded.
        func psql(_ script: String, database: String, user: String = "rota") throws -> (output: String, isDone: Bool) {
            let words =
                Self.prefix(binaries) + [
                    "/bin/sh", "-c", "exec \"$@\" 2>&1", "sh", "\(binaries)/psql", "-X", "-q", "-A", "-t", "-v",
                    "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose", "-h", folder, "-p", "\(port)", "-U", user, "-d",
                    database,
                    "-f", "-",
                ]
            let child = try ChildProcess(words[0], Array(words.dropFirst()))
            child.say(script)
            child.endInput()
            let output = child.rest()
            return (output.trimmingCharacters(in: .whitespacesAndNewlines), child.wait() == .exited(0))
        }

        /// What comes before a command: another user if this is root, whom the server refuses, and a clean environment.
        static func prefix(_ binaries: String) -> [String] {
            let clean = ["/usr/bin/env", "-i", "PATH=\(binaries):/usr/bin:/bin", "LC_ALL=C.UTF-8"]
            guard geteuid() == 0 else { return clean }
            return ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] + clean
        }

        /// Makes the server's user the owner of a file.
        static func giveToServer(_ path: String) throws {
            guard geteuid() == 0 else { return }
            guard let user = getpwnam("postgres"), chown(path, user.pointee.pw_uid, user.pointee.pw_gid) == 0 else {
                throw Missing(description: "There is no user postgres to own \(path): apt-get install postgresql")
            }
        }

        private static func findBinaries() throws -> String {
            let root = "/usr/lib/postgresql"
            let versions = ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? [])
                .sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }
            var candidates = versions.map { "\(root)/\($0)/bin" }
            candidates += ["/opt/homebrew/bin", "/usr/local/bin", "/usr/bin"]
            let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
            for folder in path.split(separator: ":")
            where FileManager.default.isExecutableFile(atPath: "\(folder)/pg_config") {
                if let answer = try? ChildProcess("\(folder)/pg_config", ["--bindir"]).line() {
                    candidates.append(answer)
                }
            }
            let found = candidates.first { FileManager.default.isExecutableFile(atPath: "\($0)/initdb") }
            guard let found else {
                throw Missing(description: "The tests need a PostgreSQL server: apt-get install postgresql")
            }
            return found
        }
    }

    /// A port of 127.0.0.1 that is free now.
    enum FreePort {
        static func find() throws -> UInt16 {
            let listener = try Listener()
            defer { listener.close() }
            return listener.port
        }
    }
#endif
