import Foundation
import Rota
import RotaCore
import RotaHTTP
import RotaJSONSchema
import RotaProfiles
import RotaRetry
import RotaSchedule
import RotaStore

/// Reads jobs as Strait's clients state them.
///
/// As in the service, zero and an empty text mean that a setting is not given.
struct StraitReader {
    /// The members that a client may send back as it got them, but not change.
    private static let readOnly: Set<String> = [
        "id", "project_id", "version", "version_id", "created_by", "updated_by", "created_at", "updated_at",
    ]

    private static let settings: Set<String> = [
        "project_id", "group_id", "name", "slug", "description", "cron", "payload_schema", "tags", "endpoint_url",
        "fallback_endpoint_url", "max_attempts", "timeout_secs", "max_concurrency", "execution_window_cron", "timezone",
        "rate_limit_max", "rate_limit_window_secs", "max_concurrency_per_key", "rate_limit_keys",
        "default_run_metadata", "dedup_window_secs", "enabled", "webhook_url", "webhook_secret", "run_ttl_secs",
        "retry_strategy", "retry_delays_secs", "environment_id", "version_policy", "backwards_compatible",
        "cron_overlap_policy", "idempotency_key",
    ]

    let fields: Fields
    /// Whether requests bear a token with which the execution can be completed later.
    let hasTokens: Bool

    init(_ fields: Fields, hasTokens: Bool) {
        self.fields = fields
        self.hasTokens = hasTokens
    }

    /// The draft of a new job.
    ///
    /// - Parameter secret: The reference that stands for `webhook_secret`.
    func draft(secret: StraitSecrets.Change) throws -> JobDraft {
        try fields.refuseOthers(than: Self.settings)
        let project = try fields.required("project_id", length: 1...255)
        let name = try fields.required("name", length: 1...255)
        let slug = try fields.required("slug", length: 1...255)
        _ = try fields.required("endpoint_url", length: 1...2_048)
        var definition = JobDefinition(
            name: name, schedule: .onDemand, action: .http(try template(nil)), retry: .strait, retention: .strait)
        (definition.attributes.project, definition.attributes.slug) = (project, slug)
        try change(&definition, secret: secret)
        return JobDraft(definition, state: try state() ?? .active)
    }

    func state() throws(APIError) -> JobState? {
        try fields.bool("enabled").map { $0 ? .active : .paused }
    }

    /// Changes what the fields name.
    func change(_ definition: inout JobDefinition, secret: StraitSecrets.Change) throws {
        try fields.refuseOthers(than: Self.settings.union(Self.readOnly))
        try changeAttributes(&definition)
        try changeSchedule(&definition)
        try changeRetry(&definition.retry)
        try changeLimits(&definition)
        try changeAction(&definition)
        if fields.has("payload_schema") { definition.payloadSchema = try schema() }
        if let metadata = try fields.texts("default_run_metadata") { definition.metadata = metadata }
        if fields.isNull("default_run_metadata") { definition.metadata = [:] }
        if let window = try fields.optionalInt("dedup_window_secs", in: 0...2_592_000) {
            definition.deduplicationWindow = window.map { .seconds($0) }
        }
        if let text = try fields.text("version_policy"), !text.isEmpty {
            guard let policy = VersionPolicy(rawValue: text) else {
                throw fields.fail("version_policy", "version_policy must be one of: pin, latest, minor")
            }
            definition.versionPolicy = policy
        }
        if let isCompatible = try fields.bool("backwards_compatible") {
            definition.isBackwardsCompatible = isCompatible
        }
        if let text = try fields.text("cron_overlap_policy"), !text.isEmpty {
            guard let policy = StraitRecord.overlapPolicies.first(where: { $0.name == text })?.policy else {
                throw fields.fail(
                    "cron_overlap_policy", "cron_overlap_policy must be one of: allow, skip, cancel_running")
            }
            definition.overlap = policy
        }
        try changeWebhook(&definition, secret)
    }

    private func changeAttributes(_ definition: inout JobDefinition) throws {
        if fields.has("name") { definition.name = try fields.required("name", length: 1...255) }
        if fields.has("slug") { definition.attributes.slug = try fields.required("slug", length: 1...255) }
        if let group = try fields.optionalText("group_id", length: 0...255) { definition.attributes.group = group }
        if let text = try fields.optionalText("description", length: 0...2_000) {
            definition.attributes.description = text
        }
        if let text = try fields.optionalText("environment_id", length: 0...255) {
            definition.attributes.environment = text
        }
        if let tags = try fields.texts("tags") { definition.attributes.tags = tags }
        if fields.isNull("tags") { definition.attributes.tags = [:] }
    }

    private func changeSchedule(_ definition: inout JobDefinition) throws {
        let given = try fields.text("timezone").flatMap { $0.isEmpty ? nil : $0 }
        if let given { _ = try fields.schedule("* * * * *", in: given, named: "timezone") }
        let before = definition.zone
        let zone = given ?? before ?? "UTC"
        var window = definition.limits.window
        let shown = StraitRecord.cron(of: definition.schedule)
        if let cron = try fields.optionalText("cron"), cron == nil || cron != shown || !definition.schedule.fits(zone) {
            definition.schedule = try cron.map { try fields.schedule($0, in: zone, named: "cron") } ?? .onDemand
        } else if zone != before, case .cron(let expression, _) = definition.schedule.kind {
            definition.schedule = try fields.schedule(expression.source, in: zone, named: "cron")
        }
        if let text = try fields.optionalText("execution_window_cron") {
            window = try text.map { try self.window($0, in: zone) }
        } else if zone != before, let present = window {
            window = try self.window(present.expression.source, in: zone)
        }
        definition.limits.window = window
        try definition.keep(zone: given ?? before)
    }

    private func window(_ text: String, in zone: String) throws(APIError) -> ExecutionWindow {
        do { return try ExecutionWindow(text, in: zone) } catch {
            throw fields.fail("execution_window_cron", error.description)
        }
    }

    private func schema() throws(APIError) -> JSONSchema? {
        guard let document = fields.json("payload_schema") else { return nil }
        do { return try JSONSchema(document) } catch { throw fields.fail("payload_schema", error.description) }
    }

    private func changeRetry(_ policy: inout RetryPolicy) throws {
        if let attempts = try fields.optionalInt("max_attempts", in: 0...100) {
            policy.maxAttempts = attempts ?? RetryPolicy.strait.maxAttempts
        }
        let name = try fields.optionalText("retry_strategy")
        let delays = try fields.ints("retry_delays_secs", in: 1...3_600, count: 0...100) ?? []
        guard name != nil || fields.has("retry_delays_secs") else { return }
        var strategy = name.map { $0 ?? "exponential" } ?? StraitRecord.strategy(of: policy.backoff)
        if name == nil, !delays.isEmpty { strategy = "custom" }
        guard delays.isEmpty || strategy == "custom" else {
            throw fields.fail(
                "retry_delays_secs", "retry_delays_secs belongs to retry_strategy custom, not \(strategy)")
        }
        // The delays that are there stay, if only the strategy is named again.
        if strategy == "custom", delays.isEmpty, !fields.has("retry_delays_secs"), case .delays = policy.backoff.kind {
            return
        }
        do {
            policy.backoff = try Backoff(strategy: .init(rawValue: strategy), delays: delays.map { .seconds($0) })
        } catch {
            throw fields.fail(error.code == .strategy ? "retry_strategy" : "retry_delays_secs", error.message)
        }
    }

    private func changeLimits(_ definition: inout JobDefinition) throws {
        if let limit = try fields.optionalInt("max_concurrency", in: 0...100_000) {
            definition.limits.concurrency = limit
        }
        if let limit = try fields.optionalInt("max_concurrency_per_key", in: 0...100_000) {
            definition.limits.concurrencyPerKey = limit
        }
        if let life = try fields.optionalInt("run_ttl_secs", in: 0...2_592_000) {
            definition.limits.timeToLive = life.map { .seconds($0) }
        }
        if let rates = try rates(of: definition.attributes.project) { definition.limits.sharedRates = rates }
        let maximum = try fields.optionalInt("rate_limit_max", in: 0...1_000_000)
        let span = try fields.optionalInt("rate_limit_window_secs", in: 0...2_592_000)
        guard maximum != nil || span != nil else { return }
        if case .some(.none) = maximum, (span ?? nil) == nil { return definition.limits.rate = nil }
        let present = definition.limits.rate
        switch (maximum ?? present?.maximum, span ?? present.map { Int($0.window.components.seconds) }) {
        case (nil, nil): definition.limits.rate = nil
        case (let maximum?, let span?): definition.limits.rate = RateLimit(maximum, per: .seconds(span))
        case (nil, _): throw fields.fail("rate_limit_max", "rate_limit_max is required with rate_limit_window_secs")
        case (_, nil):
            throw fields.fail("rate_limit_window_secs", "rate_limit_window_secs is required with rate_limit_max")
        }
    }

    private func rates(of project: String?) throws -> [SharedRateLimit]? {
        guard fields.has("rate_limit_keys") else { return nil }
        return try (fields.array("rate_limit_keys", count: 0...20) ?? []).enumerated().map { index, value in
            let rate = try Fields(value, path: fields.place("rate_limit_keys[\(index)]"))
            try rate.refuseOthers(than: ["name", "max", "window_secs"])
            let name = try rate.required("name", length: 1...128)
            guard let maximum = try rate.int("max", in: 1...1_000_000) else {
                throw rate.fail("max", "\(rate.place("max")) is required.")
            }
            guard let span = try rate.int("window_secs", in: 1...2_592_000) else {
                throw rate.fail("window_secs", "\(rate.place("window_secs")) is required.")
            }
            return SharedRateLimit(
                StraitRecord.sharedName(name, in: project), RateLimit(maximum, per: .seconds(span)))
        }
    }

    private func changeWebhook(_ definition: inout JobDefinition, _ change: StraitSecrets.Change) throws {
        guard fields.has("webhook_url") || fields.has("webhook_secret") else { return }
        let present = definition.webhook(on: .completion)
        let given = try fields.optionalText("webhook_url", length: 0...2_048)
        try Credentials.refuseMark(in: given ?? nil, fields.place("webhook_url"))
        let url = given ?? present?.url
        let secret = change.applied(to: present?.secret)
        guard let url else {
            if case .set = change {
                throw fields.fail(
                    "webhook_secret", "webhook_secret signs what is sent to webhook_url, which is missing")
            }
            return definition.setWebhook(on: .completion, url: nil)
        }
        // The service's webhooks have the output. One that was made elsewhere stays as it is.
        definition.setWebhook(
            on: .completion, url: url, secret: .some(secret), includesOutput: present == nil ? true : nil)
    }

    // MARK: Request

    /// The fields beside the payload: the execution's identifiers.
    private var headers: HTTPHeaders {
        var headers: HTTPHeaders = [
            "X-Run-ID": "{{execution_id}}", "X-Job-ID": "{{job_id}}", "X-Attempt": "{{attempt}}",
        ]
        if hasTokens { headers["X-Run-Token"] = "{{execution_token}}" }
        return headers
    }

    private func changeAction(_ definition: inout JobDefinition) throws {
        if let present = definition.action.request { return definition.action = .http(try template(present)) }
        for name in ["endpoint_url", "fallback_endpoint_url", "timeout_secs"] where fields.json(name) != nil {
            throw fields.fail(name, "The job calls a handler of the app and sends no request, so it has no \(name).")
        }
    }

    private func template(_ present: RequestTemplate?) throws -> RequestTemplate {
        for name in ["endpoint_url", "fallback_endpoint_url"] {
            try Credentials.refuseMark(in: try fields.text(name), fields.place(name))
        }
        let url = fields.has("endpoint_url") ? try fields.required("endpoint_url", length: 1...2_048) : present?.url
        let fallback = try fields.optionalText("fallback_endpoint_url", length: 0...2_048) ?? present?.fallback
        var timeout = present?.timeout ?? .seconds(300)
        if let seconds = try fields.optionalInt("timeout_secs", in: 0...3_600) { timeout = .seconds(seconds ?? 300) }
        do {
            return try RequestTemplate(
                method: present?.method ?? .post, url: url ?? "", headers: present?.headers ?? headers,
                body: present?.body ?? .json("{{payload}}"), timeout: timeout, success: present?.success ?? .any2xx,
                output: present?.output ?? [:], signature: present?.signature, fallback: fallback)
        } catch {
            let field = ["url": "endpoint_url", "fallback": "fallback_endpoint_url"][error.field] ?? error.field
            throw fields.fail(field, "\(error)")
        }
    }
}
