public import Foundation
public import RotaSchedule

extension ServiceProfile {
    /// Reads a schedule in Rota's form, or with the service's spelling of its rule.
    ///
    /// | service | spelling |
    /// |---|---|
    /// | TrigRun | `every_n_minutes` from 1 to 1440 |
    /// | Krafter | `schedule` with a text that `Schedule.parse(_:in:dialect:)` reads, and `schedule_type` |
    /// | Infrai | `cron_expr`, or `schedule` with such a text, or `run_at` in ISO 8601 |
    /// | Strait | Rota's form |
    ///
    /// ```swift
    /// let json = Data(#"{"every_n_minutes": 15, "timezone": "UTC"}"#.utf8)
    /// let schedule = try ServiceProfile.trigrun.schedule(from: json)
    /// print(schedule.summary)  // Every 15 minutes
    /// ```
    ///
    /// All other members, such as `timezone`, are written as in Rota's form. A key that is null counts as missing.
    ///
    /// - Parameter json: A JSON object.
    /// - Throws: `DecodingError` if the text is not a schedule, or if it has more than one rule.
    public func schedule(from json: Data) throws -> Schedule {
        let decoder = JSONDecoder()
        let spelling = try decoder.decode(ScheduleSpelling.self, from: json)
        guard var object = try? JSONSerialization.jsonObject(with: json) as? [String: Any],
            let (key, rule) = try spelling.rule(in: self)
        else { return try decoder.decode(Schedule.self, from: json) }
        object[key.rawValue] = nil
        // A second rule stays in the object, so that the decoder refuses both together.
        guard object[rule.key] == nil || object[rule.key] is NSNull else {
            throw Self.corrupted("A schedule has exactly one rule; this one has \(rule.key) and \(key.rawValue).")
        }
        object[rule.key] = rule.value
        return try decoder.decode(Schedule.self, from: JSONSerialization.data(withJSONObject: object))
    }

    fileprivate static func corrupted(_ text: String, _ error: (any Error)? = nil) -> DecodingError {
        .dataCorrupted(.init(codingPath: [], debugDescription: text, underlyingError: error))
    }
}

/// The services' keys of a schedule's rule.
private struct ScheduleSpelling: Decodable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case everyMinutes = "every_n_minutes"
        case cronExpression = "cron_expr"
        case runAt = "run_at"
        case text = "schedule"
        case textKind = "schedule_type"
    }

    var everyMinutes: Int?
    var cronExpression: String?
    var runAt: String?
    var text: String?
    var textKind: String?

    /// Returns the service's key in the object, and the rule it stands for in Rota's form.
    func rule(in profile: ServiceProfile) throws -> (CodingKeys, rule: (key: String, value: Any))? {
        switch profile.service {
        case .trigrun:
            return try everyMinutes.map { (.everyMinutes, try Self.interval(minutes: $0)) }
        case .krafter:
            return try text.map { (.text, try Self.rule(of: $0, kind: textKind)) }
        case .infrai:
            let rules: [(CodingKeys, rule: (key: String, value: Any))] =
                [
                    cronExpression.map { (.cronExpression, ("cron", $0)) },
                    runAt.map { (.runAt, ("once", $0)) },
                    try text.map { (.text, try Self.rule(of: $0, kind: nil)) },
                ].compactMap { $0 }
            guard rules.count <= 1 else {
                let keys = rules.map(\.0.rawValue).joined(separator: " and ")
                throw ServiceProfile.corrupted("A schedule has exactly one rule; this one has \(keys).")
            }
            return rules.first
        case .strait:
            return nil
        }
    }

    private static func interval(minutes: Int) throws -> (key: String, value: Any) {
        do {
            _ = try Schedule.everyMinutes(minutes)
        } catch {
            throw ServiceProfile.corrupted(error.description, error)
        }
        return ("every", minutes * 60)
    }

    /// Returns the rule of a text: a preset, a date, `immediately` or a cron expression.
    private static func rule(of text: String, kind: String?) throws -> (key: String, value: Any) {
        let text = text.trimmingCharacters(in: .whitespaces)
        var rule: (key: String, value: Any) = ("cron", text)
        var kinds: Set<String> = text.lowercased().hasPrefix("@every") ? ["cron", "interval"] : ["cron"]
        do {
            if text == "immediately" {
                (rule, kinds) = (("immediately", true), ["once"])
            } else if text.hasPrefix("every_") {
                _ = try Schedule.preset(text)
                (rule, kinds) = (("every", String(text.dropFirst("every_".count))), ["cron", "interval"])
            } else if text.contains(":") {
                // No cron expression contains a colon.
                _ = try Schedule.once(atText: text)
                (rule, kinds) = (("once", text), ["once"])
            }
        } catch {
            throw ServiceProfile.corrupted("\(error)", error)
        }
        guard let kind, !kinds.contains(kind) else { return rule }
        throw ServiceProfile.corrupted("\"\(text)\" is not a schedule of the kind \"\(kind)\".")
    }
}
