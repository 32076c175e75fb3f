import RotaHTTP
import RotaStore

/// Infrai's JSON, for `openapi.json`.
enum InfraiSchema {
    private static let settings: [(String, JSONValue)] = [
        ("name", Schema.text(1...255)), ("schedule", Schema.text), ("cron_expr", Schema.text),
        ("run_at", Schema.date), ("url", Schema.text), ("task", Schema.text), ("task_url", Schema.text),
        ("task_type", Schema.choice(["http_url"])), ("payload", Schema.anything), ("timezone", Schema.text),
        ("retries", Schema.integer(0...10)), ("retry", Schema.integer(0...10)),
        ("timeout_seconds", Schema.integer(1...900)),
        ("overlap_policy", Schema.choice(["allow", "skip", "queue"])),
        ("max_runs", Schema.orNull(Schema.integer(1...1_000_000_000))), ("headers", Schema.texts),
        ("on_failure_webhook", Schema.orNull(Schema.text)), ("idempotency_key", Schema.key),
    ]

    static let newJob = Schema.object(settings)
    static let changedJob = Schema.object(settings)

    static let newRetention = Schema.object(
        [("retention_days", Schema.integer(0...36_500)), ("idempotency_key", Schema.key)],
        required: ["retention_days"])

    /// A job as `create` and `list` show it.
    static let listed = Schema.object(
        [
            ("cron_id", Schema.text), ("name", Schema.text), ("schedule", Schema.text), ("url", Schema.text),
            ("enabled", Schema.bool), ("next_run_at", Schema.date),
        ], required: ["cron_id", "name", "schedule", "url", "enabled"])

    /// A job as `get` and `update` show it.
    static let job = Schema.object(
        [
            ("cron_id", Schema.text), ("name", Schema.text), ("cron_expr", Schema.text), ("task", Schema.text),
            ("timezone", Schema.text), ("enabled", Schema.bool), ("next_run_at", Schema.date),
        ], required: ["cron_id", "name", "cron_expr", "task", "timezone", "enabled"])

    static let switched = Schema.object(
        [("cron_id", Schema.text), ("enabled", Schema.bool), ("next_run_at", Schema.date)],
        required: ["cron_id", "enabled"])
    static let deleted = Schema.object(
        [("cron_id", Schema.text), ("deleted", Schema.bool)], required: ["cron_id", "deleted"])
    static let retention = Schema.object(
        [("cron_id", Schema.text), ("retention_days", Schema.orNull(Schema.number))],
        required: ["cron_id", "retention_days"])

    static let run = Schema.object(
        [
            ("run_id", Schema.text), ("cron_id", Schema.text),
            ("state", Schema.choice(ExecutionStatus.allCases.map(\.rawValue))),
            ("started_at", Schema.orNull(Schema.date)), ("finished_at", Schema.date),
            ("response_status", Schema.integer), ("error", Schema.text),
        ], required: ["run_id", "cron_id", "state", "started_at"])

    static func list(of item: JSONValue) -> JSONValue {
        Schema.object([("items", Schema.array(item)), ("next_cursor", Schema.text)], required: ["items"])
    }

    static let paging: [QueryParameter] = [
        .limit(1...100, else: 50), QueryParameter("cursor", "Where to continue: the next_cursor of an earlier page"),
    ]

    /// The envelope of an answer.
    static func ok(_ data: JSONValue) -> JSONValue {
        Schema.object(
            [
                ("ok", Schema.bool), ("data", data), ("error", ["type": "null"]),
                ("metadata", Schema.object([("request_id", Schema.text), ("latency_ms", Schema.integer)])),
            ], required: ["ok", "data", "error", "metadata"])
    }
}
