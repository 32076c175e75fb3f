import Rota
import RotaHTTP
import RotaStore

extension NativeJobs {
    /// Routes that change one job's state.
    static let actions: [Route] = [
        Route(
            .post, "/_rota/jobs/{id}/pause", "rotaPauseJob", .write, "Pause a job, perhaps until a date",
            body: Schema.object([("reason", Schema.text(0...2_000)), ("until", Schema.date)]),
            answer: NativeSchema.job
        ) { call in
            let fields = try call.fields()
            let job = try await call.scheduler.pause(
                call.foundJob().id, reason: fields.text("reason", length: 0...2_000),
                until: fields.text("until").map { text in
                    guard let date = RelativeDate.parse(text, now: call.now) else {
                        throw fields.fail("until", "until must be a date such as 2026-03-15T10:00:00Z, or now+2h.")
                    }
                    return date
                }, author: call.caller.actor, idempotencyKey: call.idempotencyKey(fields))
            return .json(NativeRecord.job(job))
        },
        Route(.post, "/_rota/jobs/{id}/resume", "rotaResumeJob", .write, "Resume a job", answer: NativeSchema.job) {
            call in
            let job = try await call.scheduler.resume(
                call.foundJob().id, author: call.caller.actor, idempotencyKey: call.idempotencyKey(call.fields()))
            return .json(NativeRecord.job(job))
        },
        Route(
            .post, "/_rota/jobs/{id}/skip", "rotaSkipOccurrences", .write, "Skip the next occurrences of a job",
            body: Schema.object([("count", Schema.integer(0...10_000))]), answer: NativeSchema.job
        ) { call in
            let fields = try call.fields()
            let job = try await call.scheduler.skipNext(
                fields.int("count", in: 0...10_000) ?? 1, of: call.foundJob().id, author: call.caller.actor,
                idempotencyKey: call.idempotencyKey(fields))
            return .json(NativeRecord.job(job))
        },
        Route(
            .post, "/_rota/jobs/{id}/clone", "rotaCloneJob", .write, "Create a job like another one",
            body: Schema.object(
                [("name", Schema.text(1...255)), ("slug", Schema.text(1...255))], required: ["name", "slug"]),
            answer: NativeSchema.job, status: 201
        ) { call in
            let fields = try call.fields()
            let job = try await call.scheduler.clone(
                call.foundJob().id, name: fields.required("name", length: 1...255),
                slug: fields.required("slug", length: 1...255), author: call.caller.actor,
                idempotencyKey: call.idempotencyKey(fields))
            return .json(try NativeRecord.details(job), status: 201)
        },
    ]
}
