import RotaHTTP

/// Krafter's JSON, for `openapi.json`.
enum KrafterSchema {
    private static let method = Schema.choice(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
    private static let kind = Schema.choice(KrafterReader.Kind.allCases.map(\.rawValue))

    private static let schedule: JSONValue = .record([
        ("type", "string"),
        (
            "description",
            .string(
                "For schedule_type interval one of \(KrafterReader.presets.map(\.name).joined(separator: ", ")); for "
                    + "cron an expression of five fields; for once a date in ISO 8601")
        ),
    ])

    private static let settings: [(String, JSONValue)] = [
        ("name", Schema.text(1...255)), ("schedule_type", kind), ("schedule", schedule), ("timezone", Schema.text),
        ("url", Schema.text), ("method", method), ("headers", Schema.texts),
        ("timeout_ms", Schema.integer(1...3_600_000)), ("max_retries", Schema.integer(0...99)),
        ("enabled", Schema.bool), ("failure_notify", Schema.bool),
    ]

    static let newJob = Schema.object(settings, required: ["name", "schedule_type", "schedule", "url"])
    static let changedJob = Schema.object(settings)

    static let job: JSONValue = {
        let read: [(String, JSONValue)] = [
            ("last_status", Schema.orNull(Schema.choice(["success", "failed"]))),
            ("last_run_at", Schema.orNull(Schema.date)), ("next_run_at", Schema.orNull(Schema.date)),
            ("created_at", Schema.date), ("updated_at", Schema.date),
        ]
        let properties = [("id", Schema.text)] + settings + read
        return Schema.object(properties, required: properties.map(\.0))
    }()

    /// A job as pausing and resuming show it.
    static let switched = Schema.object(
        [("id", Schema.text), ("name", Schema.text), ("enabled", Schema.bool)], required: ["id", "name", "enabled"])

    static let ok = Schema.object([("ok", Schema.bool)], required: ["ok"])

    static let execution: JSONValue = {
        let properties: [(String, JSONValue)] = [
            ("id", Schema.text), ("status", Schema.choice(["success", "failed"])),
            ("http_status", Schema.orNull(Schema.integer)), ("response_body", Schema.orNull(Schema.text)),
            ("error", Schema.orNull(Schema.text)), ("attempt", Schema.integer),
            ("duration_ms", Schema.orNull(Schema.integer)), ("started_at", Schema.orNull(Schema.date)),
            ("finished_at", Schema.orNull(Schema.date)),
        ]
        return Schema.object(properties, required: properties.map(\.0))
    }()

    static func data(_ value: JSONValue) -> JSONValue { Schema.object([("data", value)], required: ["data"]) }

    /// All items: lists have no pages.
    static func list(of item: JSONValue) -> JSONValue { data(Schema.array(item)) }
}
