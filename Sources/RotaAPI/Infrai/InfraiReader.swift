import Foundation
import Rota
import RotaCore
import RotaHTTP
import RotaProfiles
import RotaRetry
import RotaSchedule
import RotaStore

/// Reads jobs as Infrai's clients state them: each of the service's spellings, everywhere.
struct InfraiReader {
    private static let crons = ["cron_expr", "schedule"]
    private static let urls = ["task", "task_url", "url"]
    private static let retryNames = ["retry", "retries"]

    private static let settings =
        Set(crons + urls + retryNames)
        .union([
            "name", "run_at", "task_type", "payload", "timezone", "timeout_seconds", "overlap_policy", "max_runs",
            "headers", "on_failure_webhook", "idempotency_key", "cron_id",
        ])

    private let fields: Fields

    init(_ fields: Fields) { self.fields = fields }

    /// The definition of a new job, or of one that is changed where the fields say so.
    func definition(changing present: JobDefinition?) throws -> JobDefinition {
        try fields.refuseOthers(than: Self.settings)
        if let type = try fields.text("task_type"), type != "http_url" {
            throw fields.fail("task_type", "task_type must be http_url.")
        }
        let zone = try fields.text("timezone") ?? present?.zone
        let schedule = try schedule(present?.schedule, in: zone)
        let action = try action(present?.action)
        var definition =
            present
            ?? JobDefinition(
                name: Self.name(of: action.request?.url ?? ""), schedule: schedule, action: action, retry: .infrai,
                retention: .days(InfraiRecord.standardRetention))
        (definition.schedule, definition.action) = (schedule, action)
        try definition.keep(zone: zone)
        if fields.json("name") != nil { definition.name = try fields.required("name", length: 1...255) }
        try changePolicies(&definition)
        return definition
    }

    /// The host and path of an address, for a job that was given no name.
    private static func name(of url: String) -> String {
        guard let address = URL(string: url), let host = address.host, !host.isEmpty else {
            return url.prefix(scalars: 255)
        }
        return (host + (address.path == "/" ? "" : address.path)).prefix(scalars: 255)
    }

    private func changePolicies(_ definition: inout JobDefinition) throws {
        for name in Self.retryNames {
            if let retries = try fields.int(name, in: 0...10) { definition.retry.retries = retries }
        }
        try agree(Self.retryNames)
        if let text = try fields.text("overlap_policy") {
            switch text {
            case "allow": definition.overlap = .allow
            case "skip": definition.overlap = .skip
            case "queue": definition.overlap = .queue
            default: throw fields.fail("overlap_policy", "overlap_policy must be allow, skip or queue.")
            }
        }
        if let webhook = try fields.optionalText("on_failure_webhook", length: 0...2_048) {
            try Credentials.refuseMark(in: webhook, "on_failure_webhook")
            definition.setWebhook(on: .failure, url: webhook)
        }
    }

    /// Refuses two spellings of a setting that say different things.
    private func agree(_ names: [String]) throws(APIError) {
        let given = names.filter { fields.json($0) != nil }
        guard let first = given.first, let other = given.first(where: { fields.json($0) != fields.json(first) }) else {
            return
        }
        throw fields.fail(other, "\(first) and \(other) are the same setting, but have different values. Give one.")
    }

    private func text(_ names: [String]) throws(APIError) -> String? {
        try agree(names)
        for name in names {
            if let text = try fields.text(name) { return text }
        }
        return nil
    }

    // MARK: Schedule

    private func schedule(_ present: Schedule?, in zone: String?) throws -> Schedule {
        if let zone = try fields.text("timezone") { _ = try fields.schedule("* * * * *", in: zone, named: "timezone") }
        let (cron, date) = (try text(Self.crons), try fields.date("run_at"))
        let name = fields.json("cron_expr") == nil ? "schedule" : "cron_expr"
        guard cron == nil || date == nil else {
            throw fields.fail("run_at", "Give either \(name) or run_at: a job runs by a schedule, or once.")
        }
        var schedule: Schedule
        switch (cron, date, present?.kind) {
        // A schedule that is sent back as it was shown stays, even if only its English was shown.
        case (let cron?, _, _) where present.map { cron == InfraiRecord.rule(of: $0) && $0.fits(zone) } ?? false:
            schedule = present ?? .onDemand
        case (let cron?, _, _): schedule = try rule(cron, in: zone ?? "UTC", named: name)
        case (_, let date?, _): schedule = .once(at: date)
        case (_, _, nil): throw fields.fail("schedule", "schedule is required, or run_at for a job that runs once.")
        case (_, _, .cron(let expression, let before)?) where zone != nil && zone != before:
            schedule = try rule(expression.source, in: zone ?? before, named: name)
        default: schedule = present ?? .onDemand
        }
        return try limited(schedule, like: present)
    }

    /// The schedule with the largest number of runs that is stated, or that was.
    private func limited(_ schedule: Schedule, like present: Schedule?) throws -> Schedule {
        if let runs = try fields.int("max_runs", in: 1...1_000_000_000) { return schedule.limited(toRuns: runs) }
        guard fields.isNull("max_runs") else {
            guard schedule.maximumRuns == nil, let runs = present?.maximumRuns else { return schedule }
            return schedule.limited(toRuns: runs)
        }
        guard schedule.maximumRuns != nil else { return schedule }
        // A schedule loses its limit by being created again.
        switch schedule.kind {
        case .cron(let expression, let zone): return try rule(expression.source, in: zone, named: "schedule")
        case .once(let date): return .once(at: date)
        default: throw fields.fail("max_runs", "max_runs of a schedule that was made elsewhere cannot be removed here.")
        }
    }

    /// An expression of five fields, or six with seconds first; or a date, as a job that runs once shows its schedule.
    private func rule(_ text: String, in zone: String, named name: String) throws -> Schedule {
        if let date = ISO8601.parse(text) { return .once(at: date) }
        let count = text.split(whereSeparator: \.isWhitespace).count
        guard count == 5 || count == 6 else {
            throw fields.fail(
                name, "\(name) must be a cron expression of 5 fields, or 6 with seconds first, not \(count).")
        }
        return try fields.schedule(text, in: zone, named: name)
    }

    // MARK: Requests

    private static let requestNames = urls + ["payload", "headers", "timeout_seconds"]

    private func action(_ present: JobAction?) throws -> JobAction {
        if let present, present.request == nil {
            guard let name = Self.requestNames.first(where: fields.has) else { return present }
            throw fields.fail(name, "The job calls a handler of the app and sends no request, so it has no \(name).")
        }
        return .http(try template(present?.request))
    }

    private func template(_ present: RequestTemplate?) throws -> RequestTemplate {
        let given = try text(Self.urls)
        try Credentials.refuseMark(in: given, Self.urls.first { fields.json($0) != nil } ?? "url")
        guard let url = given ?? present?.url else { throw fields.fail("url", "url is required.") }
        var body = present?.body ?? .none
        if fields.has("payload") { body = fields.json("payload").map { .json($0) } ?? .none }
        let headers = try fields.texts("headers").map { try Credentials.restored($0, from: present?.headers) }
        let timeout = try fields.int("timeout_seconds", in: 1...900).map { Duration.seconds($0) }
        do {
            return try RequestTemplate(
                method: present?.method ?? .post, url: url, headers: headers ?? present?.headers ?? [:], body: body,
                timeout: timeout ?? present?.timeout ?? .seconds(300), success: present?.success ?? .any2xx,
                output: present?.output ?? [:], signature: present?.signature, fallback: present?.fallback)
        } catch {
            let field = ["url": "url", "body": "payload"][error.field] ?? error.field
            throw fields.fail(field, "\(error)")
        }
    }
}
