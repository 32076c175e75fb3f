import Foundation
import Rota
import RotaCore
import RotaHTTP
import RotaProfiles
import RotaSchedule
import RotaStore

/// Writes jobs and runs as Infrai shows them.
enum InfraiRecord {
    static let ids = IdentifierForm.prefixed(job: "cron_", execution: "run_")
    private static let dates = TimestampForm.seconds

    /// The days for which a new job keeps its runs.
    static let standardRetention = 30

    /// A job as `create` and `list` show it.
    static func listed(_ job: Job, for call: APICall) -> JSONValue {
        .record([
            ("cron_id", ids.text(job.id)), ("name", .string(job.definition.name)),
            ("schedule", .string(rule(of: job.definition.schedule))), ("url", .string(url(of: job, for: call))),
            ("enabled", .bool(job.isEnabled)), ("next_run_at", dates.text(job.nextRunAt)),
        ])
    }

    /// A job as `get` and `update` show it.
    static func job(_ job: Job, for call: APICall) -> JSONValue {
        .record([
            ("cron_id", ids.text(job.id)), ("name", .string(job.definition.name)),
            ("cron_expr", .string(rule(of: job.definition.schedule))), ("task", .string(url(of: job, for: call))),
            ("timezone", .string(job.definition.zone ?? "UTC")), ("enabled", .bool(job.isEnabled)),
            ("next_run_at", dates.text(job.nextRunAt)),
        ])
    }

    /// A job as `pause` and `resume` show it.
    static func state(_ job: Job, showsNext: Bool) -> JSONValue {
        .record([
            ("cron_id", ids.text(job.id)), ("enabled", .bool(job.isEnabled)),
            ("next_run_at", showsNext ? dates.text(job.nextRunAt) : nil),
        ])
    }

    /// The cron expression, or the date of a job that runs once.
    ///
    /// Other schedules, made elsewhere, are described in English.
    static func rule(of schedule: Schedule) -> String {
        switch schedule.kind {
        case .cron(let expression, _): expression.source
        case .once(let date): ISO8601.description(date)
        default: schedule.summary
        }
    }

    /// - Parameter call: The call, whose caller sees a whole URL if it may change it.
    private static func url(of job: Job, for call: APICall) -> String {
        guard let request = job.definition.action.request else {
            return "handler:" + (job.definition.action.handler?.name ?? "")
        }
        return Credentials.shown(url: request.url, to: call.caller)
    }

    static func run(_ run: Execution) -> JSONValue {
        .record([
            ("run_id", ids.text(run.id)), ("cron_id", ids.text(run.jobID)),
            ("state", .string(ServiceProfile.infrai.name(of: run.status) ?? run.status.rawValue)),
            ("started_at", dates.orNull(run.progress.startedAt)),
            ("finished_at", dates.text(run.progress.finishedAt)),
            ("response_status", run.attempts.last?.statusCode.map { .int($0) }),
            (
                "error",
                run.status == .succeeded ? nil : run.progress.failure.map { .string(ClientWording.failure($0.message)) }
            ),
        ])
    }

    /// How long runs are kept; null if their age does not matter.
    static func retention(of job: Job) -> JSONValue {
        let retention = job.definition.retention
        let days = retention.maximumAge.map { $0.inSeconds / 86_400 }
        return [
            "cron_id": ids.text(job.id),
            "retention_days": retention.maximumCount == 0 ? 0 : days.map { JSONValue(floatLiteral: $0) } ?? .null,
        ]
    }
}
