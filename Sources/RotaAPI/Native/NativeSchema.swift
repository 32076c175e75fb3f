import RotaHTTP
import RotaStore

/// The JSON of Rota's own routes, for `openapi.json`.
enum NativeSchema {
    static let job = Schema.object(
        [
            ("id", Schema.text), ("name", Schema.text), ("state", Schema.choice(JobState.allCases.map(\.rawValue))),
            ("schedule", Schema.object), ("summary", Schema.text), ("nextRunAt", Schema.orNull(Schema.date)),
            ("lastRunAt", Schema.orNull(Schema.date)), ("lastStatus", Schema.orNull(Schema.text)),
            ("version", Schema.integer), ("revision", Schema.integer), ("definition", Schema.object),
        ], required: ["id", "name", "state", "nextRunAt", "version", "revision"])

    static let execution = Schema.object(
        [
            ("id", Schema.text), ("jobID", Schema.text), ("jobName", Schema.text),
            ("status", Schema.choice(ExecutionStatus.allCases.map(\.rawValue))), ("source", Schema.text),
            ("scheduledFor", Schema.date), ("createdAt", Schema.date), ("startedAt", Schema.orNull(Schema.date)),
            ("finishedAt", Schema.orNull(Schema.date)),
        ], required: ["id", "jobID", "jobName", "status", "source", "scheduledFor", "createdAt"])

    static let definition = Schema.object(
        [
            ("name", Schema.text(1...255)), ("schedule", Schema.object), ("action", Schema.object),
            ("retry", Schema.object), ("misfire", Schema.anything), ("overlap", Schema.anything),
            ("retention", Schema.object), ("metadata", Schema.texts), ("attributes", Schema.object),
            ("limits", Schema.object),
        ])

    static let newJob = Schema.object(
        [
            ("definition", definition), ("state", Schema.choice(["active", "paused", "draft"])),
            ("idempotencyKey", Schema.key), ("count", Schema.integer(0...1_000)),
        ], required: ["definition"])

    /// A completed job may be sent back as it was read.
    static let changedJob = Schema.object([
        ("definition", definition), ("state", Schema.choice(JobState.allCases.map(\.rawValue))),
    ])

    private static let declaredJob = Schema.object(
        [
            ("id", Schema.text), ("definition", definition),
            ("state", Schema.choice(["active", "paused", "draft", "completed"])),
        ], required: ["definition"])

    static let declaration = Schema.object(
        [
            ("owner", Schema.text(1...255)), ("jobs", Schema.array(declaredJob)),
            ("orphans", Schema.choice(["pause", "delete", "keep"])), ("dryRun", Schema.bool),
            ("generation", Schema.integer(0...Int(Int32.max))),
        ], required: ["owner", "jobs"])

    static let declared = Schema.object([
        ("created", Schema.array(job)), ("updated", Schema.array(Schema.object)), ("removed", Schema.array(job)),
        ("unchanged", Schema.integer), ("warnings", Schema.array(Schema.text)), ("text", Schema.text),
    ])

    static let run = Schema.object([
        ("payload", Schema.anything), ("at", Schema.text), ("idempotencyKey", Schema.key),
        ("priority", Schema.integer(0...10)), ("concurrencyKey", Schema.text(1...256)), ("tags", Schema.texts),
        ("metadata", Schema.texts), ("keepsTrail", Schema.bool),
    ])

    static let occurrences = Schema.object([("items", Schema.array(Schema.object))])
    static let preview = Schema.object([
        ("summary", Schema.text), ("occurrences", Schema.array(Schema.object)),
        ("warnings", Schema.array(Schema.text)),
    ])
    static let explanation = Schema.object([("text", Schema.text)], required: ["text"])

    static func page(of item: JSONValue) -> JSONValue {
        Schema.object([("items", Schema.array(item)), ("next", Schema.orNull(Schema.text))], required: ["items"])
    }
}
