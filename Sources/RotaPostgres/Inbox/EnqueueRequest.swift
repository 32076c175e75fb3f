#if Postgres
    import Foundation
    import Rota
    import RotaCore
    import RotaStore

    /// A request that another program left by the SQL function `enqueue`.
    ///
    /// ```
    ///   BEGIN                                            inbox                 an instance
    ///   INSERT INTO orders …
    ///   SELECT rota.enqueue('receipt', '{"order": 7}') ──▶ mark, JSON
    ///   COMMIT                                             ──────────────────▶ finds the queue, queues the execution
    /// ```
    struct EnqueueRequest: Decodable, Sendable {
        var queue: String
        /// The JSON of the payload, as text.
        var payload: String?
        var idempotencyKey: String?
        /// In seconds since 1970, as all dates of the request.
        var dueAt: Double?
        var priority: Int?
        var concurrencyKey: String?
        /// In seconds.
        var timeToLive: Double?
        var author: String?
        var requestedAt: Double

        /// Reads a record of the inbox.
        ///
        /// - Returns: `nil` if the record was not left by the function.
        /// - Throws: `RecordFormatError` if the JSON is not a request, or of a later version.
        init?(_ record: [UInt8]) throws {
            let mark = PostgresSchema.requestMark
            guard record.starts(with: mark.dropLast()) else { return nil }
            guard record.dropFirst(mark.count - 1).first == mark.last else {
                throw RecordFormatError("a request has a later version", isLaterFormat: true)
            }
            do {
                self = try JSONDecoder().decode(EnqueueRequest.self, from: Data(record.dropFirst(mark.count)))
            } catch {
                throw RecordFormatError("a request is not what the SQL function `enqueue` writes: \(error)")
            }
        }

        /// The execution that was asked for.
        ///
        /// - Throws: `SchedulerError` if there is no such queue, or its job does not allow the request.
        func execution(id: UInt128, in state: StoreState) throws -> Execution {
            guard let job = state.job(slug: queue, project: nil) else {
                throw SchedulerError(
                    .jobNotFound,
                    "No queue has the slug \"\(queue)\" and no project. Declare it with `JobDraft(queue: \"\(queue)\")`.",
                    value: queue)
            }
            var request = TriggerRequest(
                payload: try payload.map { try JSONPayload(json: Data($0.utf8)) },
                at: dueAt.map { Date(timeIntervalSince1970: $0) }, priority: priority, concurrencyKey: concurrencyKey,
                idempotencyKey: idempotencyKey, timeToLive: timeToLive.map { Duration(clamping: $0) })
            request.author = author
            let now = Date(timeIntervalSince1970: requestedAt)
            guard EnqueueRecord.allows(now) else {
                throw RecordFormatError("a request must have a date in the years 1 to 9999")
            }
            return try request.execution(of: job, id: ExecutionID(bits: id), at: now, depth: 0, batch: nil)
        }
    }
#endif
