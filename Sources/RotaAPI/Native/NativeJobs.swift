import Foundation
import Rota
import RotaCore
import RotaHTTP
import RotaSchedule
import RotaStore

/// Rota's own routes for jobs.
enum NativeJobs {
    private static let dates = TimestampForm.milliseconds

    static let listQuery: [QueryParameter] = [
        QueryParameter("search", "Only jobs whose name contains this, in any case"),
        .choices("state", "Only jobs in this state", JobState.allCases.map(\.rawValue)),
        QueryParameter("group", "Only jobs of this group"), QueryParameter("project", "Only jobs of this project"),
        QueryParameter("environment", "Only jobs of this environment"),
        QueryParameter("tag", "Only jobs with this tag, as name:value; repeat it for several"),
        .choice("sort", "created, the default, name, or next", JobOrder.allCases.map(\.rawValue)),
        .choice("order", "asc, the default, or desc", ["asc", "desc"]), .limit(1...1_000, else: 50),
        QueryParameter("cursor", "Where to continue: the `next` of the page before"),
    ]

    static let routes: [Route] = [
        Route(
            .get, "/_rota/jobs", "rotaListJobs", .read, "List jobs by name, next run or creation", query: listQuery,
            answer: NativeSchema.page(of: NativeSchema.job), list),
        Route(
            .post, "/_rota/jobs", "rotaCreateJob", .write, "Create a job from a definition",
            body: NativeSchema.newJob, answer: NativeSchema.job, status: 201, isRepeatable: true, obeys: .key, create),
        Route(
            .post, "/_rota/jobs/preview", "rotaPreviewJob", .read,
            "Show when a job would run, and what is wrong with it",
            body: NativeSchema.newJob, answer: NativeSchema.preview, preview),
        Route(
            .post, "/_rota/declare", "rotaDeclareJobs", .write, "Make the jobs of an owner what a list says",
            body: NativeSchema.declaration, answer: NativeSchema.declared, declare),
        Route(
            .get, "/_rota/jobs/{id}", "rotaGetJob", .read, "Read a job with its definition", answer: NativeSchema.job
        ) { call in
            let job = try await call.foundJob()
            return .json(try NativeRecord.details(job, for: call)).with(header: "ETag", ETag.text(job))
        },
        Route(
            .patch, "/_rota/jobs/{id}", "rotaUpdateJob", .write, "Change members of a job's definition",
            body: NativeSchema.changedJob, answer: NativeSchema.job, obeys: [.key, .match], update),
        Route(
            .delete, "/_rota/jobs/{id}", "rotaDeleteJob", .write, "Delete a job and its executions", status: 204,
            obeys: .match
        ) { call in
            try await call.delete(call.foundJob())
            return .noContent
        },
        Route(
            .get, "/_rota/jobs/{id}/occurrences", "rotaListOccurrences", .read, "List the next occurrences of a job",
            query: [
                .limit(1...1_000, else: 10).named("count"), .date("from", "Only later ones"),
                .date("to", "Only earlier ones"),
            ],
            answer: NativeSchema.occurrences, occurrences),
        Route(
            .get, "/_rota/jobs/{id}/explain", "rotaExplainOccurrence", .read,
            "Explain why a job did or did not run at a date", query: [.date("at", "The date")],
            answer: NativeSchema.explanation
        ) { call in
            let job = try await call.foundJob()
            let date = try call.query.date("at", now: call.now) ?? call.now
            let told = try await call.scheduler.explain(job.id, at: date)
            return .json([
                "at": dates.text(date), "text": .string(ClientWording.text(told.description)),
                "previous": dates.orNull(told.previous),
                "next": dates.orNull(told.next), "notes": .array(told.notes.map { .string($0.message) }),
            ])
        },
        Route(
            .get, "/_rota/jobs/{id}/history", "rotaListHistory", .read,
            "List what became of a job's occurrences: executions, and those that were skipped, with the reason",
            query: [.limit(1...1_000, else: 50), QueryParameter("cursor", "Where to continue")],
            answer: NativeSchema.page(of: Schema.object), history),
        Route(
            .get, "/_rota/jobs/{id}/versions", "rotaListVersions", .read, "List the versions of a job",
            answer: NativeSchema.page(of: Schema.object)
        ) { call in
            let versions = try await call.scheduler.versions(of: call.foundJob().id)
            return .json(NativeRecord.page(try versions.map { try version($0, for: call) }, next: nil))
        },
        Route(
            .get, "/_rota/jobs/{id}/versions/{from}/diff/{to}", "rotaDiffVersions", .read,
            "Show which members differ between two versions of a job", answer: Schema.object, diff),
        Route(
            .get, "/_rota/jobs/{id}/health", "rotaGetHealth", .read, "Show a job's health",
            query: [.choice("window", "7d if absent", JobHealth.Window.allCases.map(\.rawValue))],
            answer: Schema.object
        ) { call in
            let window = try call.query.choice("window", of: JobHealth.Window.self) ?? .week
            let health = try await call.scheduler.health(of: .job(call.foundJob().id), over: window)
            return .json(NativeSystem.record(of: health, window))
        },
    ]

    // MARK: Lists

    private static let list: Route.Handler = { call in
        var query = try NativeQuery.jobs(call.query)
        query.after = try call.cursor()
        let page = try await call.page(of: query, limit: call.query.int("limit", in: 1...1_000, else: 50))
        return .json(NativeRecord.page(page.items.map(NativeRecord.job), next: page.next?.description))
    }

    private static let history: Route.Handler = { call in
        let job = try await call.foundJob()
        let cursor = try call.query.text("cursor").map { text in
            guard let cursor = Scheduler.HistoryPage.Cursor(text) else {
                throw APIError.invalid("cursor", "cursor must be the `next` of the page before.")
            }
            return cursor
        }
        let page = try await call.scheduler.history(
            of: job.id, limit: call.query.int("limit", in: 1...1_000, else: 50), after: cursor)
        let items: [JSONValue] = page.entries.map { entry in
            switch entry {
            case .execution(let execution):
                JSONValue.object([.init("kind", "execution")]).merging(NativeRecord.execution(execution))
            case .skip(let skip): NativeRecord.skip(skip)
            }
        }
        return .json(NativeRecord.page(items, next: page.next?.description))
    }

    private static func version(_ version: JobVersion, for call: APICall) throws -> JSONValue {
        .record([
            ("id", .string(version.id.description)), ("version", .int(version.version)),
            ("createdAt", dates.text(version.createdAt)), ("createdBy", version.createdBy.map { .string($0) }),
            ("definition", try NativeRecord.definition(version.definition, for: call)),
        ])
    }

    private static let diff: Route.Handler = { call in
        let job = try await call.foundJob()
        var found: [JobVersion] = []
        for name in ["from", "to"] {
            guard let number = Int(call.parameter(name)) else { throw APIError.missing("version") }
            found.append(try await call.scheduler.version(.init(jobID: job.id, version: number)))
        }
        let sides = try found.map { try NativeRecord.definition($0.definition, for: call) }
        let names = found[1].definition.changedMembers(from: found[0].definition)
        return .json([
            "changes": .array(
                names.map { ["member": .string($0), "from": sides[0][$0] ?? .null, "to": sides[1][$0] ?? .null] })
        ])
    }

    // MARK: Changes

    private static let create: Route.Handler = { call in
        let fields = try call.fields()
        let draft = try NativeQuery.draft(fields)
        try await call.checkSecrets(in: draft.definition, at: "definition")
        let (job, isNew) = try await call.create(draft, fields)
        return APIResponse.json(try NativeRecord.details(job, for: call), status: isNew ? 201 : 200)
            .with(header: "ETag", ETag.text(job))
    }

    private static let preview: Route.Handler = { call in
        let fields = try call.fields()
        let count = try fields.int("count", in: 0...1_000) ?? 10
        let preview = try await call.scheduler.preview(
            NativeQuery.draft(fields, alsoKnown: ["count"]), count: count)
        return .json([
            "summary": .string(preview.definition.schedule.summary), "state": .string(preview.state.rawValue),
            "occurrences": .array(preview.occurrences.map(NativeRecord.occurrence)),
            "warnings": .array(preview.warnings.map { .string(ClientWording.text($0.message)) }),
        ])
    }

    private static let update: Route.Handler = { call in
        let fields = try call.fields()
        try fields.refuseOthers(than: ["definition", "state", "idempotencyKey"])
        let job = try await call.foundJobToChange(fields)
        let change = try fields.object("definition")?.value
        if let change { try NativeMembers.check(change, at: "definition") }
        let state = try NativeQuery.state(fields, mayBeCompleted: true)
        let missing = try await call.missingSecrets(in: change?["notifications"], of: job.definition)
        let changed = try await call.update(job, state: state, shownAs: job.state, fields) { definition in
            guard let change else { return }
            let present = definition
            let merged = try JSONValue(encoding: definition).merging(definition: change)
            definition = try Credentials.restored(in: merged, from: definition.action.request?.headers)
                .decode(JobDefinition.self, at: "definition")
            try KeptSecrets.refuse(missing, in: definition, of: present, at: "definition")
        }
        return .json(try NativeRecord.details(changed, for: call)).with(header: "ETag", ETag.text(changed))
    }

    private static let declare: Route.Handler = { call in
        let fields = try call.fields()
        try fields.refuseOthers(than: ["owner", "jobs", "orphans", "dryRun", "generation"])
        guard let jobs = try fields.array("jobs", count: 0...Scheduler.maximumDeclared) else {
            throw fields.fail("jobs", "jobs is required: an array of objects with a definition.")
        }
        let owner = try fields.required("owner", length: 1...255)
        let declared = try await NativeDeclaration(of: jobs, by: owner, call)
        let orphans: Scheduler.DeclarationResult.Orphans =
            switch try fields.text("orphans") {
            case nil, "pause": .pause
            case "delete": .delete
            case "keep": .keep
            default: throw fields.fail("orphans", "orphans must be pause, delete or keep.")
            }
        let isDryRun = try fields.bool("dryRun") ?? false
        // The versions of a job, which know the secrets that it held, go with it.
        var held: [JobID: Set<String>] = [:]
        if orphans == .delete, !isDryRun {
            for job in declared.owned { held[job.id] = try await call.keptSecrets(of: job) }
        }
        let result = try await call.scheduler.declare(
            declared.drafts, states: declared.states, owner: owner,
            generation: fields.int("generation", in: 0...Int.max) ?? 0, orphans: orphans,
            isDryRun: isDryRun, author: call.caller.actor)
        if orphans == .delete, !isDryRun {
            await call.forget(
                result.removed.reduce(into: []) {
                    $0.formUnion(held[$1.id] ?? [])
                    $0.formUnion(KeptSecrets.references(in: $1.definition))
                })
        }
        return .json([
            "created": .array(result.created.map(NativeRecord.job)),
            "updated": .array(
                result.updated.map { update -> JSONValue in
                    let moved = declared.before[update.job.id].flatMap { $0 == update.job.state ? nil : $0 }
                    return .record([
                        ("job", NativeRecord.job(update.job)),
                        ("members", .array(update.members.map { .string($0) })),
                        ("stateBefore", moved.map { .string($0.rawValue) }),
                    ])
                }), "removed": .array(result.removed.map(NativeRecord.job)), "unchanged": .int(result.unchanged),
            "warnings": .array(
                (result.warnings.map(\.message) + declared.remarks).map { .string(ClientWording.text($0)) }),
            "text": .string(ClientWording.text(([result.description] + declared.remarks).joined(separator: "\n"))),
        ])
    }

    private static let occurrences: Route.Handler = { call in
        let job = try await call.foundJob()
        let count = try call.query.int("count", in: 1...1_000, else: 10)
        let from = try call.query.date("from", now: call.now)
        let to = try call.query.date("to", now: call.now)
        let isAhead = from.map { $0 > call.now } ?? false
        let ahead = try await call.scheduler.preview(updating: job.id, count: isAhead ? 1_000 : count).occurrences
        let found = from.map { occurrences(of: job, after: $0, count: count, ahead: ahead, at: call.now) } ?? ahead
        let items = found.filter { occurrence in to.map { occurrence.occurrence.nominal < $0 } ?? true }
        return .json(["items": .array(items.map(NativeRecord.occurrence))])
    }

    /// The occurrences of a job's schedule after a date: past ones, and those that the job will fire.
    ///
    /// - Parameter ahead: The next ones that it will fire: a pause, requested skips and a limit of runs leave some out.
    private static func occurrences(
        of job: Job, after date: Date, count: Int, ahead: [PreviewedOccurrence], at now: Date
    ) -> [PreviewedOccurrence] {
        let schedule = job.definition.schedule
        let isAfter = { (occurrence: PreviewedOccurrence) in occurrence.occurrence.nominal > date }
        // A delay that follows an execution has no other occurrences.
        guard schedule.isSeries else { return ahead.filter(isAfter) }
        let begin = min(ahead.first?.occurrence.nominal ?? .distantFuture, now)
        let past = schedule.unlimitedPreview(from: date, count: count).prefix { $0.occurrence.nominal < begin }
        var found = past + ahead.filter(isAfter)
        if ahead.count == 1_000, found.count < count, let last = ahead.last?.occurrence.nominal {
            if let runs = schedule.maximumRuns {
                let left = min(max(0, runs - job.scheduleState.firedCount - ahead.count), 100_000)
                found += schedule.unlimitedPreview(from: last, count: left).filter(isAfter)
            } else {
                found += schedule.unlimitedPreview(from: max(date, last), count: count - found.count)
            }
        }
        return Array(found.prefix(count))
    }
}
