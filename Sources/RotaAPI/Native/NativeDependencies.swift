import Rota
import RotaCore
import RotaHTTP
import RotaStore

/// Rota's own routes for what a job depends on.
enum NativeDependencies {
    private static let dates = TimestampForm.milliseconds

    private static let conditions = JobDependency.Condition.allCases.map(\.rawValue)

    private static let record = Schema.object(
        [
            ("id", Schema.text), ("dependsOn", Schema.text), ("condition", Schema.choice(conditions)),
            ("createdAt", Schema.date),
        ], required: ["id", "dependsOn", "condition", "createdAt"])

    static let routes: [Route] = [
        Route(
            .get, "/_rota/jobs/{id}/dependencies", "rotaListDependencies", .read, "List what a job depends on",
            answer: NativeSchema.page(of: record)
        ) { call in
            let dependencies = try await call.scheduler.dependencies(of: call.foundJob().id)
            return .json(NativeRecord.page(dependencies.map(json), next: nil))
        },
        Route(
            .post, "/_rota/jobs/{id}/dependencies", "rotaAddDependency", .write,
            "Let a job wait for the executions of another one",
            body: Schema.object(
                [("dependsOn", Schema.text(1...255)), ("condition", Schema.choice(conditions))],
                required: ["dependsOn"]), answer: record, status: 201, obeys: .match
        ) { call in
            let fields = try call.fields()
            try fields.refuseOthers(than: ["dependsOn", "condition"])
            let word = try fields.text("condition") ?? JobDependency.Condition.completed.rawValue
            guard let condition = JobDependency.Condition(rawValue: word) else {
                throw fields.fail("condition", "condition must be \(conditions.joined(separator: ", ")).")
            }
            let job = try await call.foundJob()
            let other = try await call.find(fields.required("dependsOn", length: 1...255))
            let dependency = try await call.dependency(of: job, on: other, condition)
            return .json(json(dependency), status: 201)
        },
        Route(
            .delete, "/_rota/jobs/{id}/dependencies/{dependency}", "rotaRemoveDependency", .write,
            "Let a job wait for another one no longer", status: 204, obeys: .match
        ) { call in
            let text = call.parameter("dependency")
            let job = try await call.foundJob()
            let known = try await call.scheduler.dependencies(of: job.id)
            guard let id = DependencyID(text), known.contains(where: { $0.id == id && $0.jobID == job.id }) else {
                throw APIError(.notFound, "The job has no dependency \"\(text.prefix(scalars: 64))\".")
            }
            try await call.scheduler.removeDependency(id)
            return .noContent
        },
    ]

    private static func json(_ dependency: JobDependency) -> JSONValue {
        [
            "id": .string(dependency.id.description), "dependsOn": .string(dependency.dependsOn.description),
            "condition": .string(dependency.condition.rawValue), "createdAt": dates.text(dependency.createdAt),
        ]
    }
}
