#if Postgres
    import Foundation
    import Rota
    import RotaCore
    import RotaStore
    import RotaTesting
    import Testing

    @testable import RotaPostgres

    /// What one machine, one row or one clock must not do to the others.
    @Suite("Store in PostgreSQL: defences", .serialized)
    struct PostgresDefenceTests {
        private func execution(_ job: Job, at date: Date = .now, payload: Int = 0) throws -> Execution {
            job.execution(
                id: ExecutionID(bits: .random(in: 1 ... .max)), source: .manual, scheduledFor: date, createdAt: date,
                payload: payload == 0 ? nil : try JSONPayload(String(repeating: "x", count: payload)))
        }

        private var soon: ContinuousClock.Instant { .now.advanced(by: .seconds(30)) }

        private func log(timeout: Duration = .seconds(8)) throws -> CommitLog {
            CommitLog(schema: try PostgresSchema("rota"), timeout: timeout)
        }

        // MARK: Machines that freeze or lag

        @Test("A machine that freezes while it holds the lock loses it")
        func frozen() async throws {
            let schema = try await StoreSchema()
            let store = try await schema.open()
            let job = Job.queue()
            _ = try await store.insert([JobInsertion(job)])
            let frozen = try PostgresConnection.open(schema.configuration)
            let log = try log(timeout: .milliseconds(300))
            try frozen.perform(log.begin() + [log.lock], deadline: soon)
            // It waits for the lock, and nothing else frees it.
            _ = try await store.enqueue([try execution(job)])
            #expect(throws: PostgresError.self) { try frozen.perform(["COMMIT"], deadline: soon) }
        }

        @Test("A machine that is many commits behind reads them before it takes the lock")
        func behind() async throws {
            let schema = try await StoreSchema()
            let store = try await schema.open(polling: .seconds(3600))
            let job = Job.queue()
            _ = try await store.insert([JobInsertion(job)])
            _ = try? schema.value(
                """
                INSERT INTO rota.commits (sequence, id, writer, changes)
                SELECT n + (SELECT max(sequence) FROM rota.commits), gen_random_uuid(), 'other', ''
                FROM generate_series(1, 1200) AS n
                """, as: Int64.self)
            await #expect(throws: RoundError.self) { try await store.readUnderLock() }
            _ = try await store.enqueue([try execution(job)])
            #expect(try schema.value("SELECT max(sequence) FROM rota.commits", as: Int64.self) == 1202)
        }

        @Test("Pages of the log are bounded by their bytes, and nothing of it is left out")
        func pages() async throws {
            let schema = try await StoreSchema()
            let (writer, reader) = (try await schema.open(), try await schema.open(polling: .seconds(3600)))
            let job = Job.queue()
            _ = try await writer.insert([JobInsertion(job)])
            for _ in 0..<5 { _ = try await writer.enqueue([try execution(job, payload: 5_000_000)]) }
            let connection = try PostgresConnection.open(schema.configuration)
            let log = try log()
            let first = try CommitRow(
                #require(
                    try connection.perform([log.commits(after: LogPosition(sequence: 0, id: 0))], deadline: soon)[0]
                        .first)
            )
            var lengths: [Int] = []
            var cuts: [Bool] = []
            for row in try connection.perform([log.commits(after: first.position)], deadline: soon)[0] {
                let commit = try CommitRow(row)
                lengths.append(commit.changes.count)
                cuts.append(commit.isCut)
            }
            #expect(lengths.count == 5 && lengths.reduce(0, +) < CommitLog.pageBytes)
            #expect(cuts.allSatisfy { $0 })
            #expect(try await reader.counts().executions == [.queued: 5])
            #expect(try await StoreContents(reader).difference(from: StoreContents(writer)) == nil)
        }

        @Test("Large operations that arrive together are committed one after another, without a new copy")
        func largeOperations() async throws {
            let schema = try await StoreSchema()
            let store = try await schema.open(polling: .seconds(3600))
            let job = Job.queue()
            _ = try await store.insert([JobInsertion(job)])
            let epoch = await store.epoch
            let large = try (0..<20).map { _ in try execution(job, payload: 4 << 20) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for work in large { group.addTask { _ = try await store.enqueue([work]) } }
                try await group.waitForAll()
            }
            #expect(try await store.counts().executions == [.queued: 20])
            #expect(await store.epoch == epoch)
        }

        // MARK: Snapshots

        @Test("Parts of snapshots are read, and what is replaced is removed, in pages bounded by their bytes")
        func largeRows() async throws {
            let schema = try await StoreSchema()
            try schema.execute(
                """
                INSERT INTO rota.snapshot_parts (sequence, part, records)
                SELECT 7, n, convert_to(repeat('x', 6000000), 'UTF8') FROM generate_series(0, 4) AS n
                """)
            try schema.execute(
                """
                INSERT INTO rota.commits (sequence, id, writer, changes)
                SELECT n, gen_random_uuid(), '', convert_to(repeat('x', 20000000), 'UTF8') FROM generate_series(1, 3) AS n
                """)
            let connection = try PostgresConnection.open(schema.configuration)
            defer { connection.close() }
            let log = try log()
            var parts: [Int] = []
            while true {
                let page = try connection.perform(
                    [log.parts(of: 7, from: Int32(parts.count), limit: 8)], deadline: soon)[0]
                if page.isEmpty { break }
                #expect(page.count <= 2)
                for row in page { parts.append(try row.read(0)) }
            }
            #expect(parts == [0, 1, 2, 3, 4])
            let sizes = try connection.perform([log.bytes(after: 0, limit: 2)], deadline: soon)[0]
            let row = try #require(sizes.first)
            #expect(try row.read(0, as: Int64.self) == 40_000_000)
            #expect(try row.read(1, as: Int64.self) == 2)
            #expect(try row.read(2, as: Int64.self) == 2)
            // The first commit is empty.
            for (table, removed) in zip(CommitLog.Removal.all, [[2, 2, 1, 0], [0], [1, 1, 1, 1, 0]]) {
                for count in removed {
                    let result = try connection.perform([log.remove(table, before: 100)], deadline: soon)
                    #expect(result[0].affectedRows == count, "\(table.table)")
                }
            }
        }

        @Test("A snapshot that lacks a part is never read as a whole one")
        func missingPart() async throws {
            let schema = try await StoreSchema()
            let store = try await schema.open(snapshotMinimum: 10_000)
            let job = Job.queue()
            _ = try await store.insert([JobInsertion(job)])
            for _ in 0..<3 {
                _ = try await store.enqueue(try (0..<1500).map { _ in try execution(job) })
                await store.snapshotEnded()
            }
            await store.close()
            let parts: Int64 = try #require(try schema.value("SELECT count(*) FROM rota.snapshot_parts"))
            #expect(parts > 1)
            _ = try? schema.value("DELETE FROM rota.snapshot_parts WHERE part = 0", as: Int64.self)
            let error = await #expect(throws: StoreError.self) { try await schema.open() }
            #expect(error?.code == .unavailable)
        }

        @Test("Instances that cross the threshold together write one snapshot")
        func oneSnapshot() async throws {
            let schema = try await StoreSchema()
            let job = Job.queue()
            var stores: [PostgresJobStore] = []
            for _ in 0..<3 { stores.append(try await schema.open(snapshotMinimum: 10_000, polling: .seconds(3600))) }
            _ = try await stores[0].insert([JobInsertion(job)])
            _ = try await stores[0].enqueue(try (0..<300).map { _ in try execution(job) })
            await stores[0].snapshotEnded()
            _ = try await stores[0].enqueue([try execution(job)])
            for store in stores {
                _ = try await store.counts()
                await store.snapshotEnded()
            }
            let snapshots: Int64 = try #require(try schema.value("SELECT count(*) FROM rota.snapshots"))
            #expect(snapshots == 1)
        }

        @Test("A lost answer whose commit the log no longer shows is told as unknown")
        func trimmed() async throws {
            let schema = try await StoreSchema()
            let store = try await schema.open(polling: .seconds(3600))
            let job = Job.queue()
            _ = try await store.insert([JobInsertion(job)])
            await store.leaveUncertain()
            // Two snapshots have replaced everything up to that commit.
            _ = try? schema.value(
                """
                WITH gone AS (DELETE FROM rota.commits RETURNING sequence)
                INSERT INTO rota.commits (sequence, id, writer, changes)
                SELECT max(sequence) + 5, gen_random_uuid(), 'other', '' FROM gone
                """, as: Int64.self)
            await #expect { try await store.settleNow() } throws: { error in
                if case RoundError.outcomeUnknown = error { true } else { false }
            }
        }

        @Test("Operations that were not sent are not told that they may have happened")
        func unsent() throws {
            let lost = PostgresError(.connectionLost, "It was lost.", sqlState: nil, isOutcomeUnknown: true)
            let errors: [any Error] = [RoundError.outcomeUnknown, lost]
            for error in errors {
                #expect((RoundError.forCaller(error) as? StoreError)?.code == .outcomeUnknown)
                #expect((RoundError.forCaller(RoundError.unsent(error)) as? StoreError)?.code == .unavailable)
            }
        }

        // MARK: Clocks

        @Test("A lease that is renewed by a wrong clock lasts as long as by a right one", arguments: [-3600.0, 3600])
        func renewal(offset: Double) async throws {
            let schema = try await StoreSchema()
            let store = try await PostgresJobStore(schema.configuration)
            let job = Job.queue()
            _ = try await store.insert([JobInsertion(job)])
            _ = try await store.enqueue([try execution(job)])
            let claim = try #require(
                try await store.claim(
                    ClaimRequest(owner: "a", limit: 1, now: .now, leaseExpiresAt: Date(timeIntervalSinceNow: 30))
                ).first)
            let wrong = Date(timeIntervalSinceNow: offset)
            let renewal = LeaseRenewal(
                executionID: claim.execution.id, token: claim.lease.token, expiresAt: wrong.addingTimeInterval(30),
                requestedAt: wrong)
            #expect(try await store.renew([renewal]) == [.renewed])
            var turn = StoreTurn()
            turn.renewals = [renewal]
            #expect(try await store.turn(turn).renewals == [.renewed])
            let lease = try #require(try await store.execution(claim.execution.id)?.progress.lease)
            let rest = lease.expiresAt.timeIntervalSinceNow
            #expect(rest > 0 && rest <= 31)
        }

        @Test("Nothing is recorded with a date that is still to come")
        func future() async throws {
            let schema = try await StoreSchema()
            let store = try await PostgresJobStore(schema.configuration)
            let (job, tomorrow) = (Job.queue(), Date(timeIntervalSinceNow: 86_400))
            _ = try await store.insert([JobInsertion(job)])
            let early = Job(
                id: JobID(bits: 7), definition: job.definition, createdAt: tomorrow, scheduleState: job.scheduleState)
            let work = try execution(job, at: tomorrow)
            let operations: [(String, () async throws -> Void)] = [
                ("insert", { _ = try await store.insert([JobInsertion(early)]) }),
                ("enqueue", { _ = try await store.enqueue([work]) }),
                ("cancel", { _ = try await store.cancel([Cancellation(work.id, date: tomorrow)]) }),
                ("prune", { _ = try await store.prune(at: tomorrow, limit: 1) }),
                ("discard", { _ = try await store.discard([work.id], at: tomorrow) }),
                (
                    "transaction",
                    {
                        try await store.withTransaction { transaction in
                            try await transaction.add(by: tomorrow) { state, log in
                                _ = try state.enqueue([work], log: &log)
                            }
                        }
                    }
                ),
            ]
            for (name, operation) in operations {
                let error = await #expect(throws: StoreError.self, "\(name)") { try await operation() }
                #expect(error?.code == .skewedClock && error?.message.contains("ahead") == true, "\(name)")
            }
            #expect(try await store.counts().executions.isEmpty)
            // Work that was requested earlier is taken.
            _ = try await store.enqueue([try execution(job, at: Date(timeIntervalSinceNow: -86_400))])
        }

        // MARK: Requests

        @Test("A request that is too large neither enters the inbox nor stops the commits")
        func largeRequest() async throws {
            let schema = try await StoreSchema()
            let store = try await schema.open(polling: .seconds(3600))
            let insertion = """
                INSERT INTO rota.inbox (id, record) VALUES ('00000000-0000-0000-0000-000000000009',
                  convert_to(repeat('x', 17000000), 'UTF8'))
                """
            let error = #expect(throws: PostgresError.self) { try schema.value(insertion, as: Int64.self) }
            #expect(error?.sqlState == "23514")
            _ = try? schema.value("ALTER TABLE rota.inbox DROP CONSTRAINT inbox_record_check", as: Int64.self)
            _ = try schema.value(insertion, as: Int64.self)
            _ = try await store.insert([JobInsertion(Job.queue())])
            #expect(try schema.value("SELECT count(*) FROM rota.inbox", as: Int64.self) == 0)
            #expect(
                try schema.value("SELECT reason FROM rota.refused WHERE length(record) = 17000000", as: String.self)
                    == EnqueueRecord.sizeReason)
        }

        @Test("Requests that only a later version can do stay, and keep no younger ones back")
        func laterRequests() async throws {
            let schema = try await StoreSchema()
            let store = try await schema.open(polling: .seconds(3600))
            let job = Job.queue()
            _ = try await store.insert([JobInsertion(job)])
            let connection = try PostgresConnection.open(schema.configuration)
            try connection.perform(
                [
                    PostgresStatement(
                        """
                        INSERT INTO rota.inbox (id, record)
                        SELECT ('00000000-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid, $1
                        FROM generate_series(1, 600) AS n
                        """, [.bytea(laterRecord)])
                ], deadline: soon)
            let work = try execution(job)
            let statement = try store.statement(for: work)
            try connection.perform(
                [PostgresStatement(statement.sql, statement.parameters.map { .text($0) })], deadline: soon)
            for _ in 0..<3 { _ = try await store.enqueue([try execution(job)]) }
            #expect(try await store.execution(work.id)?.status == .queued)
            #expect(try schema.value("SELECT count(*) FROM rota.inbox", as: Int64.self) == 600)
            #expect(await store.laterRequests.count == 600)
        }

        /// A change of the kind 120, which does not exist yet: its key and a number.
        private let laterRecord: [UInt8] = [0xE0, 0x03, 0]

        // MARK: Transactions of an app

        @Test("A transaction that its body has ended is not committed with the work")
        func endedTransaction() async throws {
            let schema = try await StoreSchema()
            let store = try await schema.open()
            let job = Job.queue()
            _ = try await store.insert([JobInsertion(job)])
            let work = try execution(job)
            for statement in ["ROLLBACK", "COMMIT"] {
                let error = await #expect(throws: PostgresError.self) {
                    try await store.withTransaction { transaction in
                        try await transaction.execute(statement)
                        try await transaction.add { state, log in _ = try state.enqueue([work], log: &log) }
                    }
                }
                #expect(error?.code == .invalidValue)
            }
            #expect(try await store.execution(work.id) == nil)
        }

        @Test("A constraint that is broken at the end is told as it is, and nothing is committed")
        func violation() async throws {
            let schema = try await StoreSchema()
            let store = try await schema.open()
            let job = Job.queue()
            _ = try await store.insert([JobInsertion(job)])
            _ = try? schema.value("CREATE TABLE parents (id int8 PRIMARY KEY)", as: Int64.self)
            _ = try? schema.value(
                "CREATE TABLE children (id int8 REFERENCES parents DEFERRABLE INITIALLY DEFERRED)", as: Int64.self)
            let work = try execution(job)
            let error = await #expect(throws: PostgresError.self) {
                try await store.withTransaction { transaction in
                    try await transaction.execute("INSERT INTO children VALUES (7)")
                    try await transaction.add { state, log in _ = try state.enqueue([work], log: &log) }
                }
            }
            #expect(error?.sqlState == "23503")
            #expect(try await store.execution(work.id) == nil)
        }

        @Test("An error that a deferred trigger raises is told as it is")
        func raised() async throws {
            let schema = try await StoreSchema()
            let store = try await schema.open()
            let job = Job.queue()
            _ = try await store.insert([JobInsertion(job)])
            try schema.execute("CREATE TABLE orders (id int8)")
            try schema.execute(
                """
                CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
                'BEGIN RAISE EXCEPTION ''no such customer''; END'
                """)
            try schema.execute(
                """
                CREATE CONSTRAINT TRIGGER refusal AFTER INSERT ON orders DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION refuse()
                """)
            let work = try execution(job)
            let error = await #expect(throws: PostgresError.self) {
                try await store.withTransaction { transaction in
                    try await transaction.execute("INSERT INTO orders VALUES (7)")
                    try await transaction.add { state, log in _ = try state.enqueue([work], log: &log) }
                }
            }
            #expect(error?.sqlState == "P0001" && error?.message.contains("no such customer") == true)
            #expect(try await store.execution(work.id) == nil)
        }

        @Test("A change that is refused in a transaction costs no new copy of the records")
        func refusedChange() async throws {
            let schema = try await StoreSchema()
            let store = try await schema.open()
            _ = try await store.counts()
            let epoch = await store.epoch
            let work = try execution(Job.queue())
            await #expect(throws: StoreError.self) {
                try await store.withTransaction { transaction in
                    try await transaction.add { state, log in _ = try state.enqueue([work], log: &log) }
                }
            }
            #expect(await store.epoch == epoch)
        }
    }

    extension PostgresJobStore {
        /// Reads new commits under the lock, impatiently.
        fileprivate func readUnderLock() throws {
            let connection = try connected()
            defer { drop() }
            _ = try readCommits(connection, locking: log.begin() + [log.lock], isPatient: false)
        }

        /// Leaves a commit of which it is not known whether it was made.
        fileprivate func leaveUncertain() {
            guard let position = replica.position else { return }
            uncertain = UncertainCommit(
                position: LogPosition(sequence: position.sequence + 1, id: 42), changes: [], others: [], isWhole: true)
        }

        fileprivate func settleNow() throws {
            try settle(try connected())
        }
    }
#endif
