import Foundation
import Rota
import RotaCore
import RotaHTTP
import RotaProfiles
import RotaRetry
import RotaSchedule
import RotaStore

/// Reads jobs as Krafter's clients state them, and says all that is wrong at once.
struct KrafterReader {
    enum Kind: String, CaseIterable {
        case interval
        case cron
        case once
    }

    /// The intervals that there are.
    static let presets: [(name: String, interval: Duration)] = [
        ("every_30s", .seconds(30)), ("every_1m", .seconds(60)), ("every_5m", .seconds(300)),
        ("every_15m", .seconds(900)), ("every_30m", .seconds(1_800)), ("every_1h", .seconds(3_600)),
        ("every_6h", .seconds(21_600)), ("every_12h", .seconds(43_200)), ("every_1d", .seconds(86_400)),
    ]

    /// The members that a client may send back unchanged.
    private static let readOnly: Set<String> = [
        "id", "last_status", "last_run_at", "next_run_at", "created_at", "updated_at",
    ]

    private static let settings: Set<String> = [
        "name", "schedule_type", "schedule", "timezone", "url", "method", "headers", "timeout_ms", "max_retries",
        "enabled", "failure_notify", "idempotency_key",
    ]

    private let fields: Fields
    private let channel: NotificationRule.Channel?
    private let transport: any HTTPTransport
    private let now: Date

    init(_ fields: Fields, channel: NotificationRule.Channel?, transport: any HTTPTransport, now: Date) {
        (self.fields, self.channel, self.transport, self.now) = (fields, channel, transport, now)
    }

    /// The mistakes, by field.
    private struct Problems {
        var details: [APIError.Detail] = []

        mutating func add(_ field: String, _ message: String) {
            guard !details.contains(where: { $0.field == field }) else { return }
            details.append(.init(field: field, message: message))
        }

        /// Reads a field, and remembers if that fails.
        mutating func read<Value>(_ field: String, _ message: String, _ body: () throws -> Value?) -> Value? {
            do { return try body() } catch {
                add(field, message)
                return nil
            }
        }

        func check() throws(APIError) {
            guard details.isEmpty else { throw APIError(.invalid, "Validation failed", details: details) }
        }
    }

    func draft() throws -> JobDraft {
        let state = try state()
        return JobDraft(try definition(changing: nil), state: state ?? .active)
    }

    func state() throws(APIError) -> JobState? {
        try fields.bool("enabled").map { $0 ? .active : .paused }
    }

    /// The definition of a new job, or of one that is changed where the fields say so.
    func definition(changing present: JobDefinition?) throws -> JobDefinition {
        try fields.refuseOthers(than: present == nil ? Self.settings : Self.settings.union(Self.readOnly))
        var problems = Problems()
        let name = name(present, &problems)
        let schedule = schedule(present, &problems)
        let action = action(present?.action, &problems)
        let retries = problems.read("max_retries", "must be between 0 and 99") {
            try fields.int("max_retries", in: 0...99)
        }
        let notify = problems.read("failure_notify", "must be true or false") { try fields.bool("failure_notify") }
        if notify == true, channel == nil, present?.notifications.contains(where: { $0.event == .failure }) != true {
            problems.add(
                "failure_notify", "cannot be true: this server has no channel to notify, which its operator sets")
        }
        try problems.check()
        guard let name, let schedule, let action else { throw APIError(.invalid, "Validation failed") }
        var definition =
            present
            ?? JobDefinition(
                name: name, schedule: schedule.rule, action: action, retry: .krafter, retention: .last(100))
        (definition.name, definition.schedule, definition.action) = (name, schedule.rule, action)
        try definition.keep(zone: schedule.zone)
        if let retries { definition.retry.retries = retries }
        if let notify { setNotification(notify, in: &definition) }
        return definition
    }

    private func setNotification(_ isOn: Bool, in definition: inout JobDefinition) {
        let isSet = definition.notifications.contains { $0.event == .failure }
        if !isOn { definition.notifications.removeAll { $0.event == .failure } }
        if isOn, !isSet, let channel { definition.notifications.append(NotificationRule(on: .failure, channel)) }
    }

    /// The text of a field, or the present one; a blank one is refused.
    private func text(_ name: String, _ present: String?, _ problems: inout Problems) -> String? {
        guard fields.has(name) || present == nil else { return present }
        let text = problems.read(name, "is invalid") { try fields.text(name) }
        if text?.allSatisfy(\.isWhitespace) ?? true { problems.add(name, "can't be blank") }
        return text
    }

    private func name(_ present: JobDefinition?, _ problems: inout Problems) -> String? {
        let name = text("name", present?.name, &problems)
        if let name, name.unicodeScalars.count > 255 { problems.add("name", "should be at most 255 character(s)") }
        return name
    }

    // MARK: Schedule

    private func schedule(
        _ present: JobDefinition?, _ problems: inout Problems
    ) -> (rule: Schedule, zone: String?)? {
        let before = present.map { KrafterRecord.rule(of: $0.schedule) }
        let kindText = text("schedule_type", before?.kind.rawValue, &problems)
        let rule = text("schedule", before?.text, &problems)
        let zone = problems.read("timezone", "is not a valid IANA timezone") {
            let zone = try fields.text("timezone") ?? present?.zone ?? "UTC"
            _ = try Schedule.cron("* * * * *", in: zone)
            return zone
        }
        guard let kindText, let rule, let zone else { return nil }
        guard let kind = Kind(rawValue: kindText) else {
            problems.add("schedule_type", "is invalid")
            return nil
        }
        // A schedule that stays as it was keeps its anchor, and all that Krafter has no words for.
        if let present, before?.kind == kind, before?.text == rule,
            kind != .cron || present.schedule.timeZoneIdentifier == zone
        {
            return (present.schedule, zone)
        }
        return self.rule(kind, rule, zone, isNew: present == nil, &problems).map { ($0, zone) }
    }

    private func rule(
        _ kind: Kind, _ text: String, _ zone: String, isNew: Bool, _ problems: inout Problems
    ) -> Schedule? {
        switch kind {
        case .interval:
            guard let preset = Self.presets.first(where: { $0.name == text }) else {
                let names = Self.presets.map(\.name).joined(separator: ", ")
                problems.add("schedule", "is not a valid interval (must be one of: \(names))")
                return nil
            }
            // A new interval counts from the change on.
            return .every(preset.interval, anchor: isNew ? nil : now)
        case .cron:
            return problems.read("schedule", "is not a valid cron expression") {
                try Schedule.cron(text, in: zone, dialect: .vixie)
            }
        case .once:
            guard let date = ISO8601.parse(text) else {
                problems.add("schedule", "must be a valid ISO 8601 datetime")
                return nil
            }
            return .once(at: date)
        }
    }

    // MARK: Request

    private func action(_ present: JobAction?, _ problems: inout Problems) -> JobAction? {
        if let present, present.request == nil {
            for name in ["url", "method", "headers", "timeout_ms"] where fields.json(name) != nil {
                problems.add(name, "does not belong to a job that calls a handler of the app")
            }
            return present
        }
        return template(present?.request, &problems).map { .http($0) }
    }

    private func template(_ present: RequestTemplate?, _ problems: inout Problems) -> RequestTemplate? {
        let url = text("url", present?.url, &problems)
        let method = problems.read("method", "is invalid") {
            try fields.text("method").map { text throws(APIError) in
                guard let method = HTTPMethod(rawValue: text.uppercased()) else { throw fields.fail("method", "") }
                return method
            }
        }
        let headers = problems.read("headers", "must be an object of texts") { try fields.texts("headers") }
        let timeout = problems.read("timeout_ms", "must be between 1 and 3600000") {
            try fields.int("timeout_ms", in: 1...3_600_000)
        }
        guard let url else { return nil }
        guard !url.contains(Credentials.mark) else {
            problems.add("url", "must be the whole URL: \(Credentials.mark) stands for a part that was not shown")
            return nil
        }
        do {
            let template = try RequestTemplate(
                method: method ?? present?.method ?? .get, url: url,
                headers: try headers.map { try Credentials.restored($0, from: present?.headers) } ?? present?.headers
                    ?? [:],
                body: present?.body ?? .none,
                timeout: timeout.map { .milliseconds($0) } ?? present?.timeout ?? .seconds(30),
                success: present?.success ?? .any2xx, output: present?.output ?? [:], signature: present?.signature,
                fallback: present?.fallback)
            if let address = template.sampleURL, transport.refusal(of: address) != nil {
                problems.add("url", "must not target private or internal addresses")
            }
            return template
        } catch let error as APIError {
            problems.add("headers", error.message)
            return nil
        } catch let error as HTTPRequestError {
            let isURL = error.field == "url"
            let field = error.field.hasPrefix("headers") ? "headers" : error.field
            problems.add(field, isURL ? "must be a valid http or https URL" : error.message)
            return nil
        } catch {
            problems.add("url", "is invalid")
            return nil
        }
    }
}
