import Foundation
import Rota
import RotaCore
import RotaHTTP
import RotaProfiles
import RotaStore

/// Strait's routes about runs: asking for them, and looking at them.
struct StraitRuns {
    let list: StraitList

    var routes: [Route] {
        let run = StraitSchema.run
        return [
            Route(
                .post, "/v1/jobs/{id}/trigger", "triggerJob", .trigger, "Run an enabled job now, or at a date",
                body: StraitSchema.trigger, answer: run, status: 202, isRepeatable: true, obeys: [.key, .match],
                Self.trigger),
            Route(
                .post, "/v1/jobs/{id}/trigger/bulk", "triggerJobs", .trigger,
                "Run an enabled job up to 500 times, all in one step", body: StraitSchema.bulk,
                answer: StraitSchema.bulkResult, status: 201, obeys: [.key, .match], Self.bulk),
            Route(
                .get, "/v1/runs", "listRuns", .read, "List the runs of a project, the newest first",
                query: StraitSchema.runQuery, answer: list.schema(of: run), listRuns),
            Route(.get, "/v1/runs/{execution}", "getRun", .read, "Read an execution", answer: run) { call in
                let found = try await call.execution()
                return .json(try await Self.record(found, call))
            },
            Route(.delete, "/v1/runs/{execution}", "cancelRun", .trigger, "Cancel an execution", answer: run) { call in
                let found = try await call.execution()
                guard !found.status.isTerminal else { throw APIError(.conflict, "run is already finished") }
                return .json(try await Self.record(call.scheduler.cancel(found.id), call))
            },
            Route(
                .post, "/v1/runs/{execution}/replay", "replayRun", .trigger, "Run an execution's job again",
                answer: run, status: 201, obeys: .key
            ) { call in .json(try await Self.record(call.replay().execution, call), status: 201) },
        ]
    }

    private static func record(_ run: Execution, _ call: APICall) async throws -> JSONValue {
        StraitRun.record(run, of: try await call.scheduler.job(run.jobID), at: call.scheduler.now)
    }

    /// The token of an execution that has not ended, if the server issues tokens.
    private static func token(of run: Execution, _ call: APICall) async throws -> SecretValue? {
        let configuration = call.scheduler.configuration
        guard configuration.tokenSecret != nil, !run.status.isTerminal else { return nil }
        return try await call.scheduler.token(for: run.id, validFor: configuration.tokenLifetime)
    }

    private static func checkEnabled(_ job: Job) throws(APIError) {
        guard job.isEnabled else { throw APIError(.invalid, "job is disabled") }
    }

    private static let trigger: Route.Handler = { call in
        let fields = try call.fields()
        let job = try await call.anyJob()
        let trigger = try StraitTrigger(fields, of: job, at: call.now)
        var request = try trigger.request(traceparent: call.request.headers["Traceparent"])
        if try trigger.isDryRun {
            try call.checkMatch(job)
            try checkEnabled(job)
            request.idempotencyKey = try call.idempotencyKey(fields)
            let preview = try await call.scheduler.preview(request, of: job.id)
            return .json(trigger.record(of: preview, request, for: call))
        }
        let (run, isNew) = try await call.trigger(job, request, fields, if: checkEnabled)
        let record = StraitRun.record(
            run, of: job, at: call.scheduler.now, token: try await token(of: run, call))
        return .json(record, status: isNew ? 202 : 200)
    }

    private static let bulk: Route.Handler = { call in
        let fields = try call.fields()
        try fields.refuseOthers(than: ["items"])
        guard let items = try fields.array("items", count: 1...Scheduler.maximumBulk) else {
            throw fields.fail("items", "items is required")
        }
        let job = try await call.anyJob()
        let key = try call.idempotencyKey()
        var requests: [TriggerRequest] = []
        for (index, item) in items.enumerated() {
            let item = try Fields(item, path: "items[\(index)]")
            let trigger = try StraitTrigger(item, of: job, at: call.now)
            guard try !trigger.isDryRun else { throw item.fail("dry_run", "dry_run is for single triggers") }
            var request = try trigger.request(traceparent: call.request.headers["Traceparent"])
            request.idempotencyKey = try item.key()
            request.idempotencyKey = request.idempotencyKey ?? key.map { call.key($0, of: "item \(index)") }
            request.author = call.caller.actor
            requests.append(request)
        }
        let (batch, outcomes) = try await trigger(job, requests, call)
        var results: [JSONValue] = []
        var created = 0
        for outcome in outcomes {
            let run = outcome.execution
            var isHit = false
            if case .existing = outcome { isHit = true }
            if case .queued = outcome { created += 1 }
            results.append(
                .record([
                    ("id", StraitRecord.ids.text(run.id)),
                    ("status", .string(StraitRun.status(of: run, at: call.scheduler.now))),
                    ("run_token", try await token(of: run, call).map { .string($0.value) }),
                    ("idempotency_hit", .bool(isHit)),
                ]))
        }
        if created == 0 { call.repetition.tell() }
        return .json(
            [
                "results": .array(results), "total": .int(outcomes.count), "created": .int(created),
                "batch_id": .string(batch.description),
            ], status: 201)
    }

    /// Runs a job several times, or returns the runs that the same keys started.
    private static func trigger(
        _ job: Job, _ requests: [TriggerRequest], _ call: APICall
    ) async throws -> (id: BatchID, outcomes: [EnqueueOutcome]) {
        do {
            try call.checkMatch(job)
            try checkEnabled(job)
            let result = try await call.scheduler.trigger(job.id, requests)
            return (result.id, result.outcomes)
        } catch {
            // Requests that were possible when they were made are answered as they were then.
            var known: [Execution] = []
            for request in requests {
                guard let run = try await call.execution(of: job, startedBy: request.idempotencyKey) else {
                    throw error
                }
                known.append(run)
            }
            guard let batch = known.first?.details.batchID else { throw error }
            return (batch, known.map { .existing($0) })
        }
    }

    // MARK: Lists

    /// The statuses that Strait has names for, and those of the engine that they may stand for.
    private static let statuses: [String: Set<ExecutionStatus>] = [
        "delayed": [.queued], "queued": [.queued], "executing": [.running], "waiting": [.waiting],
        "completed": [.succeeded], "failed": [.failed], "timed_out": [.failed], "crashed": [.failed],
        "canceled": [.canceled], "expired": [.expired],
    ]

    private var listRuns: Route.Handler {
        { [list] call in
            guard let project = call.query.text("project_id") else {
                throw APIError(.invalid, "project_id is required")
            }
            let jobs = try await Self.jobs(of: project, call)
            var query = ExecutionQuery(after: try call.cursor())
            query.jobIDs = Set(jobs.keys)
            let names = Set(call.query.list("status"))
            for name in names.sorted() {
                guard let statuses = Self.statuses[name] else {
                    throw APIError.invalid(
                        "status", "status must be among \(Self.statuses.keys.sorted().joined(separator: ", "))")
                }
                query.statuses = (query.statuses ?? []).union(statuses)
            }
            if let text = call.query.text("batch_id") {
                guard let batch = BatchID(text) else { throw APIError.invalid("batch_id", "batch_id is not an id") }
                query.batchID = batch
            }
            query.concurrencyKey = call.query.text("concurrency_key")
            let now = call.now
            let page = try await call.runs(query, limit: StraitList.limit(of: call)) { run in
                names.isEmpty || names.contains(StraitRun.status(of: run, at: now))
            }
            let items = page.items.compactMap { run in
                jobs[run.jobID].map { StraitRun.record(run, of: $0, at: now) }
            }
            return list.answer(items, next: page.next, to: call)
        }
    }

    /// The jobs of a project, or the one that the query names.
    private static func jobs(of project: String, _ call: APICall) async throws -> [JobID: Job] {
        guard let text = call.query.text("job_id") else {
            let jobs = try await call.allJobs(JobQuery().with { $0.project = project })
            return Dictionary(jobs.map { ($0.id, $0) }) { first, _ in first }
        }
        guard let id = JobID(text), let job = try await call.scheduler.store.job(id),
            job.definition.attributes.project == project
        else { throw APIError(.notFound, "job not found") }
        return [id: job]
    }
}
