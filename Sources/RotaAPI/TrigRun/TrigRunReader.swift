import Foundation
import Rota
import RotaCore
import RotaHTTP
import RotaProfiles
import RotaRetry
import RotaSchedule
import RotaStore

/// Reads jobs as TrigRun's clients state them.
enum TrigRunReader {
    enum Kind: String, CaseIterable {
        case recurring
        case cron
        case scheduled
        case oneTime = "one_time"
    }

    /// The members of a job that can be stated.
    private static let settings: Set<String> = [
        "name", "kind", "schedule", "request", "retry_policy", "state", "concurrency_limit", "description", "tags",
        "idempotency_key", "idempotencyKey",
    ]
    /// The members of a job that only answers have, and that a client may send back with a change.
    private static let readOnly: Set<String> = ["id", "next_run_at", "last_run_at", "created_at", "updated_at"]

    static func draft(_ fields: Fields) throws -> JobDraft {
        try fields.refuseOthers(than: settings)
        let name = try fields.required("name", length: 1...255)
        let schedule = try schedule(fields)
        guard let request = try fields.object("request") else { throw fields.fail("request", "request is required.") }
        var definition = JobDefinition(
            name: name, schedule: schedule, action: .http(try Self.request(request, changing: nil)), retry: .trigrun)
        try definition.keep(zone: given(fields).text("timezone"))
        try changePolicies(&definition, fields)
        return JobDraft(definition, state: try state(fields) ?? .active)
    }

    static func change(_ definition: inout JobDefinition, _ fields: Fields, at now: Date) throws {
        try fields.refuseOthers(than: settings.union(readOnly))
        if fields.has("name") { definition.name = try fields.required("name", length: 1...255) }
        if fields.has("schedule") || fields.has("kind") {
            let zone = definition.zone
            definition.schedule = try schedule(fields, changing: definition.schedule, in: zone, at: now)
            try definition.keep(zone: given(fields).text("timezone") ?? zone)
        }
        if let request = try fields.object("request") {
            guard let present = definition.action.request else {
                throw fields.fail("request", "The job calls a handler of the app; its request cannot be changed.")
            }
            definition.action = .http(try Self.request(request, changing: present))
        }
        try changePolicies(&definition, fields)
    }

    private static func changePolicies(_ definition: inout JobDefinition, _ fields: Fields) throws {
        if let policy = try fields.object("retry_policy") {
            try policy.refuseOthers(than: ["max_attempts", "retry_on_statuses"])
            definition.retry.maxAttempts = try policy.int("max_attempts", in: 1...10) ?? definition.retry.maxAttempts
            if let statuses = try policy.ints("retry_on_statuses", in: 100...599, count: 0...500) {
                definition.retry.retrying.statuses = .init(statuses)
            }
        }
        if fields.isNull("concurrency_limit") { definition.limits.concurrency = nil }
        if let limit = try fields.int("concurrency_limit", in: 1...100_000) { definition.limits.concurrency = limit }
        if fields.has("description") {
            let description = try fields.text("description", length: 0...2_000) ?? ""
            definition.attributes.description = description.isEmpty ? nil : description
        }
        if fields.has("tags") { definition.attributes.tags = try fields.texts("tags") ?? [:] }
    }

    /// Reads a state that a client may ask for, or also the one in which a completed job is shown.
    static func state(_ fields: Fields, mayBeCompleted: Bool = false) throws(APIError) -> JobState? {
        guard let text = try fields.text("state") else { return nil }
        guard let state = JobState(rawValue: text), state != .completed || mayBeCompleted else {
            throw fields.fail("state", "state must be active, paused or draft.")
        }
        return state
    }

    static func statuses(_ names: [String]) throws(APIError) -> Set<ExecutionStatus>? {
        guard !names.isEmpty else { return nil }
        var found: Set<ExecutionStatus> = []
        for name in names {
            switch name {
            // TrigRun has one word for every end without success.
            case "failed": found.formUnion([.failed, .canceled, .expired])
            case "queued", "running", "waiting", "succeeded": found.insert(ExecutionStatus(rawValue: name) ?? .queued)
            default:
                throw .invalid("status", "status must be among queued, running, waiting, succeeded, failed.")
            }
        }
        return found
    }

    // MARK: Schedules

    /// Reads the kind and the schedule of a new job.
    private static func schedule(_ fields: Fields) throws -> Schedule {
        let given = try given(fields)
        guard let kind = try kind(fields, given) else {
            throw fields.fail("kind", "kind is required: recurring, cron, scheduled or one_time.")
        }
        return try rule(kind, given)
    }

    /// Reads the kind and the schedule of a job that has one.
    ///
    /// Members that are absent keep their present value, and so do limits and adjustments that TrigRun has no words
    /// for. A new interval counts from the change on.
    private static func schedule(
        _ fields: Fields, changing present: Schedule, in zone: String?, at now: Date
    ) throws -> Schedule {
        let given = try given(fields)
        let old = TrigRunRecord.kind(of: present)
        let kind = try kind(fields, given) ?? old
        guard kind == old else { return present.replacingRule(by: try rule(kind, given, in: zone, anchor: now)) }
        switch kind {
        case .recurring:
            guard let minutes = try given.int("every_n_minutes", in: 1...1_440), minutes != self.minutes(present) else {
                try checkZone(given)
                return present
            }
            return present.replacingRule(by: try rule(kind, given, anchor: now))
        case .cron:
            let zone = try given.text("timezone") ?? present.timeZoneIdentifier
            guard let text = try given.text("cron") else {
                do { return try zone.map { try present.moved(to: $0) } ?? present } catch {
                    throw given.fail("timezone", "\(error)")
                }
            }
            if case .cron(let expression, let timeZone) = present.kind, expression.source == text, timeZone == zone {
                return present
            }
            return present.replacingRule(by: try given.schedule(text, in: zone ?? "UTC", named: "cron"))
        case .scheduled:
            guard try date(given) != nil else { return present }
            return present.replacingRule(by: try rule(kind, given))
        case .oneTime: return present
        }
    }

    private static let ruleNames: [Kind: [String]] = [
        .recurring: ["every_n_minutes"], .cron: ["cron"], .scheduled: ["run_at", "at", "scheduled_for", "timestamp"],
    ]

    private static func given(_ fields: Fields) throws(APIError) -> Fields {
        var given = try Fields(.object([]), path: "schedule")
        if let stated = try fields.object("schedule") { given = stated }
        try given.refuseOthers(
            than: Set(ruleNames.values.joined()).union(["timezone", "every_n_seconds", "summary"]))
        return given
    }

    /// The rule of a kind, as it is given.
    ///
    /// - Parameter zone: The zone if none is given.
    private static func rule(
        _ kind: Kind, _ given: Fields, in zone: String? = nil, anchor: Date? = nil
    ) throws -> Schedule {
        switch kind {
        case .recurring:
            guard let minutes = try given.int("every_n_minutes", in: 1...1_440) else {
                throw given.fail("every_n_minutes", "schedule.every_n_minutes is required for kind recurring.")
            }
            try checkZone(given)
            return try .everyMinutes(minutes, anchor: anchor)
        case .cron:
            guard let text = try given.text("cron") else {
                throw given.fail("cron", "schedule.cron is required for kind cron.")
            }
            return try given.schedule(text, in: try given.text("timezone") ?? zone ?? "UTC", named: "cron")
        case .scheduled:
            guard let date = try date(given) else {
                throw given.fail(
                    "run_at", "schedule.run_at is required for kind scheduled, such as 2099-01-01T00:00:00Z.")
            }
            try checkZone(given)
            return .once(at: date)
        case .oneTime: return .immediately
        }
    }

    private static func date(_ given: Fields) throws(APIError) -> Date? {
        try given.date("run_at", "at", "scheduled_for", "timestamp")
    }

    /// The kind that is stated, or that the key of the rule names; `nil` for neither.
    private static func kind(_ fields: Fields, _ given: Fields) throws(APIError) -> Kind? {
        let rules = ruleNames.filter { $0.value.contains { given.json($0) != nil } }
        let named = rules.flatMap { $0.value.filter { given.json($0) != nil } }.sorted()
        guard rules.count <= 1 else {
            throw given.fail(named[0], "A schedule has one rule; this one has \(named.joined(separator: " and ")).")
        }
        guard let text = try fields.text("kind") else { return rules.keys.first }
        guard let kind = Kind(rawValue: text) else {
            throw fields.fail("kind", "kind must be recurring, cron, scheduled or one_time.")
        }
        if let other = rules.keys.first, other != kind {
            throw given.fail(named[0], "schedule.\(named[0]) does not belong to kind \(text).")
        }
        return kind
    }

    /// An interval of whole minutes.
    static func minutes(_ schedule: Schedule) -> Int? {
        guard case .every(let interval, _) = schedule.kind else { return nil }
        let minutes = Int(interval.components.seconds / 60)
        return interval == .seconds(minutes * 60) ? minutes : nil
    }

    /// A zone that changes no date is checked all the same.
    private static func checkZone(_ given: Fields) throws {
        if let zone = try given.text("timezone") { _ = try given.schedule("* * * * *", in: zone, named: "cron") }
    }

    // MARK: Requests

    private static let methods: Set<HTTPMethod> = [.get, .post, .put, .patch, .delete]

    private static func request(_ fields: Fields, changing present: RequestTemplate?) throws -> RequestTemplate {
        try fields.refuseOthers(than: [
            "url", "method", "headers", "body", "timeout_seconds", "success_statuses", "response_matcher",
        ])
        let given = try fields.text("url")
        try Credentials.refuseMark(in: given, fields.place("url"))
        let url = given ?? present?.url
        guard let url else { throw fields.fail("url", "request.url is required.") }
        var method = present?.method ?? .get
        if let text = try fields.text("method") {
            guard let known = HTTPMethod(rawValue: text.uppercased()), methods.contains(known) else {
                throw fields.fail("method", "request.method must be GET, POST, PUT, PATCH or DELETE.")
            }
            method = known
        }
        var body = present?.body ?? .none
        if fields.has("body") {
            body =
                switch fields.json("body") {
                case nil: .none
                case .string(let text)?: .text(text)
                case let value?: .json(value)
                }
        }
        var success = present?.success ?? .default
        if let statuses = try fields.ints("success_statuses", in: 100...599, count: 1...500) {
            success = SuccessRule(statuses: StatusSet(statuses.map { $0...$0 }), matching: success.matcher)
        }
        if fields.has("response_matcher") {
            if let matcher = fields.json("response_matcher") {
                try NativeMembers.checkMatcher(matcher, at: "request.response_matcher")
            }
            let matcher = try fields.json("response_matcher")?.decode(
                ResponseMatcher.self, at: "request.response_matcher")
            success = SuccessRule(statuses: success.statuses, matching: matcher)
        }
        do {
            return try RequestTemplate(
                method: method, url: url,
                headers: try fields.texts("headers").map { try Credentials.restored($0, from: present?.headers) }
                    ?? present?.headers ?? [:], body: body,
                timeout: try fields.int("timeout_seconds", in: 1...300).map { .seconds($0) }
                    ?? present?.timeout ?? .seconds(30),
                success: success, output: present?.output ?? [:], signature: present?.signature,
                fallback: present?.fallback)
        } catch let error as HTTPRequestError {
            throw fields.fail(error.field, "\(error)")
        }
    }
}
