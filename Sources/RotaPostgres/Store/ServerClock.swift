#if Postgres
    import Foundation
    import RotaCore
    import RotaStore

    // The dates of callers, by the server's clock. A result that a wrong clock has dated is still a result,
    // and must not be lost, but its retry must not wait until the server's clock is there:
    //
    //     server's now                                   caller's now      retry
    //     ─────┼──────────────────────────────────────────────┼──────────────┼─────▶     as planned
    //          ├─ the same delay ─▶│                                                     as recorded

    extension PostgresJobStore.Facts {
        /// How far a date is ahead of the server's clock, or `nil` if that is allowed.
        private func lead(of other: Date) -> Duration? {
            guard case .within(let limit) = clockCheck, case let lead = other.elapsed(since: date), lead > limit else {
                return nil
            }
            return lead
        }

        /// A date that was planned from another one, as if it were planned now.
        ///
        /// Those before it stay.
        private func moved(_ other: Date, from origin: Date) -> Date {
            other >= origin ? date.addingTimeInterval(other.timeIntervalSince(origin)) : other
        }

        /// Renewals whose leases last from the server's date on.
        func dated(_ renewals: [LeaseRenewal]) -> [LeaseRenewal] {
            guard clockCheck != .off else { return renewals }
            return renewals.map { renewal in
                guard let requestedAt = renewal.requestedAt else { return renewal }
                var renewal = renewal
                renewal.expiresAt = date.advanced(by: renewal.expiresAt.elapsed(since: requestedAt))
                if let beat = renewal.heartbeatAt, lead(of: beat) != nil {
                    renewal.heartbeatAt = date.advanced(by: min(.zero, beat.elapsed(since: requestedAt)))
                }
                return renewal
            }
        }

        /// A claim whose leases last from the server's date on, however long it has waited.
        func dated(_ claim: ClaimRequest) -> ClaimRequest {
            guard clockCheck != .off else { return claim }
            var claim = claim
            claim.leaseExpiresAt = date.advanced(by: claim.leaseExpiresAt.elapsed(since: claim.now))
            return claim
        }

        /// Claims as their caller sees them: it compares the ends of the leases with its own clock.
        ///
        /// ```
        ///   server's   ──┼──── lease ────┤          stored
        ///   caller's            ──┼──── lease ────┤ returned
        /// ```
        ///
        /// - Parameters:
        ///   - claims: The claims with leases by the server's clock.
        ///   - request: The request for them.
        ///   - askedAt: When it was made, by the environment's clock.
        func returned(_ claims: [Claim], to request: ClaimRequest?, askedAt: Duration) -> [Claim] {
            guard clockCheck != .off, let request else { return claims }
            // At least that much, because the server read its clock after it was asked: a lease never seems longer.
            let ahead = request.now.advanced(by: sentAt - askedAt).elapsed(since: date)
            var claims = claims
            for index in claims.indices {
                claims[index].lease.expiresAt = claims[index].leaseExpiresAt.advanced(by: ahead)
            }
            return claims
        }

        /// Ends of attempts, none of them still to come.
        ///
        /// A repeated end gets another date, so only its lease and its attempt identify it.
        ///
        /// - Parameter mayRepeat: Whether they may be repeated after a lost answer.
        func dated(_ completions: [Completion], mayRepeat: Bool = true) -> [Completion] {
            guard clockCheck != .off else { return completions }
            return completions.map { completion in
                var result = completion
                result.comparesDates = !mayRepeat
                guard lead(of: completion.date) != nil else { return result }
                result.date = date
                result.next =
                    switch completion.next {
                    case .retry(let retry, let failure):
                        .retry(at: moved(retry, from: completion.date), after: failure)
                    case .released(let end): .released(until: moved(end, from: completion.date))
                    case .waiting(let end): .waiting(until: end.map { moved($0, from: completion.date) })
                    case .succeeded, .failed, .canceled: completion.next
                    }
                if let attempt = completion.attempt, attempt.startedAt > date {
                    result.attempt = attempt.began(at: date.advanced(by: .zero - max(.zero, attempt.duration)))
                }
                return result
            }
        }

        /// A turn with everything of it dated.
        func dated(_ turn: StoreTurn) -> StoreTurn {
            guard clockCheck != .off else { return turn }
            var turn = turn
            turn.completions = dated(turn.completions)
            turn.renewals = dated(turn.renewals)
            turn.claim = turn.claim.map { dated($0) }
            turn.due?.leasesBy = date
            return turn
        }

        /// A request of another program, which was not made later than now.
        func dated(_ execution: Execution) -> Execution {
            guard lead(of: execution.createdAt) != nil else { return execution }
            var progress = execution.progress
            progress.dueAt = moved(progress.dueAt, from: execution.createdAt)
            progress.expiresAt = progress.expiresAt.map { moved($0, from: execution.createdAt) }
            return Execution(
                id: execution.id, jobID: execution.jobID, jobName: execution.jobName, jobVersion: execution.jobVersion,
                source: execution.source, scheduledFor: moved(execution.scheduledFor, from: execution.createdAt),
                createdAt: date, payload: execution.payload, metadata: execution.metadata, details: execution.details,
                progress: progress, attempts: [])
        }
    }

    extension PostgresJobStore {
        /// Compares the date of a request that is not yet sent with the server's clock, as far as that is known.
        ///
        /// - Throws: `StoreError` with the code `skewedClock` if it is still to come by more than is allowed.
        func checkClock(_ date: Date) throws {
            guard let clock = clock?.clock else { return }
            let ahead = date.elapsed(since: environment.now().advanced(by: clock.offset)) - clock.uncertainty
            if ahead > .zero, let error = clockCheck.error(for: ahead) { throw error }
        }
    }
#endif
