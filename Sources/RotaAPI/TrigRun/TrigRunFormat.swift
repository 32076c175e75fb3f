import Foundation
import Rota
import RotaHTTP
import RotaProfiles
import RotaStore

/// TrigRun's API: jobs with a `kind`, lists with an offset, milliseconds in dates.
struct TrigRunFormat: APIFormat {
    let service = ServiceProfile.trigrun
    let basePath = "/v1"

    func response(to error: APIError, requestID: String) -> APIResponse {
        .json(["error": error.record(requestID: requestID)], status: error.status)
    }

    var routes: [Route] {
        let job = TrigRunSchema.job
        let execution = TrigRunSchema.execution
        return [
            Route(
                .post, "/v1/jobs", "createJob", .write, "Create a job", body: TrigRunSchema.newJob, answer: job,
                status: 201, isRepeatable: true, obeys: .key, Self.createJob),
            Route(
                .get, "/v1/jobs", "listJobs", .read, "List jobs", query: TrigRunSchema.jobQuery,
                answer: TrigRunSchema.list(of: job), Self.listJobs),
            Route(.get, "/v1/jobs/{id}", "getJob", .read, "Read a job", answer: job) { call in
                let found = try await call.job()
                return .json(try await Self.record(found, call)).with(header: "ETag", ETag.text(found))
            },
            Route(
                .patch, "/v1/jobs/{id}", "updateJob", .write, "Change a job", body: TrigRunSchema.changedJob,
                answer: job, obeys: [.key, .match], Self.updateJob),
            Route(
                .delete, "/v1/jobs/{id}", "deleteJob", .write, "Delete a job and its executions", status: 204,
                obeys: .match
            ) {
                try await $0.delete()
                return .noContent
            },
            Route(
                .post, "/v1/jobs/{id}/pause", "pauseJob", .write, "Pause a job", answer: job, obeys: [.key, .match]
            ) { call in .json(try await Self.record(call.pause(call.fields()), call)) },
            Route(
                .post, "/v1/jobs/{id}/resume", "resumeJob", .write, "Resume a job", answer: job, obeys: [.key, .match]
            ) { call in .json(try await Self.record(call.resume(call.fields()), call)) },
            Route(
                .post, "/v1/jobs/{id}/run-now", "runJob", .trigger, "Run a job now, whatever its schedule says",
                body: TrigRunSchema.trigger, answer: execution, status: 201, isRepeatable: true,
                obeys: [.key, .match], Self.runNow),
            Route(
                .post, "/v1/jobs/import", "importJobs", .write, "Create a job for each line of a crontab",
                body: TrigRunSchema.crontab, answer: TrigRunSchema.list(of: job), status: 201, Self.importCrontab),
            Route(
                .get, "/v1/jobs/{id}/executions", "listExecutionsOfJob", .read, "List the executions of a job",
                query: TrigRunSchema.executionQuery, answer: TrigRunSchema.list(of: execution)
            ) { try await Self.listExecutions($0, of: $0.job().id) },
            Route(
                .get, "/v1/executions", "listExecutions", .read, "List executions",
                query: TrigRunSchema.executionQuery, answer: TrigRunSchema.list(of: execution)
            ) { try await Self.listExecutions($0, of: nil) },
            Route(
                .get, "/v1/executions/{execution}", "getExecution", .read, "Read an execution with its attempts",
                answer: execution
            ) { .json(TrigRunRecord.execution(try await $0.execution())) },
            Route(
                .post, "/v1/executions/{execution}/replay", "replayExecution", .trigger,
                "Run an execution's job again", answer: execution, status: 201, isRepeatable: true, obeys: .key
            ) { call in
                let (execution, isNew) = try await call.replay()
                return APIResponse.json(TrigRunRecord.execution(execution), status: isNew ? 201 : 200)
            },
        ]
    }

    private static let createJob: Route.Handler = { call in
        let fields = try call.fields()
        let (job, isNew) = try await call.create(TrigRunReader.draft(fields), fields)
        return APIResponse.json(try await record(job, call), status: isNew ? 201 : 200)
            .with(header: "ETag", ETag.text(job))
    }

    private static let updateJob: Route.Handler = { call in
        let fields = try call.fields()
        let job = try await call.jobToChange(fields)
        let shown = try await state(of: job, call)
        let state = try TrigRunReader.state(fields, mayBeCompleted: true)
        let changed = try await call.update(job, state: state, shownAs: shown, fields) { definition in
            try TrigRunReader.change(&definition, fields, at: call.now)
        }
        return .json(try await record(changed, call)).with(header: "ETag", ETag.text(changed))
    }

    private static func record(_ job: Job, _ call: APICall) async throws -> JSONValue {
        TrigRunRecord.job(job, state: try await state(of: job, call), for: call)
    }

    /// The state as TrigRun shows it: a job of one date stays active until its execution has ended.
    private static func state(of job: Job, _ call: APICall) async throws -> JobState {
        guard job.state == .completed, job.scheduleState.firedCount > 0 else { return job.state }
        switch job.definition.schedule.kind {
        case .once, .immediately:
            let live = try await call.scheduler.executions(
                ExecutionQuery(jobID: job.id, statuses: [.queued, .running, .waiting], limit: 1).with {
                    $0.sources = [.schedule]
                })
            return live.items.isEmpty ? .completed : .active
        default: return .completed
        }
    }

    private static let listJobs: Route.Handler = { call in
        let wanted = try call.query.choices("state", of: JobState.self)
        var query = JobQuery(nameContains: call.query.text("search") ?? call.query.text("name"))
        // A job that is shown as active may have completed.
        query.states = wanted.map { $0.contains(.active) ? $0.union([.completed]) : $0 }
        query.order = try call.query.choice("order", of: ListOrder.self) ?? .descending
        let limit = try call.query.int("limit", in: 1...100, else: 50)
        let offset = try call.query.int("offset", in: 0...1_000_000, else: 0)
        var records: [JSONValue] = []
        let (jobs, hasMore) = try await call.jobs(query, offset: offset, limit: limit) { job in
            guard let wanted else { return true }
            return wanted.contains(try await state(of: job, call))
        }
        for job in jobs { records.append(try await record(job, call)) }
        return list(records, limit, offset, hasMore)
    }

    private static func listExecutions(_ call: APICall, of job: JobID?) async throws -> APIResponse {
        var query = ExecutionQuery(jobID: job)
        query.statuses = try TrigRunReader.statuses(call.query.list("status"))
        query.from = try call.query.date("from", now: call.now)
        query.to = try call.query.date("to", now: call.now)
        query.jobNameContains = call.query.text("job_name")
        query.sort = try call.query.choice("sort", of: ExecutionQuery.Sort.self) ?? .createdAt
        query.order = try call.query.choice("order", of: ListOrder.self) ?? .descending
        let limit = try call.query.int("limit", in: 1...100, else: 50)
        let offset = try call.query.int("offset", in: 0...1_000_000, else: 0)
        let (executions, hasMore) = try await call.runs(query, offset: offset, limit: limit)
        return list(executions.map(TrigRunRecord.execution), limit, offset, hasMore)
    }

    private static func list(_ items: [JSONValue], _ limit: Int, _ offset: Int, _ hasMore: Bool) -> APIResponse {
        .json(["data": .array(items), "limit": .int(limit), "offset": .int(offset), "has_more": .bool(hasMore)])
    }

    private static let runNow: Route.Handler = { call in
        let fields = try call.fields()
        try fields.refuseOthers(than: ["payload", "idempotency_key", "idempotencyKey"])
        var request = TriggerRequest()
        request.payload = try fields.json("payload").map { try JSONPayload($0) }
        let (execution, isNew) = try await call.trigger(request, fields)
        return APIResponse.json(TrigRunRecord.execution(execution), status: isNew ? 201 : 200)
    }

    private static let importCrontab: Route.Handler = { call in
        let fields = try call.fields()
        try fields.refuseOthers(than: ["crontab", "default_url", "timezone"])
        let text = try fields.required("crontab", length: 1...262_144)
        let result = try await call.scheduler.importCrontab(
            text, defaultURL: fields.text("default_url"), in: fields.text("timezone") ?? "UTC",
            retry: .trigrun, author: call.caller.actor)
        var records: [JSONValue] = []
        for job in result.jobs { records.append(try await record(job, call)) }
        return .json(["data": .array(records), "created": .int(result.added)], status: 201)
    }
}
