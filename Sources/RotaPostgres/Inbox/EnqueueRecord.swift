#if Postgres
    import Foundation
    import Rota
    import RotaCore
    import RotaStore

    /// An execution on its way through the inbox: the change that puts it.
    ///
    /// Any program that may write to the inbox can leave one there. So it is taken only if a request could have made
    /// it.
    enum EnqueueRecord {
        static func bytes(_ execution: Execution) throws -> [UInt8] {
            var writer = RecordWriter()
            try Change.putExecution(execution).write(to: &writer)
            return writer.bytes
        }

        /// The largest size of a request in bytes.
        static let sizeLimit = 1 << 24
        /// Why a larger one is refused.
        static let sizeReason = "A request must have at most 16 MiB."
        private static let years = -62_135_596_800...253_402_300_799.0
        /// How far an identifier may be ahead of the clock, and of those that exist.
        static let longestLead = Duration.seconds(86_400)

        /// Whether a request may have a date: whether it is in the years 1 to 9999.
        static func allows(_ date: Date) -> Bool {
            // By its number, because a range of dates contains one that is not a number.
            years.contains(date.timeIntervalSince1970)
        }

        /// - Throws: `RecordFormatError` unless the bytes are one execution that has not begun, with this identifier.
        static func execution(_ bytes: [UInt8], id: UInt128) throws -> Execution {
            var found: [Execution] = []
            try bytes.withUnsafeBytes { bytes in
                try Change.read(bytes) { change in
                    guard case .putExecution(let execution) = change else {
                        throw RecordFormatError("a request must be an execution")
                    }
                    found.append(execution)
                }
            }
            guard found.count == 1, found[0].id.bits == id else {
                throw RecordFormatError("a request is not one execution with the identifier of its row")
            }
            let execution = found[0]
            let dates = [
                execution.scheduledFor, execution.createdAt, execution.progress.dueAt, execution.progress.expiresAt,
            ]
            guard dates.allSatisfy({ $0.map(allows) ?? true }) else {
                throw RecordFormatError("a request has dates outside the years 1 to 9999")
            }
            guard execution.progress == requestedProgress(of: execution), execution.attempts.isEmpty,
                !execution.hasPinnedDefinition
            else {
                throw RecordFormatError("a request must be a queued execution that has not begun")
            }
            guard execution.details == requestedDetails(of: execution), execution.details.lineageDepth >= 0 else {
                throw RecordFormatError("a request has details that only the scheduler sets")
            }
            return execution
        }

        /// The progress that a request with these dates makes.
        private static func requestedProgress(of execution: Execution) -> ExecutionProgress {
            var progress = ExecutionProgress(dueAt: execution.progress.dueAt)
            progress.expiresAt = execution.progress.expiresAt
            if execution.progress.trail != nil { progress.trail = ExecutionTrail() }
            return progress
        }

        /// The details that a request can set.
        private static func requestedDetails(of execution: Execution) -> ExecutionDetails {
            let given = execution.details
            var details = ExecutionDetails()
            (details.continuationOf, details.parentID) = (given.continuationOf, given.parentID)
            (details.lineageDepth, details.priority) = (given.lineageDepth, given.priority)
            (details.concurrencyKey, details.idempotencyKey) = (given.concurrencyKey, given.idempotencyKey)
            (details.dependencyKey, details.uniqueness) = (given.dependencyKey, given.uniqueness)
            (details.tags, details.createdBy) = (given.tags, given.createdBy)
            details.overrides = given.overrides
            return details
        }

        /// Checks that its job allows it, as when a request for it is made.
        ///
        /// - Throws: The error of the request.
        static func check(_ execution: Execution, in state: StoreState) throws {
            // Without its job it cannot be queued either.
            guard let job = state.jobs[execution.jobID] else { return }
            guard (0...max(0, job.version)).contains(execution.jobVersion) else {
                throw RecordFormatError(
                    "a request is for version \(execution.jobVersion) of its job, which has \(job.version)")
            }
            // It may have been made before the job's latest change, and was right then.
            let seen = state.job(job, asSeenBy: execution)
            let details = execution.details
            var request = TriggerRequest(
                payload: try execution.payload.map { try JSONPayload(json: $0.json) }, at: execution.scheduledFor,
                priority: details.priority, concurrencyKey: details.concurrencyKey,
                idempotencyKey: details.idempotencyKey, uniqueness: details.uniqueness)
            (request.source, request.dependencyKey) = (execution.source, details.dependencyKey)
            (request.tags, request.overrides) = (details.tags ?? [:], details.overrides)
            (request.author, request.parentID) = (details.createdBy, details.parentID)
            request.continuationOf = details.continuationOf
            if let uniqueness = details.uniqueness, uniqueness.comparesPayloads {
                guard (1...255).contains(uniqueness.key.utf8.count) else {
                    throw RecordFormatError("a request has no key of its payload")
                }
                // Beside an idempotency key, it is that of the job's window.
                let span = uniqueness.span ?? .zero
                request.uniqueness = details.idempotencyKey == nil ? .samePayload(for: span) : nil
                guard span > .zero, span <= .seconds(2_592_000) else {
                    throw RecordFormatError("a request is unique for \(span.inSeconds) s, not for up to 30 days")
                }
            }
            try request.validate(for: seen, depth: details.lineageDepth)
        }

        /// Checks that later identifiers will not all have to be as far ahead.
        ///
        /// - Parameters:
        ///   - id: The identifier, which tells a time if it is a UUID of version 7.
        ///   - newest: The newest identifier that exists, which may be ahead already.
        ///   - date: The server's date.
        /// - Throws: `RecordFormatError` if it is far ahead of both.
        static func check(id: UInt128, newest: UInt128?, at date: Date) throws {
            func time(_ id: UInt128) -> Date? {
                id >> 76 & 0xf == 7
                    ? Date(timeIntervalSince1970: Double(UInt64(truncatingIfNeeded: id >> 80)) / 1000) : nil
            }
            let latest = max(date, newest.flatMap(time) ?? date).advanced(by: longestLead)
            guard let time = time(id), time > latest else { return }
            throw RecordFormatError(
                "a request has an identifier of \(ISO8601.description(time)), which is still to come")
        }
    }
#endif
