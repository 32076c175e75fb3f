import Foundation
import RotaCore
import RotaHTTP
import RotaJSONSchema
import RotaRetry
import RotaSchedule
import RotaStore

extension JobDefinition {
    /// Checks what could not be checked when the parts were created.
    func validate() throws {
        try validateName()
        try schedule.validate()
        if let call = action.handler { try validate(call) }
        if let request = action.request { try validate(request) }
        // Standard policies and missing extras need no check. Most jobs have nothing else.
        if !hasStandardPolicies { try validatePolicies() }
        guard hasExtras else { return }
        try validateNotificationsAndBreaker()
        let check = FieldCheck(code: .invalidJob, jobName: name)
        try attributes.validate(check)
        try limits.validate(check)
        try check.number(priority, "The priority", 0...10)
        try check.span(deduplicationWindow, "The deduplication window", longest: .seconds(2_592_000))
        try validateAdaptiveTimeout()
        if let payload = action.handler?.payload {
            try payloadSchema?.check(payload, "The payload of the action", of: name)
        }
    }

    private func validateName() throws(SchedulerError) {
        // Counting takes time. A short name with a visible ASCII character is fine without.
        if name.utf8.count <= 255, name.utf8.contains(where: { $0 > 0x20 && $0 < 0x7f }) { return }
        let length = name.unicodeScalars.count
        guard (1...255).contains(length), name.contains(where: { !$0.isWhitespace }) else {
            throw SchedulerError(
                .invalidJob,
                "A job's name must have 1 to 255 characters, not all of them blank. This one has \(length).",
                value: name)
        }
    }

    private func validatePolicies() throws {
        do {
            try retry.validate()
        } catch {
            throw RetryPolicyError(
                error.code, "The retry policy of job \"\(name)\" is invalid. \(error.message)", value: error.value)
        }
        try FieldCheck(code: .invalidJob, jobName: name).lateness(misfire.maximumLateness, "The maximum lateness")
    }

    private func validateAdaptiveTimeout() throws {
        guard let adaptiveTimeout else { return }
        do {
            try adaptiveTimeout.validate()
        } catch {
            throw RetryPolicyError(
                error.code, "The adaptive timeout of job \"\(name)\" is invalid. \(error.message)", value: error.value)
        }
        guard action.request != nil, adaptiveTimeout.bounds.upperBound > RequestTimeout.range.upperBound else { return }
        throw SchedulerError(
            .invalidJob,
            "Job \"\(name)\": the adaptive timeout of a request must be at most \(RequestTimeout.range.upperBound).",
            value: "\(adaptiveTimeout.bounds.upperBound)")
    }

    private func validate(_ request: RequestTemplate) throws(SchedulerError) {
        guard !schedule.isOnDemand, request.needsPayload else { return }
        throw SchedulerError(
            .invalidJob,
            "Job \"\(name)\" makes its request from {{payload}}, but executions of a schedule have none. Give the job the "
                + "schedule `.onDemand` and enqueue its work, or write the values into the request.")
    }

    private func validate(_ call: HandlerCall) throws(SchedulerError) {
        guard !call.name.isEmpty else {
            throw SchedulerError(
                .invalidJob, "Job \"\(name)\" calls a handler with an empty name. Give the handler's name.")
        }
        if let timeout = call.timeout, timeout <= .zero {
            throw SchedulerError(
                .invalidJob,
                "The timeout of handler \"\(call.name)\" must be more than zero, not "
                    + "\(timeout.exactText).",
                value: timeout.exactText)
        }
        if let limit = call.heartbeatLimit, limit <= .zero {
            throw SchedulerError(
                .invalidJob, "The heartbeat limit of job \"\(name)\" must be more than zero, not \(limit.exactText).",
                value: limit.exactText)
        }
        try FieldCheck(code: .invalidJob, jobName: name).payload(call.payload, "The payload")
    }
}

extension JobDefinition {
    /// Checks the breaker's policy and the notification rules.
    func validateNotificationsAndBreaker() throws {
        try breaker?.validate()
        guard notifications.count <= 20 else {
            throw SchedulerError(
                .invalidJob, "A job can have at most 20 notification rules. This one has \(notifications.count).",
                value: "\(notifications.count)")
        }
        guard chain.count <= 20 else {
            throw SchedulerError(
                .invalidJob, "A job can have at most 20 chain rules. This one has \(chain.count).",
                value: "\(chain.count)")
        }
        for rule in chain {
            guard case .slug(let slug) = rule.target else { continue }
            try FieldCheck(code: .invalidJob, jobName: name).length(of: slug, "The slug of a chain rule", 1...255)
        }
        for rule in notifications {
            switch rule.channel {
            case .handler(let name):
                guard !name.isEmpty else {
                    throw SchedulerError(
                        .invalidJob,
                        "Job \"\(self.name)\" sends notifications to a handler with an empty name. Give the handler's name."
                    )
                }
            case .webhook(let url, let secret):
                try NotificationDelivery(url: url, secret: secret, signature: .standard).validate()
            }
        }
    }
}

extension JSONSchema {
    /// Checks a payload, or `null` without one.
    ///
    /// - Throws: ``SchedulerError`` with code `invalidPayload`, which names the places and the rules they break.
    func check(_ payload: JSONPayload?, _ field: String, of job: String) throws(SchedulerError) {
        let value: JSONValue
        do {
            value = try payload?.value() ?? .null
        } catch {
            throw SchedulerError(
                .invalidPayload, "\(field) cannot be checked by the schema of job \"\(job)\": \(error.message).")
        }
        let violations = violations(of: value)
        guard !violations.isEmpty else { return }
        let more = violations.count > 3 ? "; and \(violations.count - 3) more" : ""
        throw SchedulerError(
            .invalidPayload,
            "\(field) does not match the schema of job \"\(job)\": "
                + violations.prefix(3).map(\.description).joined(separator: "; ") + more + ".",
            value: violations[0].pointer, violations: violations)
    }
}

extension JSONPayload {
    /// The payload as a value that keeps the order of members and the text of numbers.
    ///
    /// - Throws: `HTTPRequestError` with `badJSON` if it is nested too deeply.
    func value() throws(HTTPRequestError) -> JSONValue {
        try JSONValue(parsing: String(decoding: json, as: UTF8.self))
    }
}

extension JobAttributes {
    func validate(_ check: FieldCheck) throws(SchedulerError) {
        guard self != .none else { return }
        try check.length(of: slug, "The slug", 1...255)
        if let slug, let wrong = slug.unicodeScalars.first(where: { !Self.isUnreserved($0) }) {
            throw check.fail(
                "A slug is used in URLs, so it can only have letters a–z and A–Z, digits, and - . _ ~ "
                    + "(RFC 3986 §2.3). \"\(slug)\" has \"\(wrong)\".", value: slug)
        }
        try check.length(of: description, "The description", 0...2000)
        try check.length(of: project, "The project", 1...255)
        try check.length(of: group, "The group", 1...255)
        try check.length(of: environment, "The environment", 1...255)
        if let timeZone {
            do { _ = try Schedule.cron("* * * * *", in: timeZone) } catch {
                throw check.fail("The time zone is not known: \(error.description)", value: timeZone)
            }
        }
        try check.tags(tags)
    }

    /// Whether a text can be a slug.
    static func isSlug(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 255 && text.unicodeScalars.allSatisfy(isUnreserved)
    }

    private static func isUnreserved(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "-", ".", "_", "~": true
        default: false
        }
    }
}

extension JobLimits {
    func validate(_ check: FieldCheck) throws(SchedulerError) {
        guard self != .none else { return }
        try check.atLeastOne(concurrency, "The concurrency limit")
        try check.atLeastOne(concurrencyPerKey, "The concurrency limit per key")
        try check.span(timeToLive, "The time to live")
        if let rate { try validate(rate, "The rate limit", check) }
        try check.number(sharedRates.count, "The number of shared rate limits", 0...20)
        for shared in sharedRates {
            try check.length(of: shared.name, "The name of a shared rate limit", 1...255)
            try validate(shared.limit, "The rate limit \"\(shared.name)\"", check)
        }
        guard Set(sharedRates.map(\.name)).count == sharedRates.count else {
            throw check.fail("A shared rate limit is listed twice. List each name once.")
        }
    }

    private func validate(_ rate: RateLimit, _ name: String, _ check: FieldCheck) throws(SchedulerError) {
        guard rate.maximum >= 1 else {
            throw check.fail("\(name) must allow at least 1 start, not \(rate.maximum).", value: "\(rate.maximum)")
        }
        try check.span(rate.window, "The window of \(name)")
    }
}

/// Checks the values of fields.
///
/// Its errors name the field, the allowed range and the value.
struct FieldCheck {
    /// The error code.
    let code: SchedulerError.Code
    /// The name of the job the fields belong to; `nil` for the fields of a request.
    var jobName: String?

    func fail(_ message: String, value: String? = nil) -> SchedulerError {
        SchedulerError(code, (jobName.map { "Job \"\($0)\": " } ?? "") + message, value: value)
    }

    func length(of text: String?, _ field: String, _ range: ClosedRange<Int>) throws(SchedulerError) {
        // Counting takes time proportional to the text. Its bytes are counted already. Unicode scalars are counted, not
        // what is seen as one character, since that may have any number of combining marks.
        guard let text, text.utf8.count > range.upperBound || text.utf8.count < range.lowerBound else { return }
        let count = text.unicodeScalars.prefix(range.upperBound + 1).count
        guard !range.contains(count) else { return }
        throw fail(
            count > range.upperBound
                ? "\(field) must have at most \(range.upperBound) characters. This one has more."
                : range.lowerBound == 1
                    ? "\(field) must not be empty."
                    : "\(field) must have at least \(range.lowerBound) characters, not \(count).",
            value: text.prefix(scalars: range.upperBound))
    }

    /// Checks a key that makes a request repeatable.
    func idempotencyKey(_ key: String?) throws(SchedulerError) { try length(of: key, "The idempotency key", 1...256) }

    func number(_ value: Int?, _ field: String, _ range: ClosedRange<Int>) throws(SchedulerError) {
        guard let value, !range.contains(value) else { return }
        throw fail("\(field) must be from \(range.lowerBound) to \(range.upperBound), not \(value).", value: "\(value)")
    }

    func atLeastOne(_ value: Int?, _ field: String) throws(SchedulerError) {
        guard let value, value < 1 else { return }
        throw fail("\(field) must be at least 1, not \(value). Leave it out for no limit.", value: "\(value)")
    }

    func span(_ value: Duration?, _ field: String, longest: Duration = .longestSpan) throws(SchedulerError) {
        guard let value, value <= .zero || value > longest else { return }
        throw fail(
            "\(field) must be more than zero and at most \(longest.exactText), not \(value.exactText).",
            value: value.exactText)
    }

    func lateness(_ value: Duration?, _ field: String) throws(SchedulerError) {
        guard let value, value < .zero else { return }
        throw fail("\(field) must be zero or more, not \(value.exactText).", value: value.exactText)
    }

    func payload(_ payload: JSONPayload?, _ field: String) throws(SchedulerError) {
        guard let payload, payload.json.count > JSONPayload.longest else { return }
        throw fail(
            "\(field) must have at most \(JSONPayload.longest) bytes of JSON, not \(payload.json.count).",
            value: "\(payload.json.count)")
    }

    /// Checks that a request can be made from a payload, or that it needs none and there is none.
    ///
    /// - Throws: ``SchedulerError``; or `HTTPRequestError`, which names the part of the request and the missing field.
    func payload(_ payload: JSONPayload?, fits template: RequestTemplate) throws {
        guard template.usesPayload else {
            guard payload != nil else { return }
            throw fail(
                "This job sends the same request with the same body for every execution, so it takes no payload. Leave it out, use "
                    + "{{payload}} or its fields in the request, or give the job a handler.")
        }
        let sample = TemplateVariables(
            timestamp: .distantPast, uuid: UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
            executionID: "", jobID: "", scheduledFor: .distantPast, payload: try payload?.value())
        _ = try template.render(sample)
    }

    func tags(_ tags: [String: String]) throws(SchedulerError) {
        try number(tags.count, "The number of tags", 0...20)
        for (name, value) in tags.sorted(by: { $0.key < $1.key }) {
            try length(of: name, "The name of a tag", 1...64)
            try length(of: value, "The value of tag \"\(name)\"", 0...256)
        }
    }

    /// Checks that a date is one a schedule could name: in the years 1 to 9999.
    func date(_ date: Date?, _ field: String) throws(SchedulerError) {
        guard let seconds = date?.timeIntervalSince1970 else { return }
        guard seconds >= -62_135_596_800, seconds < 253_402_300_800 else {
            throw fail(
                "\(field) must be in the years 1 to 9999, not \(seconds) seconds since 1970.", value: "\(seconds)")
        }
    }
}

extension Date {
    /// The date as messages show it: `2026-01-01T00:00:00Z`, with a fraction only if there is one.
    var text: String { ISO8601.description(self) }

    /// The date as explanations show it, without what is finer than a millisecond.
    var shortText: String { wholeMillisecond.text }
}
