#if Postgres
    import Foundation
    import Rota
    import RotaCore
    import RotaJSONSchema
    import RotaRetry
    import RotaStore
    import RotaTesting
    import Testing

    @testable import RotaPostgres

    /// Rows of the inbox that no request has made.
    @Suite("Store in PostgreSQL: forged requests", .serialized)
    struct PostgresRequestTests {
        /// Leaves a record in the inbox.
        private func leave(_ record: [UInt8], id: UInt128, in schema: StoreSchema) throws {
            let connection = try PostgresConnection.open(schema.configuration)
            defer { connection.close() }
            try connection.perform([
                PostgresStatement("INSERT INTO rota.inbox (id, record) VALUES ($1, $2)", [.uuid(id), .bytea(record)])
            ])
        }

        private func counts(_ schema: StoreSchema) throws -> (left: Int64?, refused: Int64?) {
            (
                try schema.value("SELECT count(*) FROM rota.inbox", as: Int64.self),
                try schema.value("SELECT count(*) FROM rota.refused", as: Int64.self)
            )
        }

        @Test(
            "Numbers that no duration and no date can hold are refused, and the store continues",
            arguments: [
                #""timeToLive": 1e21, "requestedAt": 1700000000"#, #""timeToLive": -1e21, "requestedAt": 1700000000"#,
                #""requestedAt": 1e300"#, #""requestedAt": -1e300"#, #""dueAt": 1e300, "requestedAt": 1700000000"#,
            ])
        func numbers(_ members: String) async throws {
            let schema = try await StoreSchema()
            let store = try await schema.open(polling: .seconds(3600))
            let scheduler = Scheduler(store: store, transport: ScriptedTransport(.status(200)))
            _ = try await scheduler.declare([JobDraft(queue: "work")], owner: "app")
            try leave(
                PostgresSchema.requestMark + Array("{\"queue\": \"work\", \(members)}".utf8), id: 9, in: schema)
            _ = try await scheduler.enqueue("work")
            let counts = try counts(schema)
            #expect(counts.left == 0 && counts.refused == 1)
            #expect(try await store.counts().executions == [.queued: 1])
        }

        /// A change that makes an execution one that no request makes.
        struct Forgery: Sendable, CustomTestStringConvertible {
            let testDescription: String
            let forge: @Sendable (Execution) throws -> Execution
        }

        private static func details(
            _ name: String, _ change: @escaping @Sendable (inout ExecutionDetails) throws -> Void
        ) -> Forgery {
            Forgery(testDescription: name) { execution in
                var details = execution.details
                try change(&details)
                return execution.with(details: details)
            }
        }

        private static func progress(
            _ name: String, _ change: @escaping @Sendable (inout ExecutionProgress) throws -> Void
        ) -> Forgery {
            Forgery(testDescription: name) { execution in
                var execution = execution
                try change(&execution.progress)
                return execution
            }
        }

        private static func copy(
            _ name: String, version: Int? = nil, source: ExecutionSource? = nil, createdAt: Date? = nil,
            payload: JSONPayload? = nil, pinned: JobDefinition? = nil
        ) -> Forgery {
            Forgery(testDescription: name) { execution in
                Execution(
                    id: execution.id, jobID: execution.jobID, jobName: execution.jobName,
                    jobVersion: version ?? execution.jobVersion, source: source ?? execution.source,
                    scheduledFor: execution.scheduledFor, createdAt: createdAt ?? execution.createdAt, payload: payload,
                    metadata: [:], details: execution.details, pinned: pinned, progress: execution.progress,
                    attempts: [])
            }
        }

        static let forgeries: [Forgery] = [
            details("a probe's permit") {
                $0.circuitPermit = try JSONDecoder().decode(
                    CircuitPermit.self, from: Data(#"{"generation": 1, "number": 1}"#.utf8))
            },
            details("a batch") { $0.batchID = BatchID(bits: 5) },
            details("an awaited batch") { $0.awaitedBatch = BatchID(bits: 5) },
            details("a replay") { $0.replayOf = ExecutionID(bits: 5) },
            details("a priority") { $0.priority = .max },
            details("a negative depth") { $0.lineageDepth = -1 },
            details("a chain") { $0.lineageDepth = .max },
            details("a long key") { $0.concurrencyKey = String(repeating: "k", count: 300) },
            details("an empty key") { $0.idempotencyKey = "" },
            details("many tags") { details in
                details.tags = Dictionary(uniqueKeysWithValues: (0..<30).map { ("\($0)", "x") })
            },
            details("a long window") { $0.uniqueness = .unique("key", for: .seconds(3_000_000)) },
            progress("a start") { $0.startedAt = .now },
            progress("a running version") { $0.runningVersion = 7 },
            progress("an output") { $0.output = try JSONPayload(7) },
            progress("a request to cancel") { $0.cancelRequestedAt = .now },
            progress("a lease") { $0.lease = Lease(owner: "a", token: .max, expiresAt: .distantFuture) },
            progress("no due date") { $0.dueAt = Date(timeIntervalSince1970: .nan) },
            progress("another status") { $0.status = .waiting },
            copy("a version to come", version: .max), copy("the schedule", source: .schedule),
            copy("a backfill", source: .backfill), copy("a notification", source: .notification),
            copy("no source", source: ExecutionSource(rawValue: "")),
            copy("no JSON", payload: JSONPayload(trusted: Data("{".utf8))),
            copy("no date of creation", createdAt: Date(timeIntervalSince1970: .nan)),
            copy(
                "a definition", pinned: JobDefinition(name: "other", schedule: .onDemand, action: .handler("other"))),
        ]

        @Test("What no request can ask for is refused", arguments: forgeries)
        func forged(_ forgery: Forgery) async throws {
            let schema = try await StoreSchema()
            let store = try await schema.open(polling: .seconds(3600))
            let job = Job.queue()
            _ = try await store.insert([JobInsertion(job)])
            let forged = try forgery.forge(job.work())
            try leave(try EnqueueRecord.bytes(forged), id: forged.id.bits, in: schema)
            _ = try await store.enqueue([job.work()])
            let counts = try counts(schema)
            #expect(counts.left == 0 && counts.refused == 1)
            #expect(try await store.execution(forged.id) == nil)
        }

        @Test("Whatever a request can ask for is taken as it is")
        func taken() async throws {
            let schema = try await StoreSchema()
            let store = try await PostgresJobStore(schema.configuration)
            let scheduler = Scheduler(store: store, transport: ScriptedTransport(.status(200)))
            var draft = JobDraft(queue: "work")
            draft.definition.deduplicationWindow = .seconds(600)
            _ = try await scheduler.declare([draft, JobDraft(queue: "other")], owner: "app")
            let requests = [
                TriggerRequest(),
                TriggerRequest(
                    payload: try JSONPayload(7), at: Date(timeIntervalSinceNow: 3600), priority: 9,
                    concurrencyKey: "c", idempotencyKey: "i", timeToLive: .seconds(60)
                ).with {
                    ($0.dependencyKey, $0.metadata, $0.tags) = ("d", ["a": "b"], ["c": "d"])
                    ($0.overrides, $0.author, $0.keepsTrail) = (RetryOverrides(maxAttempts: 2), "me", true)
                },
                TriggerRequest(uniqueness: .debounced("key", atMost: .seconds(60))),
            ]
            var ids: [ExecutionID] = []
            let connection = try PostgresConnection.open(schema.configuration)
            defer { connection.close() }
            for queue in ["work", "other"] {
                for request in requests {
                    let statement = try await scheduler.enqueueStatement(queue, request, in: store)
                    try connection.perform([
                        PostgresStatement(statement.sql, statement.parameters.map { .text($0) })
                    ])
                    ids.append(statement.executionID)
                }
            }
            _ = try await scheduler.enqueue("other")
            #expect(try schema.value("SELECT count(*) FROM rota.refused", as: Int64.self) == 0)
            for id in ids { #expect(try await store.execution(id) != nil) }
        }

        @Test("A request for an earlier version of its job is checked by that one")
        func earlierVersion() async throws {
            let schema = try await StoreSchema()
            let store = try await PostgresJobStore(schema.configuration)
            let scheduler = Scheduler(store: store, transport: ScriptedTransport(.status(200)))
            try await scheduler.handle("work") { _ in }
            let job = try await scheduler.create(JobDraft(queue: "work"))
            let requests = TriggerRequest(payload: try JSONPayload(7))
            let early = try await scheduler.enqueueStatement("work", requests, in: store)
            let payloads = try JSONSchema(["type": "string"])
            try await scheduler.update(job.id) { $0.payloadSchema = payloads }
            let changed = try #require(try await store.job(job.id))
            // An identifier of the present, because rows before it are looked for only from time to time.
            let late = try changed.execution(
                id: ExecutionID(bits: early.executionID.bits + 1), source: .manual, scheduledFor: .now, createdAt: .now,
                payload: JSONPayload(7))
            try leave(try EnqueueRecord.bytes(late), id: late.id.bits, in: schema)
            let connection = try PostgresConnection.open(schema.configuration)
            defer { connection.close() }
            try connection.perform([PostgresStatement(early.sql, early.parameters.map { .text($0) })])
            _ = try await scheduler.enqueue("work", payload: "text")
            #expect(try await store.execution(early.executionID) != nil)
            #expect(try await store.execution(late.id) == nil)
            #expect(try schema.value("SELECT count(*) FROM rota.refused", as: Int64.self) == 1)
        }

        @Test("A request is not made by a clock that is ahead, and one that was is taken as if made now")
        func dates() async throws {
            let schema = try await StoreSchema()
            let store = try await PostgresJobStore(schema.configuration)
            let job = Job.queue()
            _ = try await store.insert([JobInsertion(job)])
            let tomorrow = Date(timeIntervalSinceNow: 86_400)
            let error = await #expect(throws: StoreError.self) { try await store.checkClock(tomorrow) }
            #expect(error?.code == .skewedClock)
            try await store.checkClock(.now)
            var work = job.execution(
                id: ExecutionID(bits: TimeOrderedIDGenerator().makeID(at: .now)), source: .manual,
                scheduledFor: tomorrow.addingTimeInterval(60),
                createdAt: tomorrow)
            work.progress.expiresAt = tomorrow.addingTimeInterval(90)
            try leave(try EnqueueRecord.bytes(work), id: work.id.bits, in: schema)
            _ = try await store.enqueue([job.work()])
            let taken = try #require(try await store.execution(work.id))
            #expect(taken.createdAt <= .now.addingTimeInterval(3))
            #expect(abs(taken.progress.dueAt.timeIntervalSince(taken.createdAt) - 60) < 0.001)
            #expect(abs((taken.progress.expiresAt ?? .distantPast).timeIntervalSince(taken.createdAt) - 90) < 0.001)
        }

        @Test("An identifier of a year to come is refused, unless the store has such already")
        func identifiers() throws {
            let now = Date(timeIntervalSince1970: 1_700_000_000)
            func identifier(_ date: Date) -> UInt128 {
                TimeOrderedIDGenerator().makeID(at: date)
            }
            let later = identifier(now.addingTimeInterval(366 * 86_400))
            #expect(throws: RecordFormatError.self) { try EnqueueRecord.check(id: later, newest: nil, at: now) }
            let last: UInt128 = 0xffff_ffff_ffff << 80 | 7 << 76
            #expect(throws: RecordFormatError.self) { try EnqueueRecord.check(id: last, newest: nil, at: now) }
            try EnqueueRecord.check(id: later, newest: later &- 1, at: now)
            try EnqueueRecord.check(id: identifier(now.addingTimeInterval(3600)), newest: nil, at: now)
            // Others tell no time.
            try EnqueueRecord.check(id: .max, newest: nil, at: now)
        }
    }
#endif
