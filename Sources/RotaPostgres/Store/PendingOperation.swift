#if Postgres
    import Foundation
    import RotaCore
    import RotaStore

    /// An operation that waits for the next round.
    struct PendingOperation: Sendable {
        /// The largest size of the changes of one operation, in bytes.
        static let sizeLimit = 1 << 26

        /// Whether it changes nothing, so that it needs no lock.
        let isQuery: Bool
        /// Whether it asks for due work itself, so that news of other instances need not wake its scheduler.
        let seesNews: Bool
        /// The caller's date, to be compared with the server's clock, and when it was read by the environment's clock.
        let date: (date: CallerDate, readAt: Duration)?
        /// Runs it on the state, and appends its changes to those of the round.
        ///
        /// - Returns: Resumes the caller with the outcome.
        let run: @Sendable (inout StoreState, inout [UInt8], PostgresJobStore.Facts) throws -> @Sendable () -> Void
        /// Resumes the caller with an error.
        let fail: @Sendable (any Error) -> Void

        /// How far the caller's clock is at least ahead of the server's, or behind it if negative.
        ///
        /// The server read its clock between the sending of the question and the arrival of the answer.
        func skew(_ facts: PostgresJobStore.Facts) -> Duration? {
            guard let (caller, readAt) = date else { return nil }
            func distance(at instant: Duration) -> Duration {
                caller.date.advanced(by: instant - readAt).elapsed(since: facts.date)
            }
            let (ahead, behind) = (distance(at: facts.sentAt), distance(at: facts.receivedAt))
            if ahead > .zero { return ahead }
            return if case .now = caller { min(behind, .zero) } else { .zero }
        }
    }

    /// A date of the caller's clock.
    enum CallerDate: Sendable {
        /// The current date.
        case now(Date)
        /// A date that has come: the clock shows this or a later one.
        case atMost(Date)

        var date: Date {
            switch self {
            case .now(let date), .atMost(let date): date
            }
        }
    }

    extension PostgresJobStore {
        /// Performs an operation in the next round, and returns when its changes are committed.
        ///
        /// - Parameters:
        ///   - definitions: The definitions in the operation, encoded by the caller's task.
        ///   - date: The caller's date, to be compared with the server's clock.
        ///   - seesNews: Whether the operation asks for due work itself.
        nonisolated func commit<Outcome: Sendable>(
            _ definitions: [JobID: [UInt8]] = [:], dated date: CallerDate?, seesNews: Bool = false,
            _ operation: @escaping @Sendable (inout StoreState, inout ChangeLog, Facts) throws -> Outcome
        ) async throws -> Outcome {
            let readAt = environment.elapsed()
            return try await withCheckedThrowingContinuation { caller in
                submit(
                    PendingOperation(
                        isQuery: false, seesNews: seesNews, date: date.map { ($0, readAt) },
                        run: { state, changes, facts in
                            var log = ChangeLog(encodingWith: definitions, limit: PendingOperation.sizeLimit)
                            let outcome = Result { try operation(&state, &log, facts) }
                            do { changes += try log.encoded() } catch { throw RoundError.unencodable(error) }
                            return { caller.resume(with: outcome) }
                        }, fail: { caller.resume(throwing: $0) }))
            }
        }

        /// Runs a query on the records as they are now in the database.
        nonisolated func query<Outcome: Sendable>(
            dated date: CallerDate?, seesNews: Bool = false,
            _ body: @escaping @Sendable (inout StoreState, Facts) throws -> Outcome
        ) async throws -> Outcome {
            let readAt = environment.elapsed()
            return try await withCheckedThrowingContinuation { caller in
                submit(
                    PendingOperation(
                        isQuery: true, seesNews: seesNews, date: date.map { ($0, readAt) },
                        run: { state, _, facts in
                            let outcome = Result { try body(&state, facts) }
                            return { caller.resume(with: outcome) }
                        }, fail: { caller.resume(throwing: $0) }))
            }
        }
    }
#endif
