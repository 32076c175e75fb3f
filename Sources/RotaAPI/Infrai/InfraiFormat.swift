import Foundation
import Rota
import RotaCore
import RotaHTTP
import RotaProfiles
import RotaStore

/// Infrai's API: a verb in every path, two forms of a job, everything in an envelope that says whether it went well.
struct InfraiFormat: APIFormat {
    let service = ServiceProfile.infrai
    let basePath = "/v1/cron"
    let ids = IdentifierForm.prefixed(job: "cron_", execution: "run_")

    func response(to error: APIError, requestID: String) -> APIResponse {
        let hints = error.details.filter { $0.message != error.message }.map { "\($0.field): \($0.message)" }
        let fields = error.details.map(\.field).filter { !$0.isEmpty }
        let hint = hints.isEmpty ? fields.joined(separator: ", ") : hints.joined(separator: "; ")
        return .json(
            [
                "ok": false, "data": .null,
                "error": [
                    "code": .string(error.word.uppercased()), "message": .string(error.message),
                    "hint": hint.isEmpty ? .null : .string(hint),
                ],
                "metadata": ["request_id": .string(requestID)],
            ], status: error.status)
    }

    func finish(_ response: APIResponse, of call: APICall) -> APIResponse {
        guard let data = try? JSONValue(parsing: Array(response.body)) else { return response }
        let latency = call.scheduler.now.elapsed(since: call.now)
        var finished = response
        let envelope: JSONValue = [
            "ok": true, "data": data, "error": .null,
            "metadata": ["request_id": .string(call.requestID), "latency_ms": .milliseconds(max(.zero, latency))],
        ]
        finished.body = Data(envelope.text.utf8)
        return finished
    }

    var routes: [Route] {
        [
            Route(
                .post, "/v1/cron/create", "createCron", .write, "Create a job", body: InfraiSchema.newJob,
                answer: InfraiSchema.ok(InfraiSchema.listed), obeys: .key, Self.create),
            Route(
                .get, "/v1/cron/list", "listCrons", .read, "List jobs", query: InfraiSchema.paging,
                answer: InfraiSchema.ok(InfraiSchema.list(of: InfraiSchema.listed)), Self.list),
            Route(
                .get, "/v1/cron/get/{id}", "getCron", .read, "Read a job", answer: InfraiSchema.ok(InfraiSchema.job)
            ) { call in
                let job = try await call.job()
                return .json(InfraiRecord.job(job, for: call)).with(header: "ETag", ETag.text(job))
            },
            Route(
                .patch, "/v1/cron/update/{id}", "updateCron", .write, "Change a job", body: InfraiSchema.changedJob,
                answer: InfraiSchema.ok(InfraiSchema.job), obeys: [.key, .match], Self.update),
            Route(
                .delete, "/v1/cron/delete/{id}", "deleteCron", .write, "Delete a job and its runs",
                answer: InfraiSchema.ok(InfraiSchema.deleted), obeys: .match, Self.delete),
            Route(
                .post, "/v1/cron/pause/{id}", "pauseCron", .write, "Pause a job",
                answer: InfraiSchema.ok(InfraiSchema.switched), obeys: [.key, .match]
            ) { call in .json(InfraiRecord.state(try await call.pause(call.fields()), showsNext: false)) },
            Route(
                .post, "/v1/cron/resume/{id}", "resumeCron", .write, "Resume a job",
                answer: InfraiSchema.ok(InfraiSchema.switched), obeys: [.key, .match]
            ) { call in .json(InfraiRecord.state(try await call.resume(call.fields()), showsNext: true)) },
            Route(
                .post, "/v1/cron/trigger/{id}", "triggerCron", .trigger, "Run a job now",
                answer: InfraiSchema.ok(InfraiSchema.run), obeys: [.key, .match], Self.trigger),
            Route(
                .get, "/v1/cron/runs/get/{id}/{execution}", "getRun", .read, "Read an execution",
                answer: InfraiSchema.ok(InfraiSchema.run)
            ) { .json(InfraiRecord.run(try await Self.run($0))) },
            Route(
                .get, "/v1/cron/runs/list/{id}", "listRuns", .read, "List the runs of a job, the newest first",
                query: InfraiSchema.paging, answer: InfraiSchema.ok(InfraiSchema.list(of: InfraiSchema.run)),
                Self.listRuns),
            Route(
                .get, "/v1/cron/retention/get/{id}", "getRetention", .read, "Read how long runs are kept",
                answer: InfraiSchema.ok(InfraiSchema.retention)
            ) { .json(InfraiRecord.retention(of: try await $0.job())) },
            Route(
                .put, "/v1/cron/retention/set/{id}", "setRetention", .write, "Set how long runs are kept",
                body: InfraiSchema.newRetention, answer: InfraiSchema.ok(InfraiSchema.retention),
                obeys: [.key, .match], Self.setRetention),
        ]
    }

    private static let create: Route.Handler = { call in
        let fields = try call.fields()
        let (job, _) = try await call.create(JobDraft(InfraiReader(fields).definition(changing: nil)), fields)
        return APIResponse.json(InfraiRecord.listed(job, for: call))
            .with(header: "ETag", ETag.text(job))
    }

    private static let list: Route.Handler = { call in
        let limit = try call.query.int("limit", in: 1...100, else: 50)
        let page = try await call.scheduler.jobs(JobQuery(limit: limit, after: call.cursor()))
        return list(page.items.map { InfraiRecord.listed($0, for: call) }, next: page.next)
    }

    private static func list(_ items: [JSONValue], next: PageCursor?) -> APIResponse {
        .json(.record([("items", .array(items)), ("next_cursor", next.map { .string($0.description) })]))
    }

    private static let update: Route.Handler = { call in
        let fields = try call.fields()
        let reader = InfraiReader(fields)
        let job = try await call.update(call.jobToChange(fields), fields) { definition in
            definition = try reader.definition(changing: definition)
        }
        return .json(InfraiRecord.job(job, for: call)).with(header: "ETag", ETag.text(job))
    }

    /// A second time it answers the same, as it does for a job that never was.
    private static let delete: Route.Handler = { call in
        let id = try call.jobID()
        do {
            let job = try await call.scheduler.job(id)
            try call.checkMatch(job)
            try await call.delete(job)
        } catch let error as SchedulerError where error.code == .jobNotFound {}
        return .json(["cron_id": InfraiRecord.ids.text(id), "deleted": true])
    }

    private static let trigger: Route.Handler = { call in
        let (run, _) = try await call.trigger(TriggerRequest(), call.fields())
        return APIResponse.json(InfraiRecord.run(run))
    }

    private static func run(_ call: APICall) async throws -> Execution {
        let (job, run) = (try await call.job(), try await call.execution())
        guard run.jobID == job.id else { throw APIError.missing("run") }
        return run
    }

    private static let listRuns: Route.Handler = { call in
        let job = try await call.job()
        let limit = try call.query.int("limit", in: 1...100, else: 50)
        let page = try await call.runs(ExecutionQuery(jobID: job.id, after: call.cursor()), limit: limit)
        return list(page.items.map(InfraiRecord.run), next: page.next)
    }

    private static let setRetention: Route.Handler = { call in
        let fields = try call.fields()
        try fields.refuseOthers(than: ["retention_days", "cron_id", "idempotency_key"])
        guard let days = try fields.int("retention_days", in: 0...36_500) else {
            throw fields.fail("retention_days", "retention_days is required.")
        }
        let job = try await call.update(call.jobToChange(fields), fields) { $0.retention = .days(days) }
        return .json(InfraiRecord.retention(of: job))
    }
}
