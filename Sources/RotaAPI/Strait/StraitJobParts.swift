import Rota
import RotaHTTP
import RotaProfiles
import RotaStore

// The parts of a job: its versions, its health, and the jobs it depends on.
extension StraitJobs {
    var parts: [Route] {
        [
            Route(
                .get, "/v1/jobs/{id}/versions", "listVersions", .read, "List the versions of a job, the newest first",
                answer: list.schema(of: StraitSchema.version)
            ) { [list] call in
                let versions = try await call.scheduler.versions(of: call.jobID())
                return list.answer(
                    versions.map { StraitRecord.version($0, for: call) }, next: nil, to: call)
            },
            Route(
                .get, "/v1/jobs/{id}/versions/{version_id}", "getVersion", .read, "Read a version of a job",
                answer: StraitSchema.version
            ) { call in
                let job = try await call.job()
                guard let id = JobVersionID(call.parameter("version_id")), id.jobID == job.id else {
                    throw APIError(.notFound, "version not found")
                }
                return .json(StraitRecord.version(try await call.scheduler.version(id), for: call))
            },
            Route(
                .get, "/v1/jobs/{id}/health", "getHealth", .read, "Read how the runs of a job have fared",
                query: [
                    .choice(
                        "window", "Since when they were created; 7d if absent",
                        JobHealth.Window.allCases.map(\.rawValue))
                ], answer: StraitSchema.health, Self.health),
            Route(
                .get, "/v1/jobs/{id}/dependencies", "listDependencies", .read, "List the jobs that a job depends on",
                answer: StraitSchema.array(StraitSchema.dependency)
            ) { call in
                let found = try await call.scheduler.dependencies(of: call.jobID())
                return .json(.array(found.map(StraitRecord.dependency)))
            },
            Route(
                .post, "/v1/jobs/{id}/dependencies", "createDependency", .write, "Make a job depend on another one",
                body: StraitSchema.newDependency, answer: StraitSchema.dependency, status: 201, obeys: .match,
                Self.depend),
            Route(
                .delete, "/v1/jobs/{id}/dependencies/{dep_id}", "deleteDependency", .write, "Remove a dependency",
                status: 204, obeys: .match
            ) { call in
                let present = try await call.scheduler.dependencies(of: call.job().id)
                guard let found = present.first(where: { $0.id.description == call.parameter("dep_id") }) else {
                    throw APIError(.notFound, "dependency not found")
                }
                try await call.scheduler.removeDependency(found.id)
                return .noContent
            },
        ]
    }

    private static let health: Route.Handler = { call in
        let text = call.query.text("window") ?? JobHealth.Window.week.rawValue
        guard let window = JobHealth.Window(rawValue: text) else {
            throw APIError(.invalid, "invalid window: must be 1h, 1d, 7d, or 30d")
        }
        let health = try await call.scheduler.health(of: .job(call.jobID()), over: window)
        return .json(ServiceProfile.strait.record(of: health) ?? .object([]))
    }

    private static let depend: Route.Handler = { call in
        let fields = try call.fields()
        try fields.refuseOthers(than: ["depends_on_job_id", "condition"])
        let job = try await call.job()
        let text = try fields.required("depends_on_job_id", length: 1...255)
        let condition = try fields.text("condition").flatMap { $0.isEmpty ? nil : $0 } ?? "completed"
        guard let condition = JobDependency.Condition(rawValue: condition) else {
            throw APIError(.invalid, "condition must be one of: completed, failed, any")
        }
        guard let id = JobID(text), let other = try await call.scheduler.store.job(id) else {
            throw APIError(.invalid, "depends_on_job_id does not exist")
        }
        guard other.id != job.id else { throw APIError(.invalid, "job cannot depend on itself") }
        guard other.definition.attributes.project == job.definition.attributes.project else {
            throw APIError(.invalid, "dependency jobs must belong to the same project")
        }
        let dependency = try await call.dependency(of: job, on: other, condition)
        return .json(StraitRecord.dependency(dependency), status: 201)
    }
}
