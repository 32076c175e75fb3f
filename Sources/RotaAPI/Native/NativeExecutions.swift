import Foundation
import Rota
import RotaCore
import RotaHTTP
import RotaRetry
import RotaStore

/// Rota's own routes for executions, and for what makes them.
enum NativeExecutions {
    static let listQuery: [QueryParameter] = [
        .choices("status", "Only these", ExecutionStatus.allCases.map(\.rawValue)),
        QueryParameter("source", "Only of these sources, such as schedule or manual; several separated by commas"),
        .date("from", "Only those scheduled for this date or later"),
        .date("to", "Only those scheduled for an earlier date"),
        QueryParameter("job", "Only those of this job: its identifier, slug or name"),
        QueryParameter("search", "Only those of jobs whose name contains this, in any case"),
        QueryParameter("tag", "Only with this tag, as name:value; repeat it for several"),
        QueryParameter("dead", "Only dead letters: failures that were neither replayed nor discarded", Schema.bool),
        .choice("sort", "created_at, the default, or scheduled_for", ["created_at", "scheduled_for"]),
        .choice("order", "desc, the default, or asc", ["asc", "desc"]), .limit(1...1_000, else: 50),
        QueryParameter("cursor", "Where to continue: the `next` of the page before"),
    ]

    static let routes: [Route] = [
        Route(
            .get, "/_rota/executions", "rotaListExecutions", .read, "List executions", query: listQuery,
            answer: NativeSchema.page(of: NativeSchema.execution)
        ) { call in
            var query = try await NativeQuery.executions(call.query, call)
            query.limit = try call.query.int("limit", in: 1...1_000, else: 50)
            query.after = try call.cursor()
            let page = try await call.scheduler.executions(query)
            return .json(
                NativeRecord.page(page.items.map(NativeRecord.execution), next: page.next?.description))
        },
        Route(
            .get, "/_rota/executions/{id}", "rotaGetExecution", .read, "Read an execution with its attempts",
            answer: NativeSchema.execution
        ) { .json(NativeRecord.details(try await $0.foundExecution())) },
        Route(
            .get, "/_rota/executions/{id}/explain", "rotaExplainExecution", .read,
            "Explain what an execution is waiting for, or how it ended", answer: NativeSchema.explanation
        ) { call in
            let told = try await call.scheduler.explain(call.foundExecution().id)
            return .json(["text": .string(ClientWording.text(told.description))])
        },
        Route(
            .post, "/_rota/executions/{id}/cancel", "rotaCancelExecution", .trigger, "Cancel an execution",
            body: Schema.object([("reason", Schema.text(0...2_000))]), answer: NativeSchema.execution
        ) { call in
            let fields = try call.fields()
            try fields.refuseOthers(than: ["reason"])
            let id = try await call.foundExecution().id
            let canceled = try await cancel(id, reason: fields.text("reason", length: 0...2_000), in: call)
            return .json(NativeRecord.execution(canceled))
        },
        Route(
            .post, "/_rota/executions/{id}/replay", "rotaReplayExecution", .trigger, "Run an execution's job again",
            body: Schema.object([("idempotencyKey", Schema.key)]), answer: NativeSchema.execution,
            status: 201, isRepeatable: true, obeys: .key
        ) { call in
            try call.fields().refuseOthers(than: ["idempotencyKey"])
            let (replay, isNew) = try await call.replay(call.foundExecution().id)
            return APIResponse.json(NativeRecord.execution(replay), status: isNew ? 201 : 200)
        },
        Route(
            .post, "/_rota/executions/{id}/answer", "rotaAnswerExecution", .trigger,
            "Complete a waiting execution as succeeded or failed",
            body: Schema.object([
                ("outcome", Schema.choice(["succeeded", "failed"])), ("output", Schema.anything),
                ("message", Schema.text(1...2_000)),
            ]), answer: NativeSchema.execution, answer),
        Route(
            .post, "/_rota/jobs/{id}/run", "rotaRunJob", .trigger, "Run a job now or at a date",
            body: NativeSchema.run, answer: NativeSchema.execution, status: 201, isRepeatable: true,
            obeys: [.key, .match], run),
        Route(
            .post, "/_rota/jobs/{id}/backfill", "rotaBackfillJob", .trigger,
            "Run the occurrences of a job in a past range",
            body: Schema.object(
                [
                    ("from", Schema.date), ("to", Schema.date), ("overlap", Schema.choice(["serial", "parallel"])),
                    ("limit", Schema.integer(1...Scheduler.maximumBackfill)),
                ], required: ["from", "to"]), answer: Schema.object, status: 201, obeys: .match, backfill),
    ]

    /// Cancels an execution, or says that it has ended otherwise.
    static func cancel(_ id: ExecutionID, reason: String?, in call: APICall) async throws -> Execution {
        let execution = try await call.scheduler.cancel(id, reason: reason)
        switch execution.status {
        case .succeeded, .failed, .expired:
            throw APIError(
                .conflict, "The execution \(id) cannot be canceled: it has ended, as \(execution.status.rawValue).")
        case .queued, .running, .waiting, .canceled: return execution
        }
    }

    private static let answer: Route.Handler = { call in
        let fields = try call.fields()
        try fields.refuseOthers(than: ["outcome", "output", "message"])
        let next: ExternalCompletion.Next
        switch try fields.required("outcome") {
        case "succeeded": next = .succeeded
        case "failed":
            let message = try fields.text("message", length: 1...2_000) ?? "It was completed as failed from outside."
            next = .failed(ExecutionFailure(kind: .handlerError, message: message))
        default: throw fields.fail("outcome", "outcome must be succeeded or failed.")
        }
        let output = try fields.json("output").map { try JSONPayload($0) }
        let execution = try await call.scheduler.complete(call.foundExecution().id, as: next, output: output)
        return .json(NativeRecord.details(execution))
    }

    private static let run: Route.Handler = { call in
        let fields = try call.fields()
        try fields.refuseOthers(than: [
            "payload", "at", "idempotencyKey", "priority", "concurrencyKey", "tags", "metadata", "keepsTrail",
        ])
        var request = TriggerRequest()
        request.payload = try fields.json("payload").map { try JSONPayload($0) }
        request.at = try fields.text("at").map { text in
            guard let date = RelativeDate.parse(text, now: call.now) else {
                throw fields.fail("at", "at must be a date such as 2026-03-15T10:00:00Z, or now+2h.")
            }
            return date
        }
        request.priority = try fields.int("priority", in: 0...10)
        request.concurrencyKey = try fields.text("concurrencyKey", length: 1...256)
        request.tags = try fields.texts("tags") ?? [:]
        request.metadata = try fields.texts("metadata") ?? [:]
        request.keepsTrail = try fields.bool("keepsTrail") ?? false
        let job = try await call.find(call.parameter("id"))
        let (execution, isNew) = try await call.trigger(job, request, fields)
        return .json(NativeRecord.execution(execution), status: isNew ? 201 : 200)
    }

    private static let backfill: Route.Handler = { call in
        let fields = try call.fields()
        try fields.refuseOthers(than: ["from", "to", "overlap", "limit"])
        guard let from = try fields.date("from"), let to = try fields.date("to"), from <= to else {
            throw fields.fail("from", "from and to are required: two dates, the earlier first.")
        }
        let overlap: Scheduler.BackfillResult.Overlap =
            switch try fields.text("overlap") {
            case nil, "serial": .serial
            case "parallel": .parallel
            default: throw fields.fail("overlap", "overlap must be serial or parallel.")
            }
        let result = try await call.scheduler.backfill(
            call.foundJob().id, from..<to, overlap: overlap,
            limit: fields.int("limit", in: 1...Scheduler.maximumBackfill) ?? 1_000, author: call.caller.actor)
        return .json(
            [
                "batchID": .string(result.id.description), "created": .int(result.created),
                "items": .array(result.outcomes.map { NativeRecord.execution($0.execution) }),
            ], status: 201)
    }
}
