import Foundation
import Rota
import RotaCore
import RotaHTTP
import RotaSchedule
import RotaStore

/// Writes records in Rota's own words, in camel case as the engine's types encode themselves.
enum NativeRecord {
    private static let dates = TimestampForm.milliseconds
    private static let ids = IdentifierForm.uuid

    static func job(_ job: Job) -> JSONValue {
        let attributes = job.definition.attributes
        let statistics = job.statistics
        return .record([
            ("id", ids.text(job.id)), ("name", .string(job.definition.name)),
            ("slug", attributes.slug.map { .string($0) }), ("description", attributes.description.map { .string($0) }),
            ("project", attributes.project.map { .string($0) }), ("group", attributes.group.map { .string($0) }),
            ("environment", attributes.environment.map { .string($0) }),
            ("tags", attributes.tags.isEmpty ? nil : .texts(attributes.tags)),
            ("state", .string(job.state.rawValue)), ("reason", job.scheduleState.reason.map { .string($0) }),
            ("resumesAt", dates.text(job.scheduleState.resumesAt)),
            (
                "skipsRemaining",
                job.scheduleState.skipsRemaining > 0 ? .int(job.scheduleState.skipsRemaining) : nil
            ),
            ("schedule", try? JSONValue(encoding: job.definition.schedule)),
            ("summary", .string(job.definition.schedule.summary)),
            ("timezone", job.definition.timeZoneIdentifier.map { .string($0) }),
            ("action", action(job.definition.action)),
            ("nextRunAt", dates.orNull(job.nextRunAt)), ("nextAfterSkips", dates.text(job.nextAfterSkips)),
            ("lastRunAt", dates.orNull(statistics.lastRunAt)),
            ("lastFinishedAt", dates.text(statistics.lastFinishedAt)),
            ("lastStatus", statistics.lastStatus.map { .string($0.rawValue) } ?? .null),
            (
                "counts",
                [
                    "succeeded": .int(statistics.succeeded), "failed": .int(statistics.failed),
                    "canceledOrExpired": .int(statistics.canceledOrExpired),
                ]
            ),
            ("version", .int(job.version)), ("revision", .int(job.scheduleState.revision)),
            ("declaredBy", job.declaredBy.map { .string($0) }), ("createdBy", job.createdBy.map { .string($0) }),
            ("updatedBy", job.updatedBy.map { .string($0) }),
            ("createdAt", dates.text(job.createdAt)), ("updatedAt", dates.text(job.updatedAt)),
        ])
    }

    /// A job with its whole definition.
    ///
    /// - Parameter call: The call, whose caller sees whole URLs if it may change them.
    static func details(_ job: Job, for call: APICall) throws -> JSONValue {
        guard case .object(let members) = self.job(job) else { return .null }
        return .object(members + [.init("definition", try definition(job.definition, for: call))])
    }

    static func definition(_ definition: JobDefinition, for call: APICall) throws -> JSONValue {
        Credentials.hidden(in: try JSONValue(encoding: definition), showsURLs: call.caller.may(.write))
    }

    private static func action(_ action: JobAction) -> JSONValue {
        if let request = action.request {
            return [
                "kind": "http", "method": .string(request.method.rawValue),
                "target": .string(PercentEncoding.redact(url: request.url)),
            ]
        }
        return ["kind": "handler", "target": .string(action.handler?.name ?? "")]
    }

    static func execution(_ execution: Execution) -> JSONValue {
        .record(members(of: execution) + [("attempts", .int(execution.attempts.count))])
    }

    /// An execution with its attempts.
    static func details(_ execution: Execution) -> JSONValue {
        .record(
            members(of: execution) + [
                ("payload", execution.payload.map { JSONValue($0) }),
                ("output", execution.progress.output.map { JSONValue($0) }),
                ("metadata", execution.metadata.isEmpty ? nil : .texts(execution.metadata)),
                ("tags", execution.details.tags.map { .texts($0) }),
                ("idempotencyKey", execution.details.idempotencyKey.map { .string($0) }),
                ("concurrencyKey", execution.details.concurrencyKey.map { .string($0) }),
                ("createdBy", execution.details.createdBy.map { .string($0) }),
                ("attempts", .array(execution.attempts.map(attempt))),
            ])
    }

    private static func members(of execution: Execution) -> [(String, JSONValue?)] {
        let progress = execution.progress
        return [
            ("id", ids.text(execution.id)), ("jobID", ids.text(execution.jobID)),
            ("jobName", .string(execution.jobName)), ("jobVersion", .int(execution.jobVersion)),
            ("status", .string(progress.status.rawValue)), ("source", .string(execution.source.rawValue)),
            ("scheduledFor", dates.text(execution.scheduledFor)), ("createdAt", dates.text(execution.createdAt)),
            ("dueAt", progress.status == .queued ? dates.text(progress.dueAt) : nil),
            ("startedAt", dates.orNull(progress.startedAt)), ("finishedAt", dates.orNull(progress.finishedAt)),
            ("expiresAt", dates.text(progress.expiresAt)),
            (
                "failure",
                progress.failure.map {
                    ["kind": .string($0.kind.rawValue), "message": .string(ClientWording.failure($0.message))]
                }
            ),
            ("cancelRequestedAt", dates.text(progress.cancelRequestedAt)),
            ("cancelReason", progress.cancelReason.map { .string($0) }),
            ("replayOf", execution.replayOf.map { ids.text($0) }),
            ("priority", execution.details.priority.map { .int($0) }),
        ]
    }

    private static func attempt(_ attempt: Attempt) -> JSONValue {
        .record([
            ("number", .int(attempt.number)), ("startedAt", dates.text(attempt.startedAt)),
            ("milliseconds", .milliseconds(attempt.duration)), ("succeeded", .bool(attempt.succeeded)),
            ("statusCode", attempt.statusCode.map { .int($0) }),
            (
                "failure",
                attempt.failure.map {
                    ["kind": .string($0.kind.rawValue), "message": .string(ClientWording.failure($0.message))]
                }
            ),
            ("bodyPreview", attempt.bodyPreview.map { .string($0) }),
            ("bodyWasTruncated", attempt.bodyWasTruncated ? true : nil),
            ("responseHeaders", attempt.responseHeaders.isEmpty ? nil : .texts(attempt.responseHeaders)),
            ("trace", attempt.trace.map(trace)),
        ])
    }

    private static func trace(_ trace: ExecutionTrace) -> JSONValue {
        .record(
            [
                ("queueWait", trace.queueWait), ("dequeue", trace.dequeue), ("resolve", trace.resolve),
                ("connect", trace.connect), ("handshake", trace.handshake), ("firstByte", trace.firstByte),
                ("transfer", trace.transfer), ("total", trace.total),
            ].map { name, span in (name + "Milliseconds", span.map { .milliseconds($0) }) })
    }

    static func skip(_ skip: SkippedOccurrence) -> JSONValue {
        .record([
            ("kind", "skip"), ("first", dates.text(skip.first)), ("last", dates.text(skip.last)),
            ("count", skip.count.map { .int($0) }), ("reason", .string(skip.reason.rawValue)),
            ("decidedAt", dates.text(skip.decidedAt)),
        ])
    }

    static func occurrence(_ occurrence: PreviewedOccurrence) -> JSONValue {
        .record([
            ("nominal", dates.text(occurrence.occurrence.nominal)),
            ("effective", dates.text(occurrence.occurrence.effective)),
            ("notes", .array(occurrence.notes.map { .string($0.message) })),
        ])
    }

    static func event(_ entry: SchedulerEvent.Log.Entry) -> JSONValue {
        .record([
            ("cursor", .string(entry.cursor.description)), ("at", dates.text(entry.date)),
            ("type", .string(entry.kind.description)), ("text", .string(entry.text)),
            ("jobID", ids.text(entry.jobID)), ("jobName", .string(entry.jobName)),
            ("executionID", entry.executionID.map { ids.text($0) }),
            ("status", entry.status.map { .string($0.rawValue) }),
        ])
    }

    static func page(_ items: [JSONValue], next: String?) -> JSONValue {
        ["items": .array(items), "next": next.map { .string($0) } ?? .null]
    }
}
