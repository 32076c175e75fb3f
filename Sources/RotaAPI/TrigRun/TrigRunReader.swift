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

    static func draft(_ fields: Fields) throws -> JobDraft {
        let name = try fields.required("name", length: 1...255)
        let schedule = try schedule(fields)
        guard let request = try fields.object("request") else { throw fields.fail("request", "request is required.") }
        var definition = JobDefinition(
            name: name, schedule: schedule, action: .http(try Self.request(request, changing: nil)), retry: .trigrun)
        try changePolicies(&definition, fields)
        return JobDraft(definition, state: try state(fields) ?? .active)
    }

    static func change(_ definition: inout JobDefinition, _ fields: Fields, at now: Date) throws {
        if fields.has("name") { definition.name = try fields.required("name", length: 1...255) }
        if fields.has("schedule") || fields.has("kind") {
            let schedule = try schedule(fields, changing: definition.schedule)
            // A new interval counts from the change on, one that stays as it was from where it did.
            if let minutes = minutes(schedule) {
                if minutes != self.minutes(definition.schedule) {
                    definition.schedule = try .everyMinutes(minutes, anchor: now)
                }
            } else {
                definition.schedule = schedule
            }
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
            definition.retry.maxAttempts = try policy.int("max_attempts", in: 1...10) ?? definition.retry.maxAttempts
            if let statuses = try policy.ints("retry_on_statuses", in: 100...599, count: 0...500) {
                definition.retry.retrying.statuses = .init(statuses)
            }
        }
        if fields.isNull("concurrency_limit") { definition.limits.concurrency = nil }
        if let limit = try fields.int("concurrency_limit", in: 1...100_000) { definition.limits.concurrency = limit }
        if let description = try fields.text("description", length: 0...2_000) {
            definition.attributes.description = description.isEmpty ? nil : description
        }
        if let tags = try fields.texts("tags") { definition.attributes.tags = tags }
    }

    static func state(_ fields: Fields) throws(APIError) -> JobState? {
        guard let text = try fields.text("state") else { return nil }
        guard let state = JobState(rawValue: text), state != .completed else {
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

    /// Reads the kind and the schedule.
    ///
    /// Members that are absent keep their present value.
    private static func schedule(_ fields: Fields, changing present: Schedule? = nil) throws -> Schedule {
        let given = try fields.object("schedule") ?? Fields(.object([]), path: "schedule")
        let kind = try kind(fields, given, present)
        switch kind {
        case .recurring:
            let minutes = try given.int("every_n_minutes", in: 1...1_440) ?? present.flatMap(minutes)
            guard let minutes else {
                throw given.fail("every_n_minutes", "schedule.every_n_minutes is required for kind recurring.")
            }
            try checkZone(given)
            return try Schedule.everyMinutes(minutes)
        case .cron:
            var (text, zone): (String?, String?) = (nil, nil)
            if case .cron(let expression, let timeZone)? = present?.kind {
                (text, zone) = (expression.source, timeZone)
            }
            guard let cron = try given.text("cron") ?? text else {
                throw given.fail("cron", "schedule.cron is required for kind cron.")
            }
            return try given.schedule(cron, in: try given.text("timezone") ?? zone ?? "UTC", named: "cron")
        case .scheduled:
            var date = try given.date("run_at", "at", "scheduled_for", "timestamp")
            if date == nil, case .once(let present)? = present?.kind { date = present }
            guard let date else {
                throw given.fail(
                    "run_at", "schedule.run_at is required for kind scheduled, such as 2099-01-01T00:00:00Z.")
            }
            try checkZone(given)
            return .once(at: date)
        case .oneTime:
            return .immediately
        }
    }

    private static func kind(_ fields: Fields, _ given: Fields, _ present: Schedule?) throws(APIError) -> Kind {
        if let text = try fields.text("kind") {
            guard let kind = Kind(rawValue: text) else {
                throw fields.fail("kind", "kind must be recurring, cron, scheduled or one_time.")
            }
            let rules = ["every_n_minutes", "cron", "run_at"].filter { given.has($0) && !given.isNull($0) }
            let fitting = [Kind.recurring: "every_n_minutes", .cron: "cron", .scheduled: "run_at"][kind]
            if let other = rules.first(where: { $0 != fitting }) {
                throw given.fail(other, "schedule.\(other) does not belong to kind \(text).")
            }
            return kind
        }
        // The key of the rule names the kind.
        if given.has("every_n_minutes") { return .recurring }
        if given.has("cron") { return .cron }
        if given.has("run_at") { return .scheduled }
        guard let present else {
            throw fields.fail("kind", "kind is required: recurring, cron, scheduled or one_time.")
        }
        return TrigRunRecord.kind(of: present)
    }

    /// An interval of whole minutes.
    static func minutes(_ schedule: Schedule) -> Int? {
        guard case .every(let interval, _) = schedule.kind else { return nil }
        let minutes = Int(interval.components.seconds / 60)
        return interval == .seconds(minutes * 60) ? minutes : nil
    }

    /// A zone without effect is checked all the same, since it may be meant to have one.
    private static func checkZone(_ given: Fields) throws {
        if let zone = try given.text("timezone") { _ = try given.schedule("* * * * *", in: zone, named: "cron") }
    }

    // MARK: Requests

    private static let methods: Set<HTTPMethod> = [.get, .post, .put, .patch, .delete]

    private static func request(_ fields: Fields, changing present: RequestTemplate?) throws -> RequestTemplate {
        let url = try fields.text("url") ?? present?.url
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
            let matcher = try fields.json("response_matcher")?.decode(
                ResponseMatcher.self, at: "request.response_matcher")
            success = SuccessRule(statuses: success.statuses, matching: matcher)
        }
        do {
            return try RequestTemplate(
                method: method, url: url,
                headers: try fields.texts("headers").map { Credentials.restored($0, from: present?.headers) }
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
