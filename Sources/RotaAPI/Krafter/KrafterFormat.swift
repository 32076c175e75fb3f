import Foundation
import Rota
import RotaHTTP
import RotaProfiles
import RotaStore

/// Krafter's API: everything in `data`, whole seconds, errors by field.
struct KrafterFormat: APIFormat {
    let service = ServiceProfile.krafter
    let basePath = "/api/v1"
    /// Where failures of jobs with `failure_notify` are reported.
    var channel: NotificationRule.Channel?

    func response(to error: APIError, requestID: String) -> APIResponse {
        var details: [(String, JSONValue?)] = []
        for field in Set(error.details.map(\.field)).sorted() {
            let messages = error.details.filter { $0.field == field }.map { JSONValue.string($0.message) }
            details.append((field.isEmpty ? "body" : field, .array(messages)))
        }
        let text =
            switch error.kind {
            case .unauthorized: "Invalid or missing API key"
            // Only for this reason: other refusals with 403 say what they are.
            case .lacksScope: "Insufficient scope"
            case .notFound: "Not found"
            case .tooMany: "Rate limit exceeded"
            case .invalid where !details.isEmpty: "Validation failed"
            default: error.message
            }
        return .json(
            .record([
                ("error", .string(text)), ("details", details.isEmpty ? nil : .record(details)),
                ("retry_after", error.headers["Retry-After"].flatMap { Int($0) }.map { .int($0) }),
            ]), status: error.status)
    }

    var routes: [Route] {
        let job = KrafterSchema.job
        let path = "/api/v1/cron/jobs/{id}"
        return [
            Route(.get, "/api/v1/cron/jobs", "listJobs", .read, "List all jobs", answer: KrafterSchema.list(of: job)) {
                call in
                Self.data(.array(try await call.allJobs().map { KrafterRecord.job($0, for: call) }))
            },
            Route(
                .post, "/api/v1/cron/jobs", "createJob", .write, "Create a job", body: KrafterSchema.newJob,
                answer: KrafterSchema.data(job), status: 201, isRepeatable: true, obeys: .key, createJob),
            Route(.get, path, "getJob", .read, "Read a job", answer: KrafterSchema.data(job)) { call in
                let found = try await call.job()
                return Self.data(KrafterRecord.job(found, for: call)).with(header: "ETag", ETag.text(found))
            },
            update(.patch, "updateJob", "Change the settings of a job that are given"),
            update(.put, "replaceJob", "Change the settings of a job that are given"),
            Route(
                .delete, path, "deleteJob", .write, "Delete a job and its executions", status: 204, obeys: .match
            ) { call in
                try await call.delete()
                return .noContent
            },
            Route(
                .post, path + "/pause", "pauseJob", .write, "Pause a job",
                answer: KrafterSchema.data(KrafterSchema.switched), obeys: [.key, .match]
            ) { call in Self.data(KrafterRecord.state(try await call.pause(call.fields()))) },
            Route(
                .post, path + "/resume", "resumeJob", .write, "Resume a job",
                answer: KrafterSchema.data(KrafterSchema.switched), obeys: [.key, .match]
            ) { call in Self.data(KrafterRecord.state(try await call.resume(call.fields()))) },
            Route(
                .post, path + "/trigger", "triggerJob", .trigger, "Run an enabled job now", answer: KrafterSchema.ok,
                obeys: [.key, .match], Self.trigger),
            Route(
                .get, path + "/executions", "listExecutions", .read, "List the executions of a job, the newest first",
                query: [.limit(1...100, else: 20)], answer: KrafterSchema.list(of: KrafterSchema.execution),
                Self.listExecutions),
        ]
    }

    private static func data(_ value: JSONValue, status: Int = 200) -> APIResponse {
        .json(["data": value], status: status)
    }

    private var createJob: Route.Handler {
        { [channel] call in
            let fields = try call.fields()
            let reader = KrafterReader(fields, channel: channel, transport: call.scheduler.transport, now: call.now)
            let (job, isNew) = try await call.create(reader.draft(), fields)
            return Self.data(KrafterRecord.job(job, for: call), status: isNew ? 201 : 200)
                .with(header: "ETag", ETag.text(job))
        }
    }

    private func update(_ method: HTTPMethod, _ id: String, _ summary: String) -> Route {
        Route(
            method, "/api/v1/cron/jobs/{id}", id, .write, summary, body: KrafterSchema.changedJob,
            answer: KrafterSchema.data(KrafterSchema.job), obeys: [.key, .match]
        ) { [channel] call in
            let fields = try call.fields()
            let job = try await call.jobToChange(fields)
            try fields.refuseOtherIdentity(than: KrafterRecord.job(job, for: call))
            let reader = KrafterReader(fields, channel: channel, transport: call.scheduler.transport, now: call.now)
            let shown: JobState = job.isEnabled ? .active : .paused
            let changed = try await call.update(job, state: reader.state(), shownAs: shown, fields) { definition in
                definition = try reader.definition(changing: definition)
            }
            return Self.data(KrafterRecord.job(changed, for: call)).with(header: "ETag", ETag.text(changed))
        }
    }

    private static let trigger: Route.Handler = { call in
        _ = try await call.trigger(call.anyJob(), TriggerRequest(), call.fields()) { job in
            guard job.isEnabled else {
                throw APIError(.invalid, "Only an enabled job can be triggered. Resume it first.")
            }
        }
        return .json(["ok": true])
    }

    private static let listExecutions: Route.Handler = { call in
        let job = try await call.job()
        let limit = try call.query.int("limit", in: 1...100, else: 20)
        let ended = Set(ExecutionStatus.allCases.filter(\.isTerminal))
        let page = try await call.runs(ExecutionQuery(jobID: job.id, statuses: ended), limit: limit)
        return data(.array(page.items.map(KrafterRecord.execution)))
    }
}
