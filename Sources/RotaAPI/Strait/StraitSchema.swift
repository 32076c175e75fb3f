import RotaHTTP

/// Strait's JSON, for `openapi.json`.
enum StraitSchema {
    private static let rate = Schema.object(
        [
            ("name", Schema.text(1...128)), ("max", Schema.integer(1...1_000_000)),
            ("window_secs", Schema.integer(1...2_592_000)),
        ], required: ["name", "max", "window_secs"])

    private static let settings: [(String, JSONValue)] = [
        ("project_id", Schema.text(1...255)), ("group_id", Schema.text(0...255)), ("name", Schema.text(1...255)),
        ("slug", Schema.text(1...255)), ("description", Schema.text(0...2_000)), ("cron", Schema.text),
        ("payload_schema", Schema.object), ("tags", Schema.texts), ("endpoint_url", Schema.text(1...2_048)),
        ("fallback_endpoint_url", Schema.text(0...2_048)), ("max_attempts", Schema.integer(0...100)),
        ("timeout_secs", Schema.integer(0...3_600)), ("max_concurrency", Schema.integer(0...100_000)),
        ("execution_window_cron", Schema.text), ("timezone", Schema.text),
        ("rate_limit_max", Schema.integer(0...1_000_000)), ("rate_limit_window_secs", Schema.integer(0...2_592_000)),
        ("max_concurrency_per_key", Schema.integer(0...100_000)), ("rate_limit_keys", Schema.array(rate)),
        ("default_run_metadata", Schema.texts), ("dedup_window_secs", Schema.integer(0...2_592_000)),
        ("enabled", Schema.bool), ("webhook_url", Schema.text(0...2_048)), ("webhook_secret", Schema.text(16...4_096)),
        ("run_ttl_secs", Schema.integer(0...2_592_000)),
        ("retry_strategy", Schema.choice(["exponential", "linear", "fixed", "custom"])),
        ("retry_delays_secs", Schema.array(Schema.integer)), ("environment_id", Schema.text(0...255)),
        ("version_policy", Schema.choice(["pin", "latest", "minor"])), ("backwards_compatible", Schema.bool),
        ("cron_overlap_policy", Schema.choice(["allow", "skip", "cancel_running"])),
    ]

    static let newJob = Schema.object(settings, required: ["project_id", "name", "slug", "endpoint_url"])
    static let changedJob = Schema.object(settings.filter { $0.0 != "project_id" })
    static let clone = Schema.object(
        [("name", Schema.text(1...255)), ("slug", Schema.text(1...255))], required: ["name", "slug"])

    static let job = Schema.object(
        [("id", Schema.text)] + settings.filter { $0.0 != "webhook_secret" }
            + [
                ("version", Schema.integer), ("version_id", Schema.text), ("created_by", Schema.text),
                ("updated_by", Schema.text), ("created_at", Schema.date), ("updated_at", Schema.date),
            ], required: ["id", "name", "max_attempts", "enabled", "version", "version_id", "created_at", "updated_at"])

    static let version = Schema.object(
        [
            ("id", Schema.text), ("job_id", Schema.text), ("version", Schema.integer), ("name", Schema.text),
            ("slug", Schema.text), ("description", Schema.text), ("cron", Schema.text),
            ("payload_schema", Schema.object), ("tags", Schema.texts), ("endpoint_url", Schema.text),
            ("fallback_endpoint_url", Schema.text), ("max_attempts", Schema.integer), ("timeout_secs", Schema.integer),
            ("webhook_url", Schema.text), ("run_ttl_secs", Schema.integer), ("created_at", Schema.date),
        ], required: ["id", "job_id", "version", "name", "created_at"])

    private static let item: [(String, JSONValue)] = [
        ("payload", Schema.anything), ("idempotency_key", Schema.key), ("priority", Schema.integer(0...10)),
        ("metadata", Schema.texts), ("tags", Schema.texts), ("scheduled_at", Schema.date),
        ("ttl_secs", Schema.integer(0...2_592_000)), ("concurrency_key", Schema.text(1...256)),
        ("debug_mode", Schema.bool), ("parent_run_id", Schema.text), ("continuation_of", Schema.text),
        ("max_attempts_override", Schema.integer(0...100)), ("timeout_secs_override", Schema.integer(0...3_600)),
        ("retry_backoff", Schema.choice(["exponential", "linear", "fixed"])),
        ("retry_initial_delay_secs", Schema.integer), ("retry_max_delay_secs", Schema.integer),
    ]

    static let trigger = Schema.object(item + [("dry_run", Schema.bool)])
    static let bulk = Schema.object([("items", Schema.array(Schema.object(item)))], required: ["items"])
    static let bulkResult = Schema.object(
        [
            (
                "results",
                Schema.array(
                    Schema.object([
                        ("id", Schema.text), ("status", Schema.text), ("run_token", Schema.text),
                        ("idempotency_hit", Schema.bool),
                    ]))
            ), ("total", Schema.integer), ("created", Schema.integer), ("batch_id", Schema.text),
        ], required: ["results", "total", "created"])

    static let run: JSONValue = {
        let texts = ["id", "job_id", "project_id", "status", "triggered_by"]
        let others: [(String, JSONValue)] = [
            ("attempt", Schema.integer), ("payload", Schema.anything), ("result", Schema.anything),
            ("metadata", Schema.texts), ("error", Schema.text), ("scheduled_at", Schema.date),
            ("started_at", Schema.date), ("finished_at", Schema.date), ("heartbeat_at", Schema.date),
            ("next_retry_at", Schema.date), ("expires_at", Schema.date), ("priority", Schema.integer),
            ("job_version", Schema.integer), ("execution_trace", Schema.object), ("debug_mode", Schema.bool),
            ("lineage_depth", Schema.integer), ("tags", Schema.texts), ("job_version_id", Schema.text),
            ("batch_id", Schema.text), ("concurrency_key", Schema.text), ("created_at", Schema.date),
            ("run_token", Schema.text),
        ]
        return Schema.object(
            texts.map { ($0, Schema.text) } + others,
            required: texts + ["attempt", "priority", "job_version", "debug_mode", "lineage_depth", "created_at"])
    }()

    static let health = Schema.object(
        [
            "total_runs", "completed_runs", "failed_runs", "timed_out_runs", "crashed_runs", "canceled_runs",
            "expired_runs", "success_rate", "avg_duration_secs", "p95_duration_secs", "health_score",
        ].map { ($0, Schema.number) })

    static let newDependency = Schema.object(
        [("depends_on_job_id", Schema.text), ("condition", Schema.choice(["completed", "failed", "any"]))],
        required: ["depends_on_job_id"])
    static let dependency = Schema.object(
        [
            ("id", Schema.text), ("job_id", Schema.text), ("depends_on_job_id", Schema.text),
            ("condition", Schema.text), ("created_at", Schema.date),
        ], required: ["id", "job_id", "depends_on_job_id", "condition", "created_at"])

    static let ids = Schema.object([("job_ids", Schema.array(Schema.text)), ("ids", Schema.array(Schema.text))])
    static let updated = Schema.object(
        [("updated", Schema.integer), ("errors", Schema.array(Schema.object))], required: ["updated"])

    static func array(_ item: JSONValue) -> JSONValue { Schema.array(item) }

    private static let paging: [QueryParameter] = [
        .limit(1...100, else: 50),
        QueryParameter("cursor", "Where to continue: the X-Next-Cursor or next_cursor of an earlier page"),
    ]

    static let jobQuery: [QueryParameter] =
        [
            QueryParameter("project_id", "Of which project; required"),
            QueryParameter("tag_key", "Only jobs with a tag of this name, with tag_value"),
            QueryParameter("tag_value", "The value of that tag"),
        ] + paging

    static let runQuery: [QueryParameter] =
        [
            QueryParameter("project_id", "Of which project; required"),
            QueryParameter("job_id", "Only runs of this job"),
            .choices(
                "status", "Only these",
                [
                    "delayed", "queued", "executing", "waiting", "completed", "failed", "timed_out", "crashed",
                    "canceled", "expired",
                ]), QueryParameter("batch_id", "Only runs of this bulk request"),
            QueryParameter("concurrency_key", "Only runs with this key"),
        ] + paging
}
