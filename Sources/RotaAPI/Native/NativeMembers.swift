import RotaHTTP
import RotaStore

/// Knows the members of a job's definition in the engine's JSON, and of every object in it.
///
/// The engine's decoders pass over members that they do not know, so that a store reads what an earlier or a later
/// version wrote. For a client they are an error: a member that nothing reads is most likely misspelled.
enum NativeMembers {
    private static let cron: Set<String> = ["cron", "dialect", "hashSeed"]
    private static let days: Set<String> = ["dates", "annual", "weekdays", "cron"]
    private static let rate: Set<String> = ["maximum", "window"]
    private static let kinds: Set<String> = ["only", "all_except"]

    /// The members of a schedule, by the path of the object that has them; `[]` stands for each element.
    static let schedule: [String: Set<String>] = [
        "": [
            "cron", "dialect", "hashSeed", "timezone", "daylightSaving", "every", "afterCompletion", "anchor", "once",
            "immediately", "union", "onDemand", "start", "end", "maximumRuns", "calendars", "weeks", "businessDays",
            "smoothing",
        ],
        "daylightSaving": ["missing", "repeated"],
        "weeks": ["every", "from", "timezone"],
        "businessDays": ["shift", "timezone"],
        "smoothing": ["window", "key"],
        "calendars[]": ["exclude", "within", "timezone"],
        "calendars[].exclude": days.union(["named"]), "calendars[].exclude.cron[]": cron,
        "calendars[].within": days.union(["named"]), "calendars[].within.cron[]": cron,
    ]

    /// The members of a definition, by the path of the object that has them.
    ///
    /// Objects with members of the client's own are not among them: metadata, tags, header fields, outputs, payloads
    /// and their schema, and the ages of kinds of failure, of which an app may have more.
    static let definition: [String: Set<String>] = [
        "": Set(JobDefinition.memberNames),
        "attributes": ["slug", "description", "project", "group", "environment", "timezone", "tags"],
        "limits": ["concurrency", "concurrencyPerKey", "rate", "sharedRates", "window", "timeToLive"],
        "limits.rate": rate, "limits.sharedRates[]": ["name", "limit"], "limits.sharedRates[].limit": rate,
        "limits.window": ["cron", "timezone", "dialect"],
        "retry": [
            "max_attempts", "retry_on_statuses", "retry_on_kinds", "backoff", "jitter", "retry_after_cap", "time_limit",
        ],
        "retry.retry_on_kinds": kinds, "retry.jitter": ["proportional"],
        "retention": ["maximumCount", "maximumAge", "ages", "failureAges"],
        "retention.ages": Set(Retention.Ending.allCases.map(\.rawValue)),
        "misfire": ["policy", "limit", "maximumLateness", "rule"], "misfire.rule": ["skip", "latest", "all"],
        "misfire.rule.skip": [], "misfire.rule.latest": [], "misfire.rule.all": ["limit"],
        "overlap": ["rule", "countsTriggered"], "overlap.rule": ["queue"], "overlap.rule.queue": ["limit"],
        "action": ["http", "handler"],
        "action.http": [
            "method", "url", "headers", "content", "timeout_ms", "success", "output", "signature", "fallback_url",
        ],
        "action.http.content": ["text", "json", "base64"], "action.http.success": ["statuses", "matcher"],
        "action.handler": ["name", "payload", "timeout", "heartbeatLimit"],
        "breaker": [
            "consecutive_failures", "identical_failures", "failure_rate", "open_for", "probes", "successes_to_close",
            "probe_lease", "count_statuses", "count_kinds",
        ],
        "breaker.failure_rate": ["threshold", "window", "minimum_attempts"], "breaker.count_kinds": kinds,
        "notifications[]": ["event", "channel", "includesOutput"],
        "notifications[].channel": ["handler", "webhook"], "notifications[].channel.webhook": ["url", "secret"],
        // The form of the first version.
        "notifications[].channel.handler": ["_0"],
        "chain[]": ["on", "job", "slug", "payload"],
        "adaptiveTimeout": ["quantile", "factor", "minimum", "maximum"],
    ]

    /// The members of a backoff, by its kind, without those that each has.
    private static let backoffs: [String: Set<String>] = [
        "fixed": ["delay"], "linear": ["step"], "exponential": ["initial", "factor"],
        "doubling": ["initial", "doublings"], "delays": ["delays"], "decorrelated": ["initial", "factor"],
    ]

    private static let matcher: Set<String> = ["all", "any", "not", "on", "name", "path", "is", "value"]

    /// Refuses members that the decoder would ignore, such as misspelled ones.
    ///
    /// - Parameters:
    ///   - json: A definition, or a part of one that changes it.
    ///   - place: Where it is in the body.
    static func check(_ json: JSONValue, at place: String) throws(APIError) {
        try check(json, definition, at: place)
        if let schedule = json["schedule"] { try checkSchedule(schedule, at: place + ".schedule") }
        if let backoff = json["retry"]?["backoff"] { try checkBackoff(backoff, at: place + ".retry.backoff") }
        if let backoff = json["breaker"]?["open_for"] { try checkBackoff(backoff, at: place + ".breaker.open_for") }
        if let matcher = json["action"]?["http"]?["success"]?["matcher"] {
            try checkMatcher(matcher, at: place + ".action.http.success.matcher")
        }
    }

    /// Checks a schedule, and those that it unites.
    private static func checkSchedule(_ json: JSONValue, at place: String) throws(APIError) {
        try check(json, schedule, at: place)
        for (part, place) in parts(of: json, "union[]", at: place) { try checkSchedule(part, at: place) }
    }

    /// Checks a calendar that the store keeps by its name, which may not name others.
    static func checkCalendar(_ json: JSONValue) throws(APIError) {
        try Fields(json).refuseOthers(than: days)
        try check(json, ["cron[]": cron], at: "")
    }

    /// Checks what a response must be like.
    static func checkMatcher(_ json: JSONValue, at place: String) throws(APIError) {
        try check(json, ["": matcher], at: place)
        for name in ["all[]", "any[]", "not"] {
            for (part, place) in parts(of: json, name, at: place) { try checkMatcher(part, at: place) }
        }
    }

    /// Checks a backoff, each kind of which has members of its own.
    private static func checkBackoff(_ json: JSONValue, at place: String) throws(APIError) {
        let all = backoffs.values.reduce(into: Set()) { $0.formUnion($1) }
        var known = all
        if case .string(let kind)? = json["kind"], let own = backoffs[kind] { known = own }
        try check(json, ["": known.union(["kind", "minimum", "maximum"])], at: place)
    }

    private static func check(_ json: JSONValue, _ members: [String: Set<String>], at place: String) throws(APIError) {
        for (path, known) in members.sorted(by: { $0.key < $1.key }) {
            var found = [(value: json, place: place)]
            for name in path.split(separator: ".") {
                found = found.flatMap { parts(of: $0.value, String(name), at: $0.place) }
            }
            for (value, place) in found {
                guard case .object = value else { continue }
                try Fields(value, path: place).refuseOthers(than: known)
            }
        }
    }

    /// The member of a value with a name, or the elements of the one whose name ends in `[]`.
    private static func parts(
        of parent: JSONValue, _ name: String, at place: String
    ) -> [(value: JSONValue, place: String)] {
        let prefix = place.isEmpty ? "" : place + "."
        guard name.hasSuffix("[]") else { return parent[name].map { [($0, prefix + name)] } ?? [] }
        let name = String(name.dropLast(2))
        guard case .array(let elements)? = parent[name] else { return [] }
        return elements.enumerated().map { index, element in (element, "\(prefix)\(name)[\(index)]") }
    }
}
