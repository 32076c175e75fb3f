import RotaHTTP
import RotaStore

/// TrigRun's JSON, for `openapi.json`.
enum TrigRunSchema {
    private static let schedule = Schema.object([
        ("every_n_minutes", Schema.integer(1...1_440)), ("cron", Schema.text), ("run_at", Schema.date),
        ("timezone", Schema.text),
    ])

    private static let request = Schema.object(
        [
            ("url", Schema.text), ("method", Schema.choice(["GET", "POST", "PUT", "PATCH", "DELETE"])),
            ("headers", Schema.texts), ("body", Schema.anything), ("timeout_seconds", Schema.integer(1...300)),
            ("success_statuses", Schema.array(Schema.integer(100...599))), ("response_matcher", Schema.object),
        ])

    private static let retryPolicy = Schema.object([
        ("max_attempts", Schema.integer(1...10)), ("retry_on_statuses", Schema.array(Schema.integer(100...599))),
    ])

    private static let settings: [(String, JSONValue)] = [
        ("name", Schema.text(1...255)), ("kind", Schema.choice(TrigRunReader.Kind.allCases.map(\.rawValue))),
        ("schedule", schedule), ("request", request), ("retry_policy", retryPolicy),
        ("state", Schema.choice(["active", "paused", "draft"])),
        ("concurrency_limit", Schema.orNull(Schema.integer(1...100_000))), ("description", Schema.text(0...2_000)),
        ("tags", Schema.texts),
    ]

    static let newJob = Schema.object(settings, required: ["name", "request"])
    /// A completed job may be sent back as it was read.
    static let changedJob = Schema.object(
        settings.map { $0.0 == "state" ? ($0.0, Schema.choice(JobState.allCases.map(\.rawValue))) : $0 })
    static let trigger = Schema.object([("payload", Schema.anything), ("idempotency_key", Schema.key)])
    static let crontab = Schema.object(
        [("crontab", Schema.text(1...262_144)), ("default_url", Schema.text), ("timezone", Schema.text)],
        required: ["crontab"])

    static let job = Schema.object(
        [
            ("id", Schema.text), ("name", Schema.text),
            ("kind", Schema.choice(TrigRunReader.Kind.allCases.map(\.rawValue))),
            ("state", Schema.choice(JobState.allCases.map(\.rawValue))), ("schedule", Schema.object),
            ("request", Schema.object), ("retry_policy", retryPolicy), ("next_run_at", Schema.orNull(Schema.date)),
            ("created_at", Schema.date), ("updated_at", Schema.date),
        ], required: ["id", "name", "kind", "state", "request", "retry_policy", "next_run_at"])

    static let execution = Schema.object(
        [
            ("id", Schema.text), ("job_id", Schema.text), ("job_name", Schema.text),
            ("status", Schema.choice(["queued", "running", "waiting", "succeeded", "failed"])),
            ("scheduled_for", Schema.date), ("source", Schema.text), ("attempts", Schema.array(Schema.object)),
            ("final_response", Schema.orNull(Schema.object)),
        ], required: ["id", "job_id", "job_name", "status", "scheduled_for", "source", "attempts"])

    static func list(of item: JSONValue) -> JSONValue {
        Schema.object([
            ("data", Schema.array(item)), ("limit", Schema.integer), ("offset", Schema.integer),
            ("has_more", Schema.bool),
        ])
    }

    private static let paging: [QueryParameter] = [
        .limit(1...100, else: 50),
        QueryParameter("offset", "How many to pass over", Schema.integer(0...1_000_000)),
        .choice("order", "desc, the default, or asc", ["asc", "desc"]),
    ]

    static let jobQuery: [QueryParameter] =
        [
            .choices("state", "Only jobs in this state", JobState.allCases.map(\.rawValue)),
            QueryParameter("search", "Only jobs whose name contains this, in any case"),
        ] + paging

    static let executionQuery: [QueryParameter] =
        [
            .choices("status", "Only these", ["queued", "running", "waiting", "succeeded", "failed"]),
            .date("from", "Only those scheduled for this date or later"),
            .date("to", "Only those scheduled for an earlier date"),
            QueryParameter("job_name", "Only those of jobs whose name contains this, in any case"),
            .choice("sort", "created_at, the default, or scheduled_for", ["created_at", "scheduled_for"]),
        ] + paging
}
