#if Postgres
    import Foundation
    import RotaCore
    import RotaStore

    /// Why a round of operations failed, besides the errors of the connection.
    enum RoundError: Error {
        /// The changes of the round are larger than a commit may be.
        case tooLarge
        /// The changes are not in the database, and others came instead.
        case notCommitted
        /// The commits that would tell are no longer there.
        case outcomeUnknown
        /// There are so many new commits that reading them takes too long under the lock.
        case isBehind
        /// The copy must be read again, which takes too long under the lock.
        case needsReload
        /// The changes of an operation cannot be encoded.
        case unencodable(any Error)

        /// Whether one operation is to blame, and the others of the round may succeed.
        var concernsOne: Bool {
            switch self {
            case .tooLarge, .unencodable: true
            case .notCommitted, .outcomeUnknown, .isBehind, .needsReload: false
            }
        }

        /// The error of operations that were not sent, because of an error of those before them.
        static func unsent(_ error: any Error) -> any Error {
            switch error {
            case let error as PostgresError: error.withOutcome(unknown: false)
            case Self.outcomeUnknown: Self.notCommitted
            default: error
            }
        }

        /// The error that a caller gets.
        static func forCaller(_ error: any Error) -> any Error {
            switch error {
            case is StoreError: return error
            case let error as PostgresError:
                if error.isOutcomeUnknown {
                    return StoreError(
                        .outcomeUnknown,
                        "The answer of PostgreSQL was lost, so the operation may have happened. \(error)")
                }
                if error.code == .missingRelation {
                    return StoreError(
                        .incompatibleSchema,
                        "A table of the store is missing. Restore it, or create the tables with "
                            + "`PostgresJobStore.migrate(_:schema:)`. \(error)")
                }
                return StoreError(.unavailable, "PostgreSQL cannot be used now, and nothing happened. \(error)")
            case Self.tooLarge:
                return PostgresError(
                    .invalidValue,
                    "The operation changes more than 64 MiB of records, which no commit takes. Do it in smaller steps.")
            case Self.notCommitted:
                return StoreError(
                    .unavailable, "The connection to PostgreSQL was lost before the commit, and nothing happened.")
            case Self.outcomeUnknown:
                return StoreError(
                    .outcomeUnknown,
                    "The answer of PostgreSQL was lost, and the log of commits no longer tells whether the operation has "
                        + "happened.")
            case let error as RecordFormatError where error.isLaterFormat:
                return StoreError(
                    .incompatibleSchema,
                    "The database has a commit of a later version of Rota (\(error.message)). Update Rota.")
            case Self.needsReload, Self.isBehind:
                return StoreError(
                    .unavailable,
                    "The log of commits changes faster than it can be read, and nothing happened. Try again.")
            case Self.unencodable(let error): return error
            default: return error
            }
        }
    }

    extension PostgresJobStore.ClockCheck {
        /// The error of an operation whose caller's clock differs too much from the server's.
        ///
        /// - Parameter skew: How far it is ahead, or behind if negative.
        func error(for skew: Duration?) -> StoreError? {
            guard case .within(let limit) = self, let skew else { return nil }
            let size = skew < .zero ? .zero - skew : skew
            guard size > limit else { return nil }
            return StoreError(
                .skewedClock,
                "The clock of this machine is \(size.text) \(skew < .zero ? "behind" : "ahead of") that of the database "
                    + "server, and up to \(limit.text) are allowed. Synchronize both with NTP.")
        }
    }
#endif
