import Foundation
import Rota
import RotaCore
import RotaHTTP
import RotaProfiles
import RotaStore

/// Strait's routes about jobs.
struct StraitJobs {
    let list: StraitList

    var routes: [Route] { single + several + parts }

    private var single: [Route] {
        let job = StraitSchema.job
        return [
            Route(
                .get, "/v1/jobs", "listJobs", .read, "List the jobs of a project, the oldest first",
                query: StraitSchema.jobQuery, answer: list.schema(of: job), listJobs),
            Route(
                .post, "/v1/jobs", "createJob", .write, "Create a job", body: StraitSchema.newJob, answer: job,
                status: 201, isRepeatable: true, obeys: .key
            ) { call in
                let fields = try call.fields()
                let (created, isNew) = try await Self.create(fields, call)
                if !isNew { call.repetition.tell() }
                return APIResponse.json(StraitRecord.job(created, for: call), status: isNew ? 201 : 200)
                    .with(header: "ETag", ETag.text(created))
            },
            Route(.get, "/v1/jobs/{id}", "getJob", .read, "Read a job", answer: job) { call in
                let found = try await call.job()
                return .json(StraitRecord.job(found, for: call)).with(header: "ETag", ETag.text(found))
            },
            Route(
                .patch, "/v1/jobs/{id}", "updateJob", .write, "Change a job", body: StraitSchema.changedJob,
                answer: job, obeys: [.key, .match], Self.update),
            Route(
                .delete, "/v1/jobs/{id}", "deleteJob", .write, "Delete a job that has no active runs", status: 204,
                obeys: .match, Self.delete),
            Route(
                .post, "/v1/jobs/{id}/clone", "cloneJob", .write, "Create a job like another one",
                body: StraitSchema.clone, answer: job, status: 201, isRepeatable: true, obeys: [.key, .match],
                Self.clone),
        ]
    }

    private var several: [Route] {
        [
            Route(
                .post, "/v1/jobs/batch", "createJobs", .write,
                "Create up to 50 jobs: of an array all or none, of {\"jobs\": …} those that can be",
                body: StraitSchema.array(StraitSchema.newJob), answer: StraitSchema.array(StraitSchema.job),
                status: 201, obeys: .key, Self.createBatch),
            Route(
                .post, "/v1/jobs/batch-enable", "enableJobs", .write, "Enable up to 50 jobs", body: StraitSchema.ids,
                answer: StraitSchema.updated
            ) {
                try await Self.switchBatch($0) { scheduler, ids, author in
                    try await scheduler.resume(ids, author: author)
                }
            },
            Route(
                .post, "/v1/jobs/batch-disable", "disableJobs", .write, "Disable up to 50 jobs", body: StraitSchema.ids,
                answer: StraitSchema.updated
            ) {
                try await Self.switchBatch($0) { scheduler, ids, author in
                    try await scheduler.pause(ids, author: author)
                }
            },
        ]
    }

    private var listJobs: Route.Handler {
        { [list] call in
            guard let project = call.query.text("project_id") else {
                throw APIError(.invalid, "project_id is required")
            }
            var query = JobQuery(limit: try StraitList.limit(of: call), after: try call.cursor())
            query.project = project
            switch (call.query.text("tag_key"), call.query.text("tag_value")) {
            case (nil, nil): break
            case (let key?, let value?): query.tags = [key: value]
            case (nil, _): throw APIError(.invalid, "tag_key is required when tag_value is provided")
            case (_, nil): throw APIError(.invalid, "tag_value is required when tag_key is provided")
            }
            let page = try await call.scheduler.jobs(query)
            return list.answer(page.items.map { StraitRecord.job($0, for: call) }, next: page.next, to: call)
        }
    }

    static func reader(_ fields: Fields, _ call: APICall) -> StraitReader {
        StraitReader(fields, hasTokens: call.scheduler.configuration.tokenSecret != nil)
    }

    /// - Parameter key: The idempotency key, in place of that of the request.
    private static func create(
        _ fields: Fields, _ call: APICall, key: String? = nil
    ) async throws -> (job: Job, isNew: Bool) {
        let secrets = StraitSecrets(call)
        let (change, value) = try secrets.change(fields)
        var draft = try reader(fields, call).draft(secret: change)
        draft.author = call.caller.actor
        draft.idempotencyKey = try key ?? call.idempotencyKey(fields)
        try await secrets.store(value, for: change)
        do {
            let outcome = try await call.scheduler.insert([draft])[0]
            if case .inserted(let job) = outcome { return (job, true) }
            if value != nil { await secrets.discard(change) }
            return (outcome.job, false)
        } catch {
            if value != nil { await secrets.discard(change, after: error) }
            throw error
        }
    }

    private static let update: Route.Handler = { call in
        let fields = try call.fields()
        let job = try await call.jobToChange(fields)
        try fields.refuseOtherIdentity(than: StraitRecord.job(job, for: call))
        let (reader, secrets) = (reader(fields, call), StraitSecrets(call))
        let present = job.definition.webhook(on: .completion)?.secret
        let (change, value) = try secrets.change(fields, present: present)
        let state = try reader.state()
        try await secrets.store(value, for: change)
        let changed: Job
        do {
            changed = try await call.update(job, state: state, shownAs: job.isEnabled ? .active : .paused, fields) {
                try reader.change(&$0, secret: change)
            }
        } catch {
            if value != nil { await secrets.discard(change, after: error) }
            throw error
        }
        let secret = changed.definition.webhook(on: .completion)?.secret
        // A request that was made before has stored a value that nothing uses.
        if value != nil, secret != change.applied(to: nil) { await secrets.discard(change) }
        // The change that was made has dealt with the values before it, and others may have followed.
        if secret != present, !call.repetition.isKnown { await secrets.retire(present, of: job.id, for: value) }
        return .json(StraitRecord.job(changed, for: call)).with(header: "ETag", ETag.text(changed))
    }

    private static let delete: Route.Handler = { call in
        let job = try await call.job()
        guard try await !call.hasActiveRuns(job.id) else {
            throw APIError(.conflict, "job has active runs — cancel them first or wait for completion")
        }
        try await call.delete(job)
        return .noContent
    }

    private static let clone: Route.Handler = { call in
        let fields = try call.fields()
        try fields.refuseOthers(than: ["name", "slug", "idempotency_key"])
        let name = try fields.required("name", length: 1...255)
        let slug = try fields.required("slug", length: 1...255)
        let job = try await call.anyJob()
        let secrets = StraitSecrets(call)
        let change = try await secrets.copy(job.definition.webhook(on: .completion)?.secret)
        do {
            let (clone, isNew) = try await call.clone(job, name: name, slug: slug, fields) { definition in
                guard case .set(let reference) = change, let webhook = definition.webhook(on: .completion) else {
                    return
                }
                definition.setWebhook(on: .completion, url: webhook.url, secret: .some(reference))
            }
            if clone.definition.webhook(on: .completion)?.secret != change.applied(to: nil) {
                await secrets.discard(change)
            }
            return .json(StraitRecord.job(clone, for: call), status: isNew ? 201 : 200)
        } catch {
            await secrets.discard(change, after: error)
            throw error
        }
    }

    // MARK: Several at once

    private static let createBatch: Route.Handler = { call in
        let key = try call.idempotencyKey()
        if case .array(let items)? = call.json {
            return try await createAll(items, call, key)
        }
        let fields = try call.fields()
        try fields.refuseOthers(than: ["jobs"])
        guard let items = try fields.array("jobs", count: 1...50) else { throw fields.fail("jobs", "jobs is required") }
        var created: [JSONValue] = []
        var errors: [JSONValue] = []
        var isRepeated = true
        for (index, item) in items.enumerated() {
            do {
                let (job, isNew) = try await create(Fields(item), call, key: key.map { "\($0)/\(index)" })
                if isNew { isRepeated = false }
                created.append(StraitRecord.job(job, for: call))
            } catch {
                let told = APIError(telling: error)
                if let told, told.kind != .unavailable, told.kind != .internalError {
                    errors.append(["index": .int(index), "message": .string(told.message)])
                    continue
                }
                // The jobs that were created stay, and must not be lost in an error.
                guard !created.isEmpty else { throw error }
                if APIError.hides(error, told: told) { call.api.report(error, call.request) }
                let message = told?.message ?? "Something unexpected went wrong."
                errors += (index..<items.count).map { ["index": .int($0), "message": .string(message)] }
                break
            }
        }
        if isRepeated, !created.isEmpty { call.repetition.tell() }
        return .json(
            ["created": .array(created), "errors": .array(errors)], status: created.isEmpty ? 400 : 201)
    }

    /// Creates all jobs of an array in one step, or none.
    private static func createAll(_ items: [JSONValue], _ call: APICall, _ key: String?) async throws -> APIResponse {
        guard (1...50).contains(items.count) else {
            throw APIError(.invalid, "A batch must have 1 to 50 jobs, not \(items.count).")
        }
        let secrets = StraitSecrets(call)
        var stored: [StraitSecrets.Change] = []
        var drafts: [JobDraft] = []
        do {
            for (index, item) in items.enumerated() {
                let fields = try Fields(item, path: "[\(index)]")
                let (change, value) = try secrets.change(fields)
                var draft = try reader(fields, call).draft(secret: change)
                draft.author = call.caller.actor
                draft.idempotencyKey = try key.map { "\($0)/\(index)" } ?? fields.key()
                try await secrets.store(value, for: change)
                if value != nil { stored.append(change) }
                drafts.append(draft)
            }
        } catch {
            // No job was asked for yet, so none needs what was stored, whatever went wrong.
            for change in stored { await secrets.discard(change) }
            throw error
        }
        let outcomes: [JobInsertion.Outcome]
        do { outcomes = try await call.scheduler.insert(drafts) } catch {
            for change in stored { await secrets.discard(change, after: error) }
            throw error
        }
        let jobs = outcomes.map(\.job)
        let isNew = outcomes.contains { if case .inserted = $0 { true } else { false } }
        if !isNew { call.repetition.tell() }
        let used = Set(jobs.compactMap { $0.definition.webhook(on: .completion)?.secret })
        for change in stored where change.applied(to: nil).map(used.contains) == false {
            await secrets.discard(change)
        }
        return .json(.array(jobs.map { StraitRecord.job($0, for: call) }), status: 201)
    }

    /// Enables or disables the jobs that are named.
    ///
    /// An empty list means no job.
    private static func switchBatch(
        _ call: APICall,
        _ change: (Scheduler, [JobID], _ author: String?) async throws -> Scheduler.BulkChangeResult
    ) async throws -> APIResponse {
        let fields = try call.fields()
        try fields.refuseOthers(than: ["job_ids", "ids", "idempotency_key"])
        guard fields.json("job_ids") == nil || fields.json("ids") == nil else {
            throw fields.fail("ids", "job_ids and ids mean the same: give one of them")
        }
        let name = fields.json("job_ids") == nil && fields.has("ids") ? "ids" : "job_ids"
        guard let items = try fields.array(name, count: 0...50), !items.isEmpty else {
            throw APIError(.invalid, "job_ids is required: name 1 to 50 jobs")
        }
        let ids = try items.map { item throws(APIError) in
            guard case .string(let text) = item, let id = JobID(text) else {
                throw fields.fail(name, "\(name) must hold ids of jobs")
            }
            return id
        }
        let result = try await change(call.scheduler, ids.withoutRepeats, call.caller.actor)
        let errors: [JSONValue] = result.refusals.map { refusal in
            let told = APIError(telling: refusal.error)
            let isMissing = told?.kind == .notFound
            return [
                "id": StraitRecord.ids.text(refusal.jobID),
                "message": .string(isMissing ? "job not found" : told?.message ?? "The job was not changed."),
            ]
        }
        return .json(
            .record([
                ("updated", .int(result.jobs.count)), ("errors", errors.isEmpty ? nil : .array(errors)),
            ]))
    }
}
