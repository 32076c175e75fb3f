#if Postgres
    import Foundation
    import Rota
    import RotaCore
    import RotaStore
    import RotaTesting
    import Testing

    @testable import RotaPostgres

    /// What a machine with a wrong clock, or one that waited, leaves to the others.
    @Suite("Store in PostgreSQL: dates of callers", .serialized)
    struct PostgresClockTests {
        /// A running execution of a store that compares clocks.
        private func running(in schema: StoreSchema) async throws -> (store: PostgresJobStore, claim: Claim) {
            let store = try await PostgresJobStore(schema.configuration)
            let job = Job.queue()
            _ = try await store.insert([JobInsertion(job)])
            _ = try await store.enqueue([job.work()])
            let claims = try await store.claim(
                ClaimRequest(owner: "a", limit: 1, now: .now, leaseExpiresAt: Date(timeIntervalSinceNow: 30)))
            return (store, try #require(claims.first))
        }

        private func completion(
            _ claim: Claim, at date: Date, _ next: Completion.Next, failure: ExecutionFailure? = nil
        ) -> Completion {
            Completion(
                executionID: claim.execution.id, token: claim.lease.token,
                attempt: Attempt(
                    number: 1, startedAt: date.addingTimeInterval(-1), duration: .seconds(1), failure: failure),
                next: next, date: date, owner: claim.lease.owner)
        }

        private let failure = ExecutionFailure(kind: .crashed, message: "It failed.")

        /// The clock of the server.
        private func serverDate(_ schema: StoreSchema) throws -> Date {
            let seconds = try schema.value("SELECT extract(epoch FROM clock_timestamp())::float8", as: Double.self)
            return Date(timeIntervalSince1970: try #require(seconds))
        }

        @Test("A result that a clock of tomorrow has dated is recorded today, and again when it is repeated")
        func tomorrow() async throws {
            let schema = try await StoreSchema()
            let (store, claim) = try await running(in: schema)
            let tomorrow = Date(timeIntervalSinceNow: 86_400)
            let end = completion(
                claim, at: tomorrow, .retry(at: tomorrow.addingTimeInterval(5), after: failure), failure: failure)
            let outcomes = try await store.finish([end])
            guard case .recorded(let execution)? = outcomes.first else {
                Issue.record("not recorded: \(outcomes)")
                return
            }
            let now = try serverDate(schema)
            #expect(execution.progress.dueAt > now.addingTimeInterval(-60))
            #expect(execution.progress.dueAt <= now.addingTimeInterval(10))
            #expect(execution.attempts.allSatisfy { $0.startedAt <= now && $0.duration == .seconds(1) })
            #expect(execution.progress.delayedFrom.map { $0 <= now } == true)
            #expect(try await store.finish([end]).first?.recorded == execution)
            var turn = StoreTurn()
            turn.completions = [end]
            #expect(try await store.turn(turn).completions.first?.recorded == execution)
            // Another result of the same lease is not that one.
            let other = completion(claim, at: tomorrow, .succeeded)
            #expect(try await store.finish([other]).first?.recorded == nil)
        }

        @Test("Releases, waits and ends by a clock of tomorrow are dated by the server's", arguments: [0, 1, 2])
        func endings(_ kind: Int) async throws {
            let schema = try await StoreSchema()
            let (store, claim) = try await running(in: schema)
            let tomorrow = Date(timeIntervalSinceNow: 86_400)
            let choices: [Completion.Next] = [
                .released(until: tomorrow), .waiting(until: tomorrow.addingTimeInterval(60)), .succeeded,
            ]
            let end = completion(claim, at: tomorrow, choices[kind])
            var turn = StoreTurn()
            turn.completions = [end]
            let execution = try #require(try await store.turn(turn).completions.first?.recorded)
            let limit = try serverDate(schema).addingTimeInterval(kind == 1 ? 60 : 0)
            let dates = [
                kind == 0 ? execution.progress.dueAt : nil, execution.progress.expiresAt, execution.progress.finishedAt,
            ].compactMap(\.self)
            #expect(dates.count == 1 && dates.allSatisfy { $0 <= limit })
            #expect(try await store.finish([end]).first?.recorded?.id == execution.id)
        }

        @Test("A handler's transaction by a clock of tomorrow ends its execution today")
        func transaction() async throws {
            let schema = try await StoreSchema()
            let (store, claim) = try await running(in: schema)
            let end = completion(claim, at: Date(timeIntervalSinceNow: 86_400), .succeeded)
            try await store.withTransaction { transaction in
                try await transaction.add { state, log, facts in
                    _ = state.finish(facts.dated([end]), log: &log)
                }
            }
            let finishedAt = try #require(try await store.execution(claim.execution.id)?.progress.finishedAt)
            let now = try serverDate(schema)
            #expect(finishedAt <= now)
        }

        @Test("A claim that waited longer than its lease gets a whole lease")
        func lateClaim() async throws {
            let schema = try await StoreSchema()
            // As after a wait of an hour for the lock of the commits.
            let store = try await PostgresJobStore(schema.configuration, clockCheck: .within(.seconds(7200)))
            let job = Job.queue()
            _ = try await store.insert([JobInsertion(job)])
            let asked = Date(timeIntervalSinceNow: -3600)
            let early = (0..<2).map { _ in
                job.execution(
                    id: ExecutionID(bits: .random(in: 1 ... .max)), source: .manual, scheduledFor: asked,
                    createdAt: asked)
            }
            _ = try await store.enqueue(early)
            let request = ClaimRequest(
                owner: "a", limit: 1, now: asked, leaseExpiresAt: asked.addingTimeInterval(600))
            var turn = StoreTurn()
            turn.claim = request
            let claims = try await store.claim(request) + store.turn(turn).claims
            let now = try serverDate(schema)
            #expect(claims.count == 2)
            for claim in claims {
                let lease = try #require(try await store.execution(claim.execution.id)?.progress.lease)
                #expect(lease.expiresAt > now.addingTimeInterval(300))
                #expect(lease.expiresAt <= now.addingTimeInterval(600))
            }
        }

        @Test("A claim ends by the clock of its scheduler, however far that is off", arguments: [-3600.0, 3600])
        func claimByWrongClock(offset: Double) async throws {
            let schema = try await StoreSchema()
            let store = try await PostgresJobStore(schema.configuration, clockCheck: .within(.seconds(7200)))
            let job = Job.queue()
            _ = try await store.insert([JobInsertion(job)])
            let asked = Date(timeIntervalSinceNow: offset)
            let works = (0..<2).map { _ in
                job.execution(
                    id: ExecutionID(bits: .random(in: 1 ... .max)), source: .manual, scheduledFor: min(asked, .now),
                    createdAt: min(asked, .now))
            }
            _ = try await store.enqueue(works)
            let request = ClaimRequest(owner: "a", limit: 1, now: asked, leaseExpiresAt: asked.addingTimeInterval(600))
            var turn = StoreTurn()
            turn.claim = request
            let claims = try await store.claim(request) + store.turn(turn).claims
            #expect(claims.count == 2)
            for claim in claims {
                #expect(claim.lease.expiresAt > asked.addingTimeInterval(300))
                #expect(claim.lease.expiresAt < asked.addingTimeInterval(900))
                // The token alone fences.
                let renewal = LeaseRenewal(
                    executionID: claim.execution.id, token: claim.lease.token, expiresAt: claim.lease.expiresAt,
                    requestedAt: asked)
                #expect(try await store.renew([renewal]) == [.renewed])
                #expect(try await store.finish([completion(claim, at: .now, .succeeded)]).first?.recorded != nil)
            }
        }

        @Test("A clock that is ahead does not see the leases of others end early")
        func earlyReclaim() async throws {
            let schema = try await StoreSchema()
            let (_, claim) = try await running(in: schema)
            let store = try await PostgresJobStore(schema.configuration, clockCheck: .within(.seconds(7200)))
            let ahead = Date(timeIntervalSinceNow: 3600)
            let work = try await store.dueWork(at: ahead, limit: 10)
            #expect(work.expiredLeases.isEmpty)
            // It looks again when the lease has ended by the server's clock.
            #expect(work.nextWakeup.map { $0 > ahead && $0 <= ahead.addingTimeInterval(31) } == true)
            var turn = StoreTurn()
            turn.due = StoreTurn.Due(now: ahead, limit: 10) { _ in StoreTurn.Plan() }
            #expect(try await store.turn(turn).dueWork?.expiredLeases.isEmpty == true)
            #expect(try await store.execution(claim.execution.id)?.status == .running)
        }
    }

    extension Completion.Outcome {
        fileprivate var recorded: Execution? { if case .recorded(let execution) = self { execution } else { nil } }
    }
#endif
