import Rota
import RotaHTTP
import RotaStore

extension NativeJobs {
    /// Routes that change one job's state.
    static let actions: [Route] = [
        Route(
            .post, "/_rota/jobs/{id}/pause", "rotaPauseJob", .write, "Pause a job, perhaps until a date",
            body: Schema.object([("reason", Schema.text(0...2_000)), ("until", Schema.date)]),
            answer: NativeSchema.job, obeys: [.key, .match]
        ) { call in
            let fields = try call.fields()
            try fields.refuseOthers(than: ["reason", "until", "idempotencyKey"])
            let paused = try await call.pause(
                call.foundJobToChange(fields), reason: fields.text("reason", length: 0...2_000),
                until: fields.text("until").map { text in
                    guard let date = RelativeDate.parse(text, now: call.now) else {
                        throw fields.fail("until", "until must be a date such as 2026-03-15T10:00:00Z, or now+2h.")
                    }
                    return date
                }, fields)
            return .json(NativeRecord.job(paused))
        },
        Route(
            .post, "/_rota/jobs/{id}/resume", "rotaResumeJob", .write, "Resume a job", answer: NativeSchema.job,
            obeys: [.key, .match]
        ) { call in
            let fields = try call.fields()
            try fields.refuseOthers(than: ["idempotencyKey"])
            return .json(NativeRecord.job(try await call.resume(call.foundJobToChange(fields), fields)))
        },
        Route(
            .post, "/_rota/jobs/{id}/skip", "rotaSkipOccurrences", .write, "Skip the next occurrences of a job",
            body: Schema.object([("count", Schema.integer(0...10_000))]), answer: NativeSchema.job,
            obeys: [.key, .match]
        ) { call in
            let fields = try call.fields()
            try fields.refuseOthers(than: ["count", "idempotencyKey"])
            let count = try fields.int("count", in: 0...10_000) ?? 1
            return .json(NativeRecord.job(try await call.skip(count, of: call.foundJobToChange(fields), fields)))
        },
        Route(
            .post, "/_rota/jobs/{id}/clone", "rotaCloneJob", .write,
            "Create a job like another one, perhaps with other members of the definition",
            body: Schema.object(
                [
                    ("name", Schema.text(1...255)), ("slug", Schema.text(1...255)),
                    ("definition", NativeSchema.definition),
                ], required: ["name", "slug"]), answer: NativeSchema.job, status: 201, isRepeatable: true,
            obeys: [.key, .match], clone),
    ]

    private static let clone: Route.Handler = { call in
        let fields = try call.fields()
        try fields.refuseOthers(than: ["name", "slug", "definition", "idempotencyKey"])
        let change = try fields.object("definition")?.value
        if let change { try NativeMembers.check(change, at: "definition") }
        let (name, slug) = (
            try fields.required("name", length: 1...255), try fields.required("slug", length: 1...255)
        )
        let job = try await call.find(call.parameter("id"))
        let (clone, isNew) = try await call.clone(job, name: name, slug: slug, fields) { definition in
            guard let change else { return }
            let request = definition.action.request
            let merged = try JSONValue(encoding: definition).merging(definition: change)
            definition = try Credentials.restored(in: merged, from: request?.headers)
                .decode(JobDefinition.self, at: "definition")
            definition.name = name
            definition.attributes.slug = slug
            try Credentials.checkMove(from: request, to: definition.action.request, body: call.request.body)
        }
        return .json(try NativeRecord.details(clone, for: call), status: isNew ? 201 : 200)
    }
}
