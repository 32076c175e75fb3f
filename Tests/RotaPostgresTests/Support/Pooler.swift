#if Postgres
    import Foundation
    import RotaPostgres
    import RotaTesting

    /// A pooler of the test's own in front of a database.
    final class Pooler {
        let port: UInt16
        private let child: ChildProcess
        private let folder: String

        static var program: String? {
            ["/usr/sbin/pgbouncer", "/opt/homebrew/bin/pgbouncer", "/usr/bin/pgbouncer"]
                .first { FileManager.default.isExecutableFile(atPath: $0) }
        }

        init(_ program: String, to cluster: PostgresCluster, sessions: Int) throws {
            port = try FreePort.find()
            folder = "/tmp/rota-pooler-" + UUID().uuidString.prefix(8).lowercased()
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
            let settings = """
                [databases]
                * = host=\(cluster.folder) port=\(cluster.port) user=rota
                [pgbouncer]
                listen_addr = 127.0.0.1
                listen_port = \(port)
                unix_socket_dir =
                auth_type = any
                pool_mode = transaction
                default_pool_size = \(sessions)
                ignore_startup_parameters = extra_float_digits

                """
            try Data(settings.utf8).write(to: URL(filePath: "\(folder)/pgbouncer.ini"))
            try PostgresCluster.giveToServer(folder)
            let words = PostgresCluster.prefix(cluster.binaries) + [program, "\(folder)/pgbouncer.ini"]
            child = try ChildProcess(words[0], Array(words.dropFirst()))
        }

        deinit {
            child.kill()
            try? FileManager.default.removeItem(atPath: folder)
        }

        /// The connection string of a database.
        func string(_ database: String) -> String { "host=127.0.0.1 port=\(port) dbname=\(database) user=rota" }

        /// A connection, once the pooler listens.
        func connect(_ database: String, prepares: Bool) throws -> PostgresConnection {
            let configuration = try PostgresConfiguration(
                string(database), preparesStatements: prepares)
            let deadline = ContinuousClock.now.advanced(by: .seconds(20))
            while true {
                do { return try .open(configuration, deadline: deadline) } catch {
                    guard error.code == .cannotConnect, .now < deadline else { throw error }
                }
            }
        }
    }
#endif
