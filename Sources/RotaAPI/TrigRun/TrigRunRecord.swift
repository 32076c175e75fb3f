import Foundation
import Rota
import RotaCore
import RotaHTTP
import RotaProfiles
import RotaRetry
import RotaSchedule
import RotaStore

/// Writes jobs and executions as TrigRun shows them: snake case outside, camel case inside attempts.
enum TrigRunRecord {
    private static let dates = TimestampForm.milliseconds
    private static let ids = IdentifierForm.uuid

    static func kind(of schedule: Schedule) -> TrigRunReader.Kind {
        switch schedule.kind {
        case .every, .afterCompletion: .recurring
        case .cron, .union, .onDemand: .cron
        case .once: .scheduled
        case .immediately: .oneTime
        }
    }

    /// - Parameters:
    ///   - job: The job.
    ///   - state: Its state, as TrigRun shows it.
    ///   - call: The call, whose caller sees a whole URL if it may change it.
    static func job(_ job: Job, state: JobState, for call: APICall) -> JSONValue {
        .record([
            ("id", ids.text(job.id)), ("name", .string(job.definition.name)),
            ("kind", .string(kind(of: job.definition.schedule).rawValue)), ("state", .string(state.rawValue)),
            ("schedule", schedule(of: job.definition)), ("request", request(job.definition.action, for: call)),
            ("retry_policy", retryPolicy(job.definition.retry)),
            ("concurrency_limit", job.definition.limits.concurrency.map { .int($0) } ?? .null),
            ("description", job.definition.attributes.description.map { .string($0) }),
            ("tags", job.definition.attributes.tags.isEmpty ? nil : .texts(job.definition.attributes.tags)),
            ("next_run_at", dates.orNull(job.nextRunAt)), ("last_run_at", dates.orNull(job.statistics.lastRunAt)),
            ("created_at", dates.text(job.createdAt)), ("updated_at", dates.text(job.updatedAt)),
        ])
    }

    private static func schedule(of definition: JobDefinition) -> JSONValue? {
        let zone = JSONValue.string(definition.zone ?? "UTC")
        return switch definition.schedule.kind {
        case .cron(let expression, _): ["cron": .string(expression.source), "timezone": zone]
        case .once(let date): ["run_at": dates.text(date), "timezone": zone]
        case .every(let interval, _), .afterCompletion(let interval):
            if let minutes = TrigRunReader.minutes(definition.schedule) {
                ["every_n_minutes": .int(minutes), "timezone": zone]
            } else {
                ["every_n_seconds": .seconds(interval), "timezone": zone]
            }
        case .immediately: nil
        case .union, .onDemand: ["summary": .string(definition.schedule.summary)]
        }
    }

    private static func request(_ action: JobAction, for call: APICall) -> JSONValue {
        guard let request = action.request else {
            return ["handler": .string(action.handler?.name ?? "")]
        }
        let body: JSONValue =
            switch request.body {
            case .none: .null
            case .text(let text): .string(text)
            case .json(let value): value
            case .bytes(let data): .string(data.base64EncodedString())
            }
        return .record([
            ("url", .string(Credentials.shown(url: request.url, to: call.caller))),
            ("method", .string(request.method.rawValue)),
            ("headers", Credentials.shown(request.headers)), ("body", body),
            ("timeout_seconds", .seconds(request.timeout)),
            ("success_statuses", .array(request.success.statuses.ranges.flatMap { $0.map { .int($0) } })),
            ("response_matcher", request.success.matcher.flatMap { try? JSONValue(encoding: $0) }),
        ])
    }

    private static func retryPolicy(_ policy: RetryPolicy) -> JSONValue {
        [
            "max_attempts": .int(policy.maxAttempts),
            "retry_on_statuses": .array(
                policy.retrying.statuses.ranges.flatMap { $0.prefix(500).map { .int($0) } }),
        ]
    }

    static func execution(_ execution: Execution) -> JSONValue {
        let last = execution.attempts.last { $0.statusCode != nil }
        let now = execution.progress.finishedAt ?? execution.createdAt
        return .record([
            ("id", ids.text(execution.id)), ("job_id", ids.text(execution.jobID)),
            ("job_name", .string(execution.jobName)),
            ("status", .string(ServiceProfile.trigrun.name(of: execution, at: now) ?? "queued")),
            ("scheduled_for", dates.text(execution.scheduledFor)), ("source", .string(execution.source.rawValue)),
            ("attempts", .array(execution.attempts.map(attempt))),
            (
                "final_response",
                last.map { attempt in
                    .record([
                        ("statusCode", attempt.statusCode.map { .int($0) }),
                        ("bodyPreview", attempt.bodyPreview.map { .string($0) }),
                    ])
                } ?? .null
            ),
            ("replay_of", execution.replayOf.map { ids.text($0) }),
            ("error", execution.progress.failure.map { .string(ClientWording.failure($0.message)) }),
            ("created_at", dates.text(execution.createdAt)),
            ("started_at", dates.orNull(execution.progress.startedAt)),
            ("finished_at", dates.orNull(execution.progress.finishedAt)),
        ])
    }

    private static func attempt(_ attempt: Attempt) -> JSONValue {
        .record([
            ("number", .int(attempt.number)), ("status", .string(attempt.outcome.rawValue)),
            ("statusCode", attempt.statusCode.map { .int($0) }), ("latencyMs", .milliseconds(attempt.duration)),
            ("bodyPreview", attempt.bodyPreview.map { .string($0) }),
            ("bodyTruncated", attempt.bodyWasTruncated ? true : nil),
            (
                "responseHeaders", attempt.responseHeaders.isEmpty ? nil : .texts(attempt.responseHeaders)
            ),
            ("errorClass", attempt.errorClass.map { .string($0.rawValue) }),
            ("error", attempt.failure.map { .string(ClientWording.failure($0.message)) }),
        ])
    }
}
