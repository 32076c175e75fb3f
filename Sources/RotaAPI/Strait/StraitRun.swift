import Foundation
import Rota
import RotaCore
import RotaHTTP
import RotaProfiles
import RotaRetry
import RotaStore

/// Writes runs as Strait shows them.
enum StraitRun {
    private static let dates = StraitRecord.dates
    private static let ids = StraitRecord.ids

    /// - Parameters:
    ///   - run: The run.
    ///   - job: Its job.
    ///   - now: The present, which tells delayed runs from queued ones.
    ///   - token: The token with which the run can be completed, if the server issues any.
    static func record(_ run: Execution, of job: Job, at now: Date, token: SecretValue? = nil) -> JSONValue {
        let (details, progress) = (run.details, run.progress)
        var members: [(String, JSONValue?)] = [
            ("id", ids.text(run.id)), ("job_id", ids.text(run.jobID)),
            ("project_id", .string(job.definition.attributes.project ?? "")),
            ("status", .string(status(of: run, at: now))), ("attempt", .int(attempt(of: run))),
            ("payload", run.payload.map { JSONValue($0) }), ("result", result(of: run)),
            ("metadata", StraitRecord.texts(run.metadata)),
            (
                "error",
                run.status == .succeeded ? nil : progress.failure.map { .string(ClientWording.failure($0.message)) }
            ),
            ("triggered_by", .string(ServiceProfile.strait.name(of: run.source))),
            ("scheduled_at", scheduledAt(of: run)),
            ("started_at", dates.text(progress.startedAt)), ("finished_at", dates.text(progress.finishedAt)),
            ("heartbeat_at", dates.text(progress.heartbeatAt)), ("next_retry_at", dates.text(run.nextRetryAt)),
            ("expires_at", dates.text(progress.expiresAt)), ("parent_run_id", details.parentID.map { ids.text($0) }),
            ("priority", .int(details.priority ?? job.definition.priority)),
            ("idempotency_key", StraitRecord.text(details.idempotencyKey)),
            ("job_version", .int(run.versionID.version)),
        ]
        members += overrides(of: run)
        members += [
            ("execution_trace", run.trace.map(trace)), ("debug_mode", .bool(run.trail != nil)),
            ("continuation_of", details.continuationOf.map { ids.text($0) }),
            ("lineage_depth", .int(details.lineageDepth)),
            ("tags", details.tags.flatMap(StraitRecord.texts)), ("job_version_id", .string(run.versionID.description)),
            ("created_by", StraitRecord.text(details.createdBy)),
            ("batch_id", details.batchID.map { .string($0.description) }),
            ("concurrency_key", StraitRecord.text(details.concurrencyKey)), ("created_at", dates.text(run.createdAt)),
            ("run_token", token.map { .string($0.value) }),
        ]
        return .record(members)
    }

    static func status(of run: Execution, at now: Date) -> String {
        ServiceProfile.strait.name(of: run, at: now) ?? run.status.rawValue
    }

    /// The attempt that is under way, or the next one, or the last one.
    private static func attempt(of run: Execution) -> Int {
        let isOpen = run.status == .queued || run.status == .running
        return max(1, run.attempts.count + (isOpen ? 1 : 0))
    }

    /// The output, or what the endpoint answered: as JSON if it is, and otherwise as text.
    private static func result(of run: Execution) -> JSONValue? {
        if let output = run.progress.output { return JSONValue(output) }
        guard run.status == .succeeded, let last = run.attempts.last, let body = last.bodyPreview, !body.isEmpty else {
            return nil
        }
        guard !last.bodyWasTruncated, let value = try? JSONValue(parsing: body) else { return .string(body) }
        return value
    }

    /// When the run is to start, if someone said so: the schedule, or a request for another date than its own.
    private static func scheduledAt(of run: Execution) -> JSONValue? {
        let isStated = run.source == .schedule || run.source == .backfill || run.scheduledFor != run.createdAt
        return isStated ? dates.text(run.scheduledFor) : nil
    }

    private static func overrides(of run: Execution) -> [(String, JSONValue?)] {
        guard let overrides = run.details.overrides, let json = try? ServiceProfile.strait.json(of: overrides),
            let value = try? JSONValue(parsing: Array(json))
        else { return [] }
        return [
            "max_attempts_override", "timeout_secs_override", "retry_backoff", "retry_initial_delay_secs",
            "retry_max_delay_secs",
        ].map { ($0, value[$0]) }
    }

    private static func trace(_ trace: ExecutionTrace) -> JSONValue {
        let parts: [(String, Duration?)] = [
            ("queue_wait_ms", trace.queueWait), ("dequeue_ms", trace.dequeue), ("connect_ms", trace.connect),
            ("ttfb_ms", trace.firstByte), ("transfer_ms", trace.transfer), ("total_ms", trace.total),
            ("dispatch_ms", trace.dispatch),
        ]
        return .record(parts.map { name, duration in (name, duration.map { .milliseconds($0) }) })
    }
}
