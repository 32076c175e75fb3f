#if Postgres
    import Foundation
    import Rota
    import RotaStore
    import RotaTesting
    import Testing

    @testable import RotaPostgres

    /// Background work that fails again and again is seen.
    @Suite("Store in PostgreSQL: status", .serialized)
    struct PostgresStatusTests {
        /// A value of the report, as text.
        private func reported(_ name: String, by store: PostgresJobStore) async -> String? {
            guard case .string(let text)?? = await store.report().first(where: { $0.name == name })?.value else {
                return nil
            }
            return text
        }

        @Test(
            "Snapshots that fail again and again are in the status, and observers are told once",
            arguments: [
                ("snapshot_parts", "INSERT"), ("commits", "DELETE"),
            ])
        func snapshots(table: String, right: String) async throws {
            let schema = try await StoreSchema()
            let role = "weak_\(schema.database)"
            for sql in [
                "CREATE ROLE \(role) LOGIN", "GRANT USAGE ON SCHEMA rota TO \(role)",
                "GRANT ALL ON ALL TABLES IN SCHEMA rota TO \(role)", "REVOKE \(right) ON rota.\(table) FROM \(role)",
            ] { try schema.execute(sql) }
            let seconds = Recorded<Int>()
            var environment = PostgresStoreEnvironment()
            // Each snapshot may be begun at once.
            environment.elapsed = { .seconds(1000 * (seconds.all.last ?? 0)) }
            (environment.snapshotMinimum, environment.pollingInterval) = (1000, .seconds(36_000))
            let store = try await PostgresJobStore(
                schema.configuration(user: role), schema: "rota", clockCheck: .off, environment: environment)
            let told = Recorded<String>()
            let reading = Task { for await advice in store.advice() { told.add(advice) } }
            let job = Job.queue()
            _ = try await store.insert([JobInsertion(job)])
            func snapshot(_ number: Int) async throws {
                seconds.add(number)
                // Three times as many each time, so that the commits outgrow the last snapshot.
                let count = (0..<number).reduce(2) { count, _ in 3 * count }
                _ = try await store.enqueue((0..<count).map { _ in job.work() })
                await store.snapshotEnded()
            }
            // The second one is the first that has something to remove.
            for number in 1...6 { try await snapshot(number) }
            #expect(await store.status.snapshotFailure?.contains("permission denied") == true)
            #expect(await store.status.description.contains("no snapshot could be made"))
            #expect(await reported("snapshotFailure", by: store)?.contains(table) == true)
            #expect(await holds { !told.all.isEmpty })
            try schema.execute("GRANT \(right) ON rota.\(table) TO \(role)")
            try await snapshot(7)
            #expect(await store.status.snapshotFailure == nil)
            #expect(await reported("snapshotFailure", by: store) == nil)
            await store.close()
            await reading.value
            #expect(told.all.count == 1 && told.all[0].contains("snapshots cannot"), "\(told.all)")
        }

        @Test("Commits that cannot be read are in the status, and observers are told once")
        func unreadable() async throws {
            let schema = try await StoreSchema()
            let store = try await schema.open(polling: .seconds(36_000))
            let told = Recorded<String>()
            let reading = Task { for await advice in store.advice() { told.add(advice) } }
            try schema.execute(
                """
                INSERT INTO rota.commits (sequence, id, writer, changes)
                SELECT max(sequence) + 1, gen_random_uuid(), 'other', '\\xE00300' FROM rota.commits
                """)
            for _ in 0..<5 { await #expect(throws: StoreError.self) { try await store.counts() } }
            #expect(await reported("failure", by: store)?.contains("later version") == true)
            #expect(await store.status.description.contains("not up to date"))
            try schema.execute("DELETE FROM rota.commits WHERE sequence = (SELECT max(sequence) FROM rota.commits)")
            _ = try await store.counts()
            #expect(await store.status.failure == nil)
            await store.close()
            await reading.value
            #expect(told.all.count == 1 && told.all[0].contains("does not see what others do"), "\(told.all)")
        }

        @Test("An outage that passes is in the status, and is told by the scheduler alone")
        func outage() async throws {
            let schema = try await StoreSchema()
            let proxy = try CuttingProxy(to: schema.cluster.socketPath)
            defer { proxy.stop() }
            let configuration = try PostgresConfiguration(
                "host=127.0.0.1 port=\(proxy.port) dbname=\(schema.database) user=rota sslmode=disable")
            let store = try await schema.open(polling: .seconds(36_000), through: configuration)
            let told = Recorded<String>()
            let reading = Task { for await advice in store.advice() { told.add(advice) } }
            proxy.arm(.refuse)
            await store.drop()
            for _ in 0..<5 { await #expect(throws: StoreError.self) { try await store.counts() } }
            #expect(await store.status.failure?.contains("PostgreSQL cannot be used now") == true)
            proxy.arm(.none)
            _ = try await store.counts()
            #expect(await store.status.failure == nil)
            await store.close()
            await reading.value
            #expect(told.all.isEmpty)
        }
    }
#endif
