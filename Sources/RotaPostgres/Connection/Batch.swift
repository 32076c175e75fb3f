#if Postgres
    import CLibPQ
    import Foundation

    /// Statements on their way through a pipeline.
    struct Batch {
        /// A command that was sent, in the order in which results come.
        private enum Command {
            case preparation(of: Int, name: String)
            case statement(Int)
        }

        /// From this many bytes on, they are sent before what may commit is given to libpq.
        private static let largeSize = 1 << 15

        let statements: [EncodedStatement]
        /// The results of the statements that succeeded.
        private(set) var results: [PostgresResult] = []
        /// The statements that the session keeps prepared since.
        private(set) var prepared: [(name: String, statement: EncodedStatement)] = []
        /// Why the server refused a prepared statement, if that is why the batch failed.
        private(set) var staleness: StatementCache.Staleness?
        /// Whether the server refused a statement, without ending the session.
        private(set) var hasFailed = false
        /// Whether something that may commit was given to libpq, so that the server may have it.
        private(set) var maySendCommit = false

        private let track: TransactionTrack
        private let cache: StatementCache
        private var commands: [Command] = []
        private var next = 0
        private var isSynchronized = false
        private var failure: BatchFailure?
        /// Whether the current command has not ended yet.
        private var isCommandOpen = false

        init(_ statements: [EncodedStatement], _ track: TransactionTrack, cache: StatementCache) {
            self.statements = statements
            self.track = track
            self.cache = cache
        }

        /// The number of statements that succeeded.
        var answered: Int { results.count }

        /// Sends the statements and takes their results, until the server has answered all or the deadline has passed.
        ///
        /// - Returns: `nil` if all of them succeeded.
        mutating func run(on handle: OpaquePointer, until deadline: ContinuousClock.Instant) -> BatchFailure? {
            let split = track.commitPoints.first ?? statements.count
            var pending: [String: String] = [:]
            for index in 0..<min(split, statements.count) {
                guard enqueue(index, on: handle, &pending) else { return refused(handle) }
            }
            // If these bytes do not reach the server, the rest was never sent: the outcome is then known.
            if statements[..<min(split, statements.count)].reduce(0, { $0 + $1.size }) >= Self.largeSize {
                if let failure = exchange(handle, until: deadline, untilSynchronized: false) { return failure }
            }
            maySendCommit = true
            for index in min(split, statements.count)..<statements.count {
                guard enqueue(index, on: handle, &pending) else { return refused(handle) }
            }
            guard PQpipelineSync(handle) == 1 else { return refused(handle) }
            if let failure = exchange(handle, until: deadline, untilSynchronized: true) { return failure }
            return failure
        }

        private mutating func enqueue(
            _ index: Int, on handle: OpaquePointer, _ pending: inout [String: String]
        ) -> Bool {
            let statement = statements[index]
            let sql = statement.statement.sql
            guard statement.statement.isPrepared, cache.isPreparing else {
                commands.append(.statement(index))
                return statement.send(on: handle, as: nil)
            }
            var name = cache.name(of: sql, statement.types)
            if name == nil, let new = cache.newName(for: sql, statement.types, pending: pending.count) {
                if pending[new] == nil {
                    pending[new] = sql
                    commands.append(.preparation(of: index, name: new))
                    guard statement.prepare(on: handle, as: new) else { return false }
                }
                // Two texts with one hash: only the first one gets the name.
                if pending[new] == sql { name = new }
            }
            commands.append(.statement(index))
            return statement.send(on: handle, as: name)
        }

        /// Moves bytes in both directions until all are sent, and also all results have come if asked for.
        private mutating func exchange(
            _ handle: OpaquePointer, until deadline: ContinuousClock.Instant, untilSynchronized: Bool
        ) -> BatchFailure? {
            var unsent = PQflush(handle)
            while true {
                // Results that came before the connection broke still count.
                let isBroken = unsent < 0 || PQstatus(handle) != CONNECTION_OK
                take(handle)
                if let failure, failure.breaksConnection { return failure }
                if isSynchronized || (!untilSynchronized && unsent == 0) { return nil }
                if isBroken { return lost(handle) }
                if reads(handle) { continue }
                switch SocketWait.wait(PQsocket(handle), read: true, write: unsent > 0, until: deadline) {
                case .ready(let canRead, let canWrite):
                    if canRead, !consume(handle) {
                        take(handle)
                        if let failure, failure.breaksConnection { return failure }
                        return isSynchronized ? nil : lost(handle)
                    }
                    if canWrite || unsent > 0 { unsent = PQflush(handle) }
                case .failed(let errno):
                    return BatchFailure(
                        error: PostgresError(.connectionLost, "Waiting for PostgreSQL failed (errno \(errno))."),
                        breaksConnection: true)
                case .timedOut, .woken: return late()
                }
            }
        }

        /// Reads what the socket has.
        private func consume(_ handle: OpaquePointer) -> Bool { PQconsumeInput(handle) == 1 }

        /// Reads what the TLS library has, before the socket is waited for.
        ///
        /// It reads whole records of up to 16 KiB, of which libpq may take a part: then the socket is empty, and
        /// waiting for it would be waiting for bytes that are already here.
        ///
        /// - Returns: Whether there is something to take, or the connection broke.
        private func reads(_ handle: OpaquePointer) -> Bool {
            guard PQsslInUse(handle) == 1, PQisBusy(handle) == 1 else { return false }
            for _ in 0..<3 where PQisBusy(handle) == 1 {
                guard PQconsumeInput(handle) == 1 else { return PQstatus(handle) != CONNECTION_OK }
            }
            return PQisBusy(handle) == 0
        }

        /// Takes the results that are there.
        private mutating func take(_ handle: OpaquePointer) {
            while !isSynchronized, failure?.breaksConnection != true, PQisBusy(handle) == 0 {
                guard let result = PQgetResult(handle) else {
                    // The end of a command. Without another one nothing more arrives now.
                    guard isCommandOpen else { return }
                    isCommandOpen = false
                    continue
                }
                isCommandOpen = true
                take(result, handle)
            }
        }

        private mutating func take(_ result: OpaquePointer, _ handle: OpaquePointer) {
            let status = PQresultStatus(result)
            switch status {
            case PGRES_PIPELINE_SYNC:
                PQclear(result)
                isSynchronized = true
                // libpq leaves the pipeline's last state only when it is asked once more.
                if PQisBusy(handle) == 0, let more = PQgetResult(handle) { PQclear(more) }
            case PGRES_PIPELINE_ABORTED:
                PQclear(result)
                next += 1
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
                guard next < commands.count else {
                    PQclear(result)
                    return violate("a result for which there was no statement")
                }
                switch commands[next] {
                case .preparation(let index, let name):
                    PQclear(result)
                    prepared.append((name, statements[index]))
                case .statement: results.append(PostgresResult(owning: result))
                }
                next += 1
            case PGRES_FATAL_ERROR:
                defer { PQclear(result) }
                fail(result, handle)
                next += 1
            default:
                PQclear(result)
                violate("an answer of the kind \(status.rawValue); COPY is not supported")
            }
        }

        private mutating func fail(_ result: OpaquePointer, _ handle: OpaquePointer) {
            // Without a code the error is libpq's own: the connection broke.
            guard let message = ServerMessage(result) else { return failure = lost(handle) }
            guard failure == nil else { return }
            let command = next < commands.count ? commands[next] : nil
            let index: Int? =
                switch command {
                case .preparation(let index, _), .statement(let index): index
                case nil: nil
                }
            let error = message.error(in: index.map { statements[$0].statement.sql })
            failure = BatchFailure(error: error, breaksConnection: message.isFatal)
            guard !message.isFatal else { return hasFailed = !reachedCommit(index) }
            hasFailed = true
            guard let index, statements[index].statement.isPrepared, cache.isPreparing else { return }
            let isOld = cache.name(of: statements[index].statement.sql, statements[index].types) != nil
            staleness = StatementCache.Staleness(message, wasPreparedBefore: isOld)
            if staleness != nil { failure = BatchFailure(error: error.stale(), breaksConnection: false) }
        }

        /// Whether the server may have begun something that commits when it ended the session at a statement.
        private func reachedCommit(_ index: Int?) -> Bool {
            guard let index else { return true }
            return track.commitPoints.contains { $0 <= index && $0 >= answered }
        }

        private mutating func violate(_ what: String) {
            failure = BatchFailure(
                error: PostgresError(.protocolViolation, "PostgreSQL sent \(what). The connection is closed."),
                breaksConnection: true)
        }

        private func lost(_ handle: OpaquePointer) -> BatchFailure {
            if let failure { return BatchFailure(error: failure.error, breaksConnection: true) }
            let text = PQerrorMessage(handle).map { String(cString: $0) } ?? ""
            let reason = text.split(separator: "\n").first.map(String.init) ?? "no reason is known"
            return BatchFailure(
                error: PostgresError(
                    .connectionLost,
                    "The connection to PostgreSQL broke: \(reason). Connect again, and check the server's log."),
                breaksConnection: true)
        }

        private func late() -> BatchFailure {
            if let failure { return BatchFailure(error: failure.error, breaksConnection: true) }
            return BatchFailure(
                error: PostgresError(
                    .timedOut,
                    "PostgreSQL did not answer in time, so the connection was closed. Check the network, what holds "
                        + "locks (pg_locks), and statementTimeout."),
                breaksConnection: true)
        }

        /// libpq did not take a statement.
        private func refused(_ handle: OpaquePointer) -> BatchFailure {
            lost(handle)
        }
    }
#endif
