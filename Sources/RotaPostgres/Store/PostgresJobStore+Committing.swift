#if Postgres
    import RotaStore

    extension PostgresJobStore {
        /// Appends the changes of a round, and makes sure that they are in the database.
        func append(
            _ changes: [UInt8], _ others: [PostgresStatement], _ connection: PostgresConnection, isWhole: Bool = true
        ) throws {
            guard let position = replica.position else { throw RoundError.notCommitted }
            // A log that was not tampered with never comes near the largest number.
            let next = LogPosition(sequence: position.sequence &+ 1, id: environment.makeCommitID())
            let hint = hint()
            let statements =
                [log.append(next, writer: environment.writer, changes: changes)] + others + ["COMMIT"] + hint
            let error: PostgresError
            do throws(PostgresError) {
                try connection.perform(statements, deadline: deadline)
                return replica.advance(to: next, by: changes.count)
            } catch let failure {
                error = failure
            }
            if error.confirmedStatements >= statements.count - hint.count {
                // The commit was confirmed. What follows it was not: the hint, or the end of the round trip.
                if !connection.isBroken { giveUpHints() }
                return replica.advance(to: next, by: changes.count)
            }
            guard error.isOutcomeUnknown || connection.isBroken else { throw error }
            uncertain = UncertainCommit(position: next, changes: changes, others: others, isWhole: isWhole)
            drop()
            do {
                try settle(try connected())
            } catch let second as PostgresError {
                // Without an answer it stays unknown. With one, the transaction was rolled back for good.
                let isUnknown = error.isOutcomeUnknown || second.isOutcomeUnknown
                if !isUnknown { uncertain = nil }
                throw second.withOutcome(unknown: isUnknown)
            }
        }

        /// Finds out whether an uncertain commit was made, and makes it if it was not and no other one came first.
        ///
        /// The lock tells that its first transaction has ended, one way or the other.
        func settle(_ connection: PostgresConnection) throws {
            guard let commit = uncertain, let position = replica.position else { return }
            let results = try connection.perform(
                log.begin() + [log.lock, log.commits(after: position)], deadline: deadline)
            var rows: [LogPosition] = []
            for row in results[results.count - 1] { rows.append(try CommitRow(row).position) }
            if rows.contains(commit.position) {
                // It is known now, even if the connection breaks at once.
                if (try? connection.perform(["ROLLBACK"], deadline: deadline)) == nil { drop() }
            } else if rows == [position], commit.isWhole {
                try connection.perform(
                    [log.append(commit.position, writer: environment.writer, changes: commit.changes)]
                        + commit.others + ["COMMIT"],
                    deadline: deadline)
            } else {
                // If the commit before it is no longer there, it may have been removed together with it.
                let isKnown = rows.first == position
                uncertain = nil
                invalidate()
                try connection.perform(["ROLLBACK"], deadline: deadline)
                throw isKnown ? RoundError.notCommitted : .outcomeUnknown
            }
            replica.advance(to: commit.position, by: commit.changes.count)
            uncertain = nil
            // The one that followed the commit may be lost.
            oweHint(for: .zero)
        }
    }
#endif
