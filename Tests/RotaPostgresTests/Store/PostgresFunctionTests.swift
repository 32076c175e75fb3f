#if Postgres
    import Foundation
    import Rota
    import RotaStore
    import RotaTesting
    import Synchronization
    import Testing

    @testable import RotaPostgres

    /// The SQL function `enqueue`, as another program calls it: by psql.
    @Suite("Store in PostgreSQL: the SQL function", .serialized)
    struct PostgresFunctionTests {
        @Test("Work that psql enqueues in a transaction runs if that commits, and not if it rolls back")
        func transactions() async throws {
            let schema = try await StoreSchema()
            try schema.execute("CREATE TABLE orders (id int8 PRIMARY KEY)")
            let store = try await schema.open(polling: .milliseconds(20))
            let scheduler = Scheduler(store: store, transport: ScriptedTransport(.status(200)))
            let payloads = Recorded<String>()
            try await scheduler.handle("receipt") { context in
                payloads.add(String(decoding: context.payload?.json ?? Data("none".utf8), as: UTF8.self))
            }
            _ = try await scheduler.declare([JobDraft(queue: "receipt")], owner: "app")
            let running = Task { try await scheduler.run() }
            let committed = try schema.cluster.psql(
                """
                BEGIN;
                INSERT INTO orders VALUES (7);
                SELECT rota.enqueue('receipt', '{"order": 7,  "note": "Grüße \\u0041"}');
                COMMIT;
                """, database: schema.database)
            let rolledBack = try schema.cluster.psql(
                """
                BEGIN;
                INSERT INTO orders VALUES (8);
                SELECT rota.enqueue('receipt', '{"order": 8}');
                ROLLBACK;
                """, database: schema.database)
            #expect(committed.isDone && rolledBack.isDone, "\(committed.output) \(rolledBack.output)")
            let id = try #require(ExecutionID(committed.output))
            let dropped = try #require(ExecutionID(rolledBack.output))
            #expect(try await holds { try await store.execution(id)?.status == .succeeded })
            #expect(try await store.execution(dropped) == nil)
            #expect(payloads.all == [#"{"order": 7,  "note": "Grüße \u0041"}"#])
            #expect(try schema.value("SELECT array_to_string(array_agg(id), ',') FROM orders", as: String.self) == "7")
            scheduler.beginShutdown()
            try await running.value
        }

        @Test("The parameters of the function are those of the execution, and its identifiers grow with time")
        func parameters() async throws {
            let schema = try await StoreSchema()
            let store = try await schema.open(polling: .seconds(36_000))
            let scheduler = Scheduler(store: store, transport: ScriptedTransport(.status(200)))
            _ = try await scheduler.declare([JobDraft(queue: "receipt")], owner: "app")
            let earlier = try await scheduler.enqueue("receipt")
            let outcome = try schema.cluster.psql(
                """
                SELECT rota.enqueue('receipt', json_build_object('order', 7), 'order-7', '2100-01-01T00:00:00Z', 9,
                  'customer-3', '1 day');
                SELECT rota.enqueue(queue => 'receipt', idempotency_key => 'order-7');
                SELECT rota.enqueue('receipt', due_at => '2000-01-01Z');
                """, database: schema.database)
            #expect(outcome.isDone, "\(outcome.output)")
            let ids = outcome.output.split(separator: "\n").compactMap { ExecutionID(String($0)) }
            #expect(ids.count == 3)
            let later = try await scheduler.enqueue("receipt")
            let first = try #require(try await store.execution(ids[0]))
            let due = Date(timeIntervalSince1970: 4_102_444_800)
            #expect(first.progress.dueAt == due && first.progress.expiresAt == due.addingTimeInterval(86_400))
            #expect(first.details.priority == 9 && first.details.concurrencyKey == "customer-3")
            #expect(first.details.idempotencyKey == "order-7" && first.details.createdBy == "rota")
            #expect(first.payload?.json == Data(#"{"order" : 7}"#.utf8) && first.source == .manual)
            // The second one has the key of the first, so it is that one.
            #expect(try await store.execution(ids[1]) == nil)
            #expect(try await store.execution(ids[2])?.payload == nil)
            #expect(earlier.id < ids[0] && ids[0] < later.id && ids[2] < later.id)
            #expect(ids[0].description.dropFirst(14).hasPrefix("7"))
        }

        @Test(
            "What the function cannot take is an SQL error that says so, and nothing is left",
            arguments: [
                ("NULL", "22023", "rota: queue must be the slug of a queue, not NULL"),
                ("'two words'", "22023", "not \"two words\""), ("''", "22023", "rota: queue must be the slug"),
                ("'work', '{\"a\":'", "22P02", "invalid input syntax for type json"),
                ("'work', ('\"' || repeat('x', 5242880) || '\"')::json", "22023", "not 5242882 bytes"),
                (
                    "'work', idempotency_key => ''", "22023",
                    "rota: idempotency_key must have 1 to 255 characters, not 0"
                ),
                ("'work', concurrency_key => repeat('x', 257)", "22023", "rota: concurrency_key must have 1 to 256"),
                ("'work', due_at => 'infinity'", "22023", "rota: due_at must be a date"),
                ("'work', due_at => 'soon'", "22007", "invalid input syntax for type timestamp"),
                ("'work', priority => 11", "22023", "rota: priority must be 0 to 10, not 11"),
                ("'work', time_to_live => '31 days'", "22023", "rota: time_to_live must be more than 0"),
                ("'work', time_to_live => '0'", "22023", "rota: time_to_live must be more than 0"),
                ("'work', prority => 1", "42883", "does not exist"),
            ])
        func errors(arguments: String, state: String, text: String) async throws {
            let schema = try await StoreSchema()
            let outcome = try schema.cluster.psql("SELECT rota.enqueue(\(arguments));", database: schema.database)
            #expect(
                !outcome.isDone && outcome.output.contains(state) && outcome.output.contains(text), "\(outcome.output)")
            #expect(try schema.value("SELECT count(*) FROM rota.inbox", as: Int64.self) == 0)
        }

        @Test("What only an instance can find is kept with its reason")
        func refusals() async throws {
            let schema = try await StoreSchema()
            let store = try await schema.open(polling: .seconds(36_000))
            let scheduler = Scheduler(store: store, transport: ScriptedTransport(.status(200)))
            let outcome = try schema.cluster.psql("SELECT rota.enqueue('gone', '1');", database: schema.database)
            #expect(outcome.isDone)
            // A record of the function's that was changed by hand, and one of a version that is not there yet.
            try schema.execute(
                "INSERT INTO rota.inbox (id, record) VALUES (gen_random_uuid(), '\\xa01f01' || convert_to('{}', 'UTF8'))"
            )
            try schema.execute(
                "INSERT INTO rota.inbox (id, record) VALUES (gen_random_uuid(), '\\xa01f02' || convert_to('{}', 'UTF8'))"
            )
            _ = try await scheduler.declare([JobDraft(queue: "work")], owner: "app")
            let reasons =
                try schema.value(
                    "SELECT string_agg(reason, '; ' ORDER BY refused_at) FROM rota.refused", as: String.self) ?? ""
            #expect(reasons.contains("No queue has the slug \"gone\"") && reasons.contains("enqueue"), "\(reasons)")
            #expect(try schema.value("SELECT count(*) FROM rota.refused", as: Int64.self) == 2)
            #expect(try schema.value("SELECT count(*) FROM rota.inbox", as: Int64.self) == 1)
            #expect(try await store.counts().executions.isEmpty)
        }

        @Test("A queue is found by its slug however many projects have one of the same name")
        func projects() async throws {
            let schema = try await StoreSchema()
            let store = try await schema.open(polling: .seconds(36_000))
            let scheduler = Scheduler(store: store, transport: ScriptedTransport(.status(200)))
            _ = try await store.insert((0..<1001).map { JobInsertion(queue(in: "project \($0)")) })
            let job = queue(in: nil)
            _ = try await store.insert([JobInsertion(job)])
            let outcome = try schema.cluster.psql("SELECT rota.enqueue('receipt');", database: schema.database)
            let id = try #require(ExecutionID(outcome.output))
            _ = try await scheduler.declare([JobDraft(queue: "work")], owner: "app")
            #expect(try await store.execution(id)?.jobID == job.id)
        }

        private func queue(in project: String?) -> Job {
            var definition = JobDefinition(name: "receipt", schedule: .onDemand, action: .handler("receipt"))
            (definition.attributes.slug, definition.attributes.project) = ("receipt", project)
            return Job(
                id: JobID(bits: .random(in: 1 ... .max)), definition: definition, createdAt: .now,
                scheduleState: ScheduleState(state: .active, decidedThrough: .now, next: nil))
        }

        @Test("A schema may have any name, also that in which the function's text would end")
        func names() async throws {
            let schema = try await StoreSchema(name: "a$rota$b'c")
            let outcome = try schema.cluster.psql(
                #"SELECT "a$rota$b'c".enqueue('work');"#, database: schema.database)
            #expect(outcome.isDone && ExecutionID(outcome.output) != nil, "\(outcome.output)")
        }

        @Test("Instances from before the function leave its requests alone")
        func mark() {
            let record = PostgresSchema.requestMark + Array("{}".utf8)
            let error = #expect(throws: RecordFormatError.self) { try EnqueueRecord.execution(record, id: 1) }
            #expect(error?.isLaterFormat == true)
        }
    }
#endif
