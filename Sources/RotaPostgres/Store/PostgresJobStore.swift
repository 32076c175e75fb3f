#if Postgres
    import Foundation
    import RotaCore
    import RotaStore

    /// A store in a PostgreSQL database, which the schedulers of many machines share.
    ///
    /// Every instance keeps a copy of all records in memory. An operation takes a lock in the database, brings the copy
    /// up to date, decides, and appends its changes to a table of commits, all in one transaction of two round trips.
    /// So all instances see the same order of operations, no limit on concurrency is ever exceeded, and no scheduler
    /// leads. Operations that arrive together share one commit. Queries bring the copy up to date without the lock.
    ///
    /// Create the tables once with ``migrate(_:schema:)``, or with the statements of ``migrationSQL(schema:from:)``:
    ///
    /// ```swift
    /// let database = try PostgresConfiguration("postgres://app@db.example.com/app")
    /// try await PostgresJobStore.migrate(database)
    /// let store = try await PostgresJobStore(database)
    /// let scheduler = Scheduler(store: store, transport: .automatic)
    /// try await scheduler.run()
    /// ```
    ///
    /// The clocks of the machines must agree. An operation is refused with the code `skewedClock` if its date is in
    /// the future by the server's clock, or, when it claims, fires or removes records, differs from it in either
    /// direction, by more than the ``ClockCheck`` allows. Leases last from the server's date on, and results of
    /// attempts are always taken: one dated in the future is recorded with the server's, and its retry with the
    /// same delay.
    public actor PostgresJobStore {
        // An operation:
        //
        //     caller's task               the store's thread                     the server
        //
        //     commit ─── submit ───────▶  append to `pending`
        //        ┆                        perform             once, at the end of the round
        //        ┆                          ├ readCommits ──────────────────────▶ BEGIN, lock, clock, new commits
        //        ┆                          │ replica.apply   what others did  ◀──
        //        ┆                          ├ operation.run   on the state
        //        ┆                          └ append ───────────────────────────▶ INSERT, COMMIT
        //     result ◀── resume ────────

        /// How far the clock of this machine may differ from the server's.
        public enum ClockCheck: Sendable, Hashable {
            /// Up to a duration in either direction.
            case within(Duration)
            /// By any amount, for tests in virtual time.
            case off
        }

        private let executor = SerialQueueExecutor(label: "rota.postgres")
        let housekeeping = SerialQueueExecutor(label: "rota.postgres.housekeeping")
        let configuration: PostgresConfiguration
        let log: CommitLog
        nonisolated let clockCheck: ClockCheck
        nonisolated let environment: PostgresStoreEnvironment
        /// The reasons why this instance could work better.
        nonisolated let advisories = AdviceBoard()
        private(set) var connection: PostgresConnection?
        /// Whether a pooler was found that shares sessions and does not know prepared statements.
        private var sharesSessions = false
        var replica = Replica()
        /// Counts how often the copy was thrown away.
        var epoch = 0
        private var pending: [PendingOperation] = []
        var uncertain: UncertainCommit?
        /// Requests of other programs that only a later version of this library can do.
        var laterRequests: [UInt128] = []
        /// Where to look for requests.
        var inbox = InboxWatch()
        var isOpen = true
        var newsDesk = NewsDesk()
        /// How the server's clock differs from this machine's, once it was measured.
        var clock: ClockEstimate?
        private var poller: Task<Void, Never>?
        var snapshotting: Task<Void, Never>?
        /// When the next snapshot may be begun, and how those before it ended.
        var housekeepingRecord = HousekeepingRecord()
        /// How many rounds in a row could not bring the copy up to date, and why not.
        var catchUps = FailureRun()

        /// A commit of which it is unknown whether the server has made it.
        struct UncertainCommit {
            var position: LogPosition
            var changes: [UInt8]
            /// The other statements of its transaction.
            var others: [PostgresStatement]
            /// Whether these are all statements of its transaction, so that it can be made again.
            var isWhole: Bool
        }

        /// The store's own serial queue, which may block on the network.
        public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

        // MARK: Opening and closing

        /// Connects to the database, and reads all records.
        ///
        /// - Parameters:
        ///   - configuration: How to reach the server.
        ///   - schema: The schema with the store's tables.
        ///   - clockCheck: How far the clock of this machine may differ from the server's.
        /// - Throws: ``PostgresError`` if the server cannot be reached or used, and `StoreError` with the code
        ///   `incompatibleSchema` if the tables are missing or of another version.
        /// - Complexity: O(n) in the number of records.
        public init(
            _ configuration: PostgresConfiguration, schema: String = "rota",
            clockCheck: ClockCheck = .within(.seconds(2))
        ) async throws {
            try await self.init(
                configuration, schema: schema, clockCheck: clockCheck, environment: PostgresStoreEnvironment())
        }

        package init(
            _ configuration: PostgresConfiguration, schema: String, clockCheck: ClockCheck,
            environment: PostgresStoreEnvironment
        ) async throws {
            self.configuration = configuration
            self.clockCheck = clockCheck
            self.environment = environment
            // A little less than the client waits, so that the server's answer says what took so long.
            log = CommitLog(schema: try PostgresSchema(schema), timeout: configuration.statementTimeout * 4 / 5)
            do {
                try open()
            } catch let error as PostgresError where error.code == .missingRelation {
                throw StoreError(
                    .incompatibleSchema,
                    "The schema \"\(schema)\" has no tables of a store. Create them with "
                        + "`PostgresJobStore.migrate(_:schema:)`.")
            } catch let error as PostgresError where error.code == .permissionDenied {
                throw PostgresError(
                    .permissionDenied,
                    "\(error.message) A store needs USAGE on the schema \"\(schema)\", SELECT, INSERT and DELETE on its tables, "
                        + "and UPDATE on `inbox`.", sqlState: error.sqlState)
            }
            poller = Task { [weak self] in
                while (try? await environment.sleep(environment.pollingInterval)) != nil {
                    guard let self else { return }
                    // An error says that the server is away, and the scheduler finds that out by itself.
                    try? await self.query { _ in }
                }
            }
        }

        private func open() throws {
            let connection = try connected()
            _ = try readCommits(connection)
        }

        deinit {
            poller?.cancel()
            snapshotting?.cancel()
            newsDesk.end()
            advisories.close()
        }

        /// Ends the connection and background work.
        ///
        /// Later operations throw. Nothing is lost by not closing a store.
        public func close() async {
            guard isOpen else { return }
            isOpen = false
            poller?.cancel()
            snapshotting?.cancel()
            payLastHint()
            await snapshotting?.value
            newsDesk.end()
            newsDesk.readers = [:]
            advisories.close()
            drop()
        }

        func drop() {
            if let connection, !connection.preparesStatements { sharesSessions = true }
            connection?.close()
            connection = nil
        }

        /// The connection, opened again if it was lost.
        func connected() throws(PostgresError) -> PostgresConnection {
            if let connection, !connection.isBroken { return connection }
            drop()
            var configuration = configuration
            if sharesSessions { configuration.preparesStatements = false }
            let made = try PostgresConnection.open(configuration)
            connection = made
            return made
        }

        var deadline: ContinuousClock.Instant { .now.advanced(by: configuration.statementTimeout) }

        // MARK: Rounds

        nonisolated func submit(_ operation: PendingOperation) {
            executor.submit { self.assumeIsolated { $0.add(operation) } }
        }

        private func add(_ operation: PendingOperation) {
            if pending.isEmpty { executor.atEndOfRound { self.assumeIsolated { $0.performRound() } } }
            pending.append(operation)
        }

        /// Performs all operations that wait, in one transaction, or a few if they change much.
        private func performRound() {
            var rest = pending[...]
            pending = []
            while !rest.isEmpty {
                var begun = 0
                do {
                    guard isOpen else { throw StoreError(.closed, "The store is closed; open another one.") }
                    let resumes = try perform(rest, begun: &begun)
                    for resume in resumes { resume() }
                    rest = rest.dropFirst(max(1, begun))
                } catch let error as RoundError where error.concernsOne && begun > 1 {
                    // Find the operation that no commit takes: all others succeed.
                    for operation in rest.prefix(begun) {
                        var one = 0
                        do {
                            for resume in try perform([operation], begun: &one) { resume() }
                        } catch {
                            operation.fail(RoundError.forCaller(one == 0 ? RoundError.unsent(error) : error))
                        }
                    }
                    rest = rest.dropFirst(begun)
                } catch let error as RoundError where error.concernsOne {
                    rest.first?.fail(RoundError.forCaller(error))
                    rest = rest.dropFirst()
                } catch {
                    for operation in rest.prefix(begun) { operation.fail(RoundError.forCaller(error)) }
                    // Nothing of the others was sent. They would meet the same error.
                    let known = RoundError.forCaller(RoundError.unsent(error))
                    for operation in rest.dropFirst(begun) { operation.fail(known) }
                    rest = []
                }
            }
            startSnapshotIfDue()
        }

        /// Performs operations, those first in the queue, until their changes fill a commit.
        ///
        /// - Parameter begun: How many of them it has come to.
        /// - Returns: Calls that resume the callers.
        private func perform(
            _ operations: ArraySlice<PendingOperation>, begun: inout Int
        ) throws -> [@Sendable () -> Void] {
            let isReading = operations.allSatisfy(\.isQuery)
            let (connection, facts) = try noted { try prepared(isReading: isReading) }
            do {
                var (changes, resumes): ([UInt8], [@Sendable () -> Void]) = ([], [])
                let others = isReading ? [] : try takeRequests(facts, connection, &changes)
                if !others.isEmpty || facts.firstRequest != nil && isReading { newsDesk.hasNews = true }
                for operation in operations {
                    // The rest goes into another commit: all instances wait while a large one is made and read.
                    if begun > 0, changes.count >= StoreState.largeCommit { break }
                    begun += 1
                    if let error = clockCheck.error(for: operation.skew(facts)) {
                        resumes.append { operation.fail(error) }
                    } else {
                        let before = changes.count
                        resumes.append(try operation.run(&replica.state, &changes, facts))
                        guard changes.count - before <= PendingOperation.sizeLimit else { throw RoundError.tooLarge }
                        // Its scheduler sees the news itself. Others on this store may not.
                        if operation.seesNews, newsDesk.readers.count <= 1 { newsDesk.hasNews = false }
                    }
                }
                if !changes.isEmpty || !others.isEmpty {
                    try append(changes, others, connection)
                } else if !isReading, (try? connection.perform(["ROLLBACK"], deadline: deadline)) == nil {
                    drop()
                }
                if newsDesk.hasNews { announce() }
                return resumes
            } catch {
                // The copy may have changes that are not committed.
                if uncertain == nil, !isReading { invalidate() }
                drop()
                throw error
            }
        }

        /// Connects, settles an uncertain commit, reads what is new, and takes the lock unless only queries wait.
        ///
        /// Nothing has happened yet, so a connection that turns out to be dead is replaced once.
        private func prepared(isReading: Bool) throws -> (PostgresConnection, Facts) {
            var (tries, lags) = (0, 0)
            while true {
                do {
                    let connection = try connected()
                    try settle(connection)
                    // Reading much takes long, so not under the lock, unless commits come faster than they can be read.
                    if isReading || replica.position == nil || lags > 0 {
                        let facts = try readCommits(connection)
                        if isReading { return (connection, facts) }
                    }
                    return (
                        connection, try readCommits(connection, locking: log.begin() + [log.lock], isPatient: lags > 2)
                    )
                } catch RoundError.isBehind {
                    drop()
                    lags += 1
                } catch RoundError.notCommitted where tries < 3 {
                    // The caller of that commit has got its error. These operations begin with a new copy.
                    tries += 1
                } catch RoundError.outcomeUnknown where tries < 3 {
                    tries += 1
                } catch RoundError.needsReload where tries < 3 {
                    drop()
                    tries += 1
                } catch let error as PostgresError where tries == 0 && error.isWorthRepeating {
                    drop()
                    tries += 1
                } catch let error as PostgresError {
                    drop()
                    throw error.withOutcome(unknown: false)
                } catch {
                    drop()
                    throw error
                }
            }
        }

        func invalidate() {
            replica.invalidate()
            epoch += 1
        }

        // MARK: Snapshots

        private func startSnapshotIfDue() {
            guard isOpen, snapshotting == nil, uncertain == nil, let position = replica.position,
                replica.bytesSinceSnapshot > max(environment.snapshotMinimum, replica.snapshot?.bytes ?? 0),
                environment.elapsed() >= housekeepingRecord.nextSnapshot
            else { return }
            let epoch = epoch
            snapshotting = Task { [weak self] in
                await self?.writeSnapshot(at: position, epoch: epoch)
            }
        }

        /// The next records of a snapshot, or `nil` at its end.
        ///
        /// - Throws: `CancellationError` if the copy was thrown away, or has changes that may not be committed.
        func chunk(from place: inout StoreState.SnapshotPosition?, epoch: Int) throws -> SnapshotChunk? {
            guard isOpen, epoch == self.epoch, uncertain == nil else { throw CancellationError() }
            return replica.state.chunk(from: &place, limit: 1000)
        }
    }
#endif
