import Foundation
import Rota
import RotaCore
import RotaHTTP
import RotaProfiles
import RotaSchedule
import RotaStore

/// Writes jobs and executions as Krafter shows them.
enum KrafterRecord {
    private static let dates = TimestampForm.seconds
    private static let ids = IdentifierForm.uuid

    /// - Parameters:
    ///   - job: The job.
    ///   - call: The call, whose caller sees a whole URL if it may change it.
    static func job(_ job: Job, for call: APICall) -> JSONValue {
        let definition = job.definition
        let rule = rule(of: definition.schedule)
        let request = definition.action.request
        return .record([
            ("id", ids.text(job.id)), ("name", .string(definition.name)),
            ("schedule_type", .string(rule.kind.rawValue)), ("schedule", .string(rule.text)),
            ("timezone", .string(definition.zone ?? "UTC")),
            ("url", request.map { .string(Credentials.shown(url: $0.url, to: call.caller)) } ?? .null),
            ("method", request.map { .string($0.method.rawValue) } ?? .null),
            ("headers", Credentials.shown(request?.headers ?? [:])),
            ("timeout_ms", request.map { .milliseconds($0.timeout) } ?? .null),
            ("max_retries", .int(definition.retry.retries)), ("enabled", .bool(job.isEnabled)),
            ("failure_notify", .bool(definition.notifications.contains { $0.event == .failure })),
            ("last_status", status(job.statistics.lastStatus)), ("last_run_at", dates.orNull(job.statistics.lastRunAt)),
            ("next_run_at", dates.orNull(job.nextRunAt)), ("created_at", dates.text(job.createdAt)),
            ("updated_at", dates.text(job.updatedAt)),
        ])
    }

    /// The answer to pausing and resuming.
    static func state(_ job: Job) -> JSONValue {
        ["id": ids.text(job.id), "name": .string(job.definition.name), "enabled": .bool(job.isEnabled)]
    }

    private static func status(_ status: ExecutionStatus?) -> JSONValue {
        status.flatMap { ServiceProfile.krafter.name(of: $0) }.map { .string($0) } ?? .null
    }

    /// The schedule in Krafter's words.
    ///
    /// One that it has no words for, because it was made otherwise, is described in English.
    static func rule(of schedule: Schedule) -> (kind: KrafterReader.Kind, text: String) {
        switch schedule.kind {
        case .cron(let expression, _): return (.cron, expression.source)
        case .once(let date):
            let text = dates.text(date)
            let isWhole = ISO8601.parse(text.plain) == date
            return (.once, isWhole ? text.plain : ISO8601.milliseconds(date))
        case .every(let interval, _):
            let preset = KrafterReader.presets.first { $0.interval == interval }
            return (.interval, preset?.name ?? schedule.summary)
        case .afterCompletion, .union, .onDemand: return (.interval, schedule.summary)
        case .immediately: return (.once, schedule.summary)
        }
    }

    static func execution(_ execution: Execution) -> JSONValue {
        let last = execution.attempts.last
        return .record([
            ("id", ids.text(execution.id)), ("status", status(execution.status)),
            ("http_status", last?.statusCode.map { .int($0) } ?? .null),
            ("response_body", last?.bodyPreview.map { .string($0) } ?? .null), ("error", error(of: execution)),
            ("attempt", .int(execution.attempts.count)),
            ("duration_ms", last.map { .milliseconds($0.duration) } ?? .null),
            ("started_at", dates.orNull(execution.progress.startedAt)),
            ("finished_at", dates.orNull(execution.progress.finishedAt)),
        ])
    }

    /// Null for a success; the status of a response that was none; or the class of the error without a response.
    private static func error(of execution: Execution) -> JSONValue {
        guard execution.status != .succeeded else { return .null }
        guard execution.status == .failed, let last = execution.attempts.last else {
            return .string(execution.status.rawValue)
        }
        if let status = last.statusCode { return .string("HTTP \(status)") }
        return .string(last.errorClass?.rawValue ?? execution.progress.failure?.kind.rawValue ?? "failed")
    }
}

extension JSONValue {
    /// The text of a string, and nothing for any other value.
    fileprivate var plain: String { if case .string(let text) = self { text } else { "" } }
}
