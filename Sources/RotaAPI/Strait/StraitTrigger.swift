import Foundation
import Rota
import RotaCore
import RotaHTTP
import RotaProfiles
import RotaRetry
import RotaStore

/// Reads requests for runs as Strait's clients state them.
struct StraitTrigger {
    private static let overrides: Set<String> = [
        "max_attempts_override", "timeout_secs_override", "retry_backoff", "retry_initial_delay_secs",
        "retry_max_delay_secs",
    ]

    private static let settings = overrides.union([
        "payload", "idempotency_key", "priority", "dry_run", "metadata", "tags", "scheduled_at", "ttl_secs",
        "concurrency_key", "debug_mode", "parent_run_id", "continuation_of",
    ])

    let fields: Fields
    let job: Job
    let now: Date

    /// - Parameter fields: The body, or an item of a bulk request.
    init(_ fields: Fields, of job: Job, at now: Date) throws(APIError) {
        try fields.refuseOthers(than: Self.settings)
        (self.fields, self.job, self.now) = (fields, job, now)
    }

    var isDryRun: Bool { get throws { try fields.bool("dry_run") ?? false } }

    func request(traceparent: String? = nil) throws -> TriggerRequest {
        var request = TriggerRequest()
        request.payload = try fields.json("payload").map { try JSONPayload($0) }
        request.priority = try fields.int("priority", in: 0...10)
        request.metadata = try fields.texts("metadata") ?? [:]
        // A dependency is matched by this member of the metadata.
        request.dependencyKey = request.metadata["dependency_key"].flatMap { $0.isEmpty ? nil : $0 }
        if let traceparent { request.metadata["traceparent"] = request.metadata["traceparent"] ?? traceparent }
        request.tags = try fields.texts("tags") ?? [:]
        request.concurrencyKey = try fields.text("concurrency_key", length: 0...256).flatMap { $0.isEmpty ? nil : $0 }
        request.keepsTrail = try fields.bool("debug_mode") ?? false
        request.parentID = try run("parent_run_id")
        request.continuationOf = try run("continuation_of")
        if fields.names.contains(where: Self.overrides.contains) {
            request.overrides = try overrides()
        }
        try setDates(&request)
        return request
    }

    private func overrides() throws -> RetryOverrides {
        _ = try fields.int("max_attempts_override", in: 0...100)
        _ = try fields.int("timeout_secs_override", in: 0...3_600)
        for name in ["retry_initial_delay_secs", "retry_max_delay_secs"] {
            _ = try fields.int(name, in: 0...31_536_000)
        }
        do {
            return try ServiceProfile.strait.retryOverrides(from: Data(fields.value.text.utf8))
        } catch {
            guard let told = APIError(telling: error) else { throw error }
            throw told
        }
    }

    /// Sets when the run may start and when it expires.
    ///
    /// Outside the job's window it is scheduled for the next opening.
    private func setDates(_ request: inout TriggerRequest) throws {
        let date = try fields.date("scheduled_at")
        let base = max(now, date ?? now)
        let opening = job.definition.limits.window?.nextOpening(from: base) ?? base
        request.at = opening > now ? opening : date
        let requested = try fields.int("ttl_secs", in: 0...2_592_000)
        let expiry = ServiceProfile.strait.expiry(
            at: now, scheduledAt: opening, requested: requested.map { .seconds($0) },
            job: job.definition.limits.timeToLive, timeout: job.definition.action.request?.timeout ?? .seconds(300))
        if let expiry { request.timeToLive = min(expiry.elapsed(since: opening), .seconds(2_592_000)) }
    }

    private func run(_ name: String) throws(APIError) -> ExecutionID? {
        guard let text = try fields.text(name), !text.isEmpty else { return nil }
        guard let id = ExecutionID(text) else {
            throw fields.fail(name, "\(fields.place(name)) must be the id of an execution")
        }
        return id
    }

    /// The answer to a dry run.
    func record(of preview: Scheduler.TriggerPreview, _ request: TriggerRequest, for call: APICall) -> JSONValue {
        .record([
            ("job", StraitRecord.job(job, for: call)), ("payload_hash", .string(Self.hash(of: request.payload))),
            ("payload", request.payload.map { JSONValue($0) }),
            ("scheduled_at", StraitRecord.dates.text(preview.startsAt ?? request.at)),
            ("expires_at", StraitRecord.dates.text(preview.expiresAt)),
            ("validation_warnings", .array(preview.warnings.map { .string(ClientWording.text($0.message)) })),
        ])
    }

    /// The SHA-256 of a payload with sorted members, in hexadecimal.
    ///
    /// No payload is `{}`.
    static func hash(of payload: JSONPayload?) -> String {
        JSONPayload.digest(of: payload ?? (try? JSONPayload(JSONValue.object([]))))
    }
}
