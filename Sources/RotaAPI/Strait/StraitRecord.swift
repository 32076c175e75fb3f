import Foundation
import Rota
import RotaCore
import RotaHTTP
import RotaProfiles
import RotaRetry
import RotaSchedule
import RotaStore

/// Writes jobs as Strait shows them: in the order of its documentation, without empty values, and never with the
/// secret.
enum StraitRecord {
    static let dates = TimestampForm.seconds
    static let ids = IdentifierForm.uuid

    static let overlapPolicies: [(name: String, policy: OverlapPolicy)] = [
        ("allow", .allow), ("skip", .skip.countingTriggered()), ("cancel_running", .replace.countingTriggered()),
    ]

    /// - Parameters:
    ///   - job: The job.
    ///   - call: The call, whose caller sees whole URLs if it may change them.
    static func job(_ job: Job, for call: APICall) -> JSONValue {
        let (definition, limits) = (job.definition, job.definition.limits)
        let request = definition.action.request
        return .record([
            ("id", ids.text(job.id)), ("project_id", text(definition.attributes.project)),
            ("group_id", text(definition.attributes.group)), ("name", .string(definition.name)),
            ("slug", text(definition.attributes.slug)), ("description", text(definition.attributes.description)),
            ("cron", text(cron(of: definition.schedule))), ("payload_schema", definition.payloadSchema?.document),
            ("tags", texts(definition.attributes.tags)), ("endpoint_url", url(request?.url, for: call)),
            ("fallback_endpoint_url", url(request?.fallback, for: call)),
            ("max_attempts", .int(definition.retry.maxAttempts)),
            ("timeout_secs", request.map { .seconds($0.timeout) }),
            ("max_concurrency", limits.concurrency.map { .int($0) }),
            ("execution_window_cron", text(definition.limits.window?.expression.source)),
            ("timezone", text(definition.zone)),
            ("rate_limit_max", limits.rate.map { .int($0.maximum) }),
            ("rate_limit_window_secs", limits.rate.map { .seconds($0.window) }),
            ("max_concurrency_per_key", limits.concurrencyPerKey.map { .int($0) }),
            ("rate_limit_keys", rates(limits.sharedRates, in: definition.attributes.project)),
            ("default_run_metadata", texts(definition.metadata)),
            ("dedup_window_secs", definition.deduplicationWindow.map { .seconds($0) }),
            ("enabled", .bool(job.isEnabled)),
            ("webhook_url", url(definition.webhook(on: .completion)?.url, for: call)),
            ("run_ttl_secs", limits.timeToLive.map { .seconds($0) }),
            ("retry_strategy", .string(strategy(of: definition.retry.backoff))),
            ("retry_delays_secs", delays(of: definition.retry.backoff)),
            ("environment_id", text(definition.attributes.environment)), ("version", .int(job.version)),
            ("version_id", .string(job.versionID.description)),
            ("version_policy", .string(definition.versionPolicy.rawValue)),
            ("backwards_compatible", .bool(definition.isBackwardsCompatible)), ("created_by", text(job.createdBy)),
            ("updated_by", text(job.updatedBy)), ("created_at", dates.text(job.createdAt)),
            ("updated_at", dates.text(job.updatedAt)), ("cron_overlap_policy", overlap(definition.overlap)),
        ])
    }

    static func version(_ version: JobVersion, for call: APICall) -> JSONValue {
        let definition = version.definition
        let request = definition.action.request
        return .record([
            ("id", .string(version.id.description)), ("job_id", ids.text(version.jobID)),
            ("version", .int(version.version)), ("name", .string(definition.name)),
            ("slug", text(definition.attributes.slug)), ("description", text(definition.attributes.description)),
            ("cron", text(cron(of: definition.schedule))), ("payload_schema", definition.payloadSchema?.document),
            ("tags", texts(definition.attributes.tags)), ("endpoint_url", url(request?.url, for: call)),
            ("fallback_endpoint_url", url(request?.fallback, for: call)),
            ("max_attempts", .int(definition.retry.maxAttempts)),
            ("timeout_secs", request.map { .seconds($0.timeout) }),
            ("webhook_url", url(definition.webhook(on: .completion)?.url, for: call)),
            ("run_ttl_secs", definition.limits.timeToLive.map { .seconds($0) }),
            ("created_at", dates.text(version.createdAt)),
        ])
    }

    static func dependency(_ dependency: JobDependency) -> JSONValue {
        [
            "id": .string(dependency.id.description), "job_id": ids.text(dependency.jobID),
            "depends_on_job_id": ids.text(dependency.dependsOn), "condition": .string(dependency.condition.rawValue),
            "created_at": dates.text(dependency.createdAt),
        ]
    }

    static func text(_ text: String?) -> JSONValue? { text.flatMap { $0.isEmpty ? nil : .string($0) } }

    private static func url(_ url: String?, for call: APICall) -> JSONValue? {
        text(url.map { Credentials.shown(url: $0, to: call.caller) })
    }

    static func texts(_ texts: [String: String]) -> JSONValue? { texts.isEmpty ? nil : .texts(texts) }

    /// The expression; or, of a schedule that was made elsewhere, what it does in English.
    static func cron(of schedule: Schedule) -> String? {
        switch schedule.kind {
        case .cron(let expression, _): expression.source
        case .onDemand: nil
        default: schedule.summary
        }
    }

    static func strategy(of backoff: Backoff) -> String {
        switch backoff.kind {
        case .fixed: "fixed"
        case .linear: "linear"
        case .delays: "custom"
        case .exponential, .doubling, .decorrelated: "exponential"
        }
    }

    private static func delays(of backoff: Backoff) -> JSONValue? {
        guard case .delays(let delays) = backoff.kind else { return nil }
        return .array(delays.map { .seconds($0) })
    }

    private static func overlap(_ policy: OverlapPolicy) -> JSONValue? {
        guard policy != .allow else { return nil }
        return overlapPolicies.first { $0.policy == policy }.map { .string($0.name) }
    }

    // MARK: Rates

    /// The name of a rate limit that the jobs of a project share.
    ///
    /// The engine shares limits by name among all jobs.
    static func sharedName(_ name: String, in project: String?) -> String {
        (project.map { $0 + "/" } ?? "") + name
    }

    private static func rates(_ rates: [SharedRateLimit], in project: String?) -> JSONValue? {
        guard !rates.isEmpty else { return nil }
        let prefix = project.map { $0 + "/" } ?? ""
        return .array(
            rates.map { rate in
                let name = rate.name.hasPrefix(prefix) ? String(rate.name.dropFirst(prefix.count)) : rate.name
                return [
                    "name": .string(name), "max": .int(rate.limit.maximum), "window_secs": .seconds(rate.limit.window),
                ]
            })
    }
}
