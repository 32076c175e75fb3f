#if Postgres
    public import Foundation
    public import RotaStore

    // What `PostgresJobStore` does besides the operations of `StateMachineStore`: it compares their dates with the
    // server's clock, and tells of the commits of other instances.

    extension PostgresJobStore: JobStore, StateMachineStore {
        /// Performs an operation in the next round, and returns when its changes are committed.
        package nonisolated func commit<Outcome: Sendable>(
            _ definitions: [JobID: [UInt8]], by date: Date?,
            _ operation: @escaping @Sendable (inout StoreState, inout ChangeLog) throws -> Outcome
        ) async throws -> Outcome {
            try await commit(definitions, dated: date.map { .atMost($0) }) { state, log, _ in
                try operation(&state, &log)
            }
        }

        /// Runs a query on the records as they are now in the database.
        package nonisolated func query<Outcome: Sendable>(
            _ body: @escaping @Sendable (inout StoreState) throws -> Outcome
        ) async throws -> Outcome {
            try await query(dated: nil) { state, _ in try body(&state) }
        }

        /// Claims due executions under a lease, if the date is close to the server's clock.
        ///
        /// The leases last from the server's date on. In the claims, they end by the clock of the request.
        public nonisolated func claim(_ request: ClaimRequest) async throws -> [Claim] {
            let askedAt = environment.elapsed()
            return try await commit(dated: .now(request.now)) { state, log, facts in
                facts.returned(state.claim(facts.dated(request), log: &log), to: request, askedAt: askedAt)
            }
        }

        /// Extends leases, which then last from the server's date on.
        public nonisolated func renew(_ renewals: [LeaseRenewal]) async throws -> [LeaseRenewal.Outcome] {
            try await commit(dated: nil) { state, log, facts in state.renew(facts.dated(renewals), log: &log) }
        }

        /// Records the ends of attempts, by the server's date if theirs are still to come.
        ///
        /// Results are taken whatever clock has dated them: refused, they would be lost.
        public nonisolated func finish(_ completions: [Completion]) async throws -> [Completion.Outcome] {
            try await commit(dated: nil) { state, log, facts in state.finish(facts.dated(completions), log: &log) }
        }

        /// Does the work of a scheduler's pass in one commit, if the date is close to the server's clock.
        public nonisolated func turn(_ turn: StoreTurn) async throws -> StoreTurn.Outcome {
            let (now, askedAt) = (turn.due?.now ?? turn.claim?.now, environment.elapsed())
            return try await commit(dated: now.map { .now($0) }, seesNews: turn.due != nil) { state, log, facts in
                var outcome = state.turn(facts.dated(turn), log: &log)
                outcome.claims = facts.returned(outcome.claims, to: turn.claim, askedAt: askedAt)
                return outcome
            }
        }

        /// Expires late executions and removes old records, if the date is close to the server's clock.
        public nonisolated func prune(at now: Date, limit: Int) async throws -> PruneReport {
            try await commit(dated: .now(now)) { state, log, _ in state.prune(at: now, limit: limit, log: &log) }
        }

        /// Returns the work that is due at a date, if it is close to the server's clock.
        ///
        /// It never asks for a rewind: a clock that is ahead of the server's is refused.
        public nonisolated func dueWork(at now: Date, limit: Int) async throws -> DueWork {
            try await query(dated: .now(now), seesNews: true) { state, facts in
                let isChecked = facts.clockCheck != .off
                var work = state.dueWork(at: now, limit: limit, leasesBy: isChecked ? facts.date : nil)
                work.isAhead = false
                return work
            }
        }

        /// There is nothing to bring back: an operation whose date is in the future is refused.
        public nonisolated func rewind(to now: Date, limit: Int) async throws -> RewindReport { RewindReport() }

        /// A turn asks for due work in the same commit, so a busy scheduler need not ask more often.
        public nonisolated var pollingGap: Duration { .milliseconds(50) }

        /// Tells that another instance has made a commit.
        ///
        /// With its first reader the store begins to listen for them, on a connection of its own.
        public nonisolated func news() -> AsyncStream<Void> {
            let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
            Task { await addReader(continuation) }
            return stream
        }
    }
#endif
