#if Postgres
    import Foundation
    import Rota
    import RotaStore
    import RotaTesting
    import Synchronization
    import Testing

    @testable import RotaPostgres

    @Suite("Transactions of an app", .serialized)
    struct PostgresTransactionTests {
        private struct Refusal: Error {}

        private func bench() async throws -> (StoreSchema, PostgresJobStore, Scheduler) {
            let schema = try await StoreSchema()
            _ = try? schema.value("CREATE TABLE orders (id int8 PRIMARY KEY)", as: Int64.self)
            let store = try await schema.open(polling: .milliseconds(20))
            let scheduler = Scheduler(store: store, transport: ScriptedTransport(.status(200)))
            return (schema, store, scheduler)
        }

        @Test("Rows of the app and work are there together, or neither")
        func enqueuing() async throws {
            let (schema, store, scheduler) = try await bench()
            _ = try await scheduler.declare([JobDraft(queue: "receipt", action: .handler("receipt"))], owner: "app")
            let kept = try await store.withTransaction { transaction in
                #expect(try await transaction.execute("INSERT INTO orders VALUES ($1)", [.int8(1)]) == 1)
                return try await scheduler.enqueue("receipt", payload: 1, in: transaction)
            }
            #expect(try await store.execution(kept.id)?.status == .queued)
            await #expect(throws: Refusal.self) {
                try await store.withTransaction { transaction in
                    try await transaction.execute("INSERT INTO orders VALUES ($1)", [.int8(2)])
                    try await scheduler.enqueue("receipt", payload: 2, in: transaction)
                    throw Refusal()
                }
            }
            await #expect(throws: PostgresError.self) {
                try await store.withTransaction { transaction in
                    try await scheduler.enqueue("receipt", payload: 3, in: transaction)
                    try await transaction.execute("INSERT INTO orders VALUES ($1)", [.int8(1)])
                }
            }
            #expect(try await store.counts().executions == [.queued: 1])
            #expect(try schema.value("SELECT count(*) FROM orders", as: Int64.self) == 1)
            let other = try await schema.open()
            #expect(try await StoreContents(other).difference(from: StoreContents(store)) == nil)
        }

        @Test("A handler completes its execution in the commit of its rows, once")
        func completing() async throws {
            let (schema, store, scheduler) = try await bench()
            let attempts = Atomic(0)
            try await scheduler.handle("work") { context in
                _ = attempts.add(1, ordering: .relaxed)
                try await store.withTransaction { transaction in
                    try await transaction.execute("INSERT INTO orders VALUES ($1)", [.int8(7)])
                    try await context.complete(in: transaction, output: JSONPayload(["order": 7]))
                }
                // Too late: the execution has succeeded.
                throw Refusal()
            }
            let running = Task { try await scheduler.run() }
            let work = try await scheduler.enqueue("work")
            let ended = try await scheduler.waitForCompletion(of: work.id)
            #expect(ended.status == .succeeded && ended.attempts.count == 1)
            #expect(ended.output?.json == Data(#"{"order":7}"#.utf8))
            scheduler.beginShutdown()
            try await running.value
            #expect(attempts.load(ordering: .relaxed) == 1)
            #expect(try await store.execution(work.id)?.attempts.count == 1)
            #expect(try schema.value("SELECT count(*) FROM orders", as: Int64.self) == 1)
        }

        @Test("A handler that has lost its lease commits nothing")
        func stale() async throws {
            let (schema, store, scheduler) = try await bench()
            let errors = Mutex<[SchedulerError.Code]>([])
            try await scheduler.handle("work") { context in
                guard errors.withLock(\.isEmpty) else { return }
                let lease = try #require(context.execution.progress.lease)
                // Another scheduler has found the lease expired and claimed the execution.
                _ = try await store.finish([
                    Completion(
                        executionID: context.execution.id, token: lease.token, attempt: nil,
                        next: .released(until: .now.addingTimeInterval(3600)), date: .now)
                ])
                do {
                    try await store.withTransaction { transaction in
                        try await transaction.execute("INSERT INTO orders VALUES ($1)", [.int8(7)])
                        try await context.complete(in: transaction)
                    }
                } catch let error as SchedulerError {
                    errors.withLock { $0.append(error.code) }
                }
            }
            let running = Task { try await scheduler.run() }
            let work = try await scheduler.enqueue("work")
            while errors.withLock(\.isEmpty) { await Task.yield() }
            #expect(errors.withLock(\.self) == [.illegalState])
            #expect(try await store.execution(work.id)?.status == .queued)
            #expect(try schema.value("SELECT count(*) FROM orders", as: Int64.self) == 0)
            scheduler.beginShutdown()
            try await running.value
        }

        @Test("A statement that failed in a transaction is told as the reason why nothing was committed")
        func failedStatement() async throws {
            let (schema, store, scheduler) = try await bench()
            _ = try await scheduler.declare([JobDraft(queue: "receipt")], owner: "app")
            for hasWork in [false, true] {
                let error = await #expect(throws: PostgresError.self) {
                    try await store.withTransaction { transaction in
                        try await transaction.execute("INSERT INTO orders VALUES ($1)", [.int8(1)])
                        if hasWork { try await scheduler.enqueue("receipt", payload: 1, in: transaction) }
                        _ = try? await transaction.execute("SELECT 1 / 0")
                    }
                }
                #expect(error?.sqlState == "25P02" && error?.message.contains("statement of the body") == true)
            }
            #expect(try await store.counts().executions.isEmpty)
            #expect(try schema.value("SELECT count(*) FROM orders", as: Int64.self) == 0)
        }

        @Test("A transaction that its body has made REPEATABLE READ is refused: it would not see others' commits")
        func isolation() async throws {
            let (schema, store, scheduler) = try await bench()
            _ = try await scheduler.declare([JobDraft(queue: "receipt")], owner: "app")
            let epoch = await store.epoch
            let error = await #expect(throws: PostgresError.self) {
                try await store.withTransaction { transaction in
                    try await transaction.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                    try await transaction.execute("INSERT INTO orders VALUES ($1)", [.int8(1)])
                    _ = try await scheduler.enqueue("receipt")
                    try await scheduler.enqueue("receipt", payload: 1, in: transaction)
                }
            }
            #expect(error?.code == .invalidValue && error?.message.contains("REPEATABLE READ") == true)
            #expect(try await store.counts().executions == [.queued: 1])
            #expect(try schema.value("SELECT count(*) FROM orders", as: Int64.self) == 0)
            #expect(await store.epoch == epoch)
        }
    }
#endif
