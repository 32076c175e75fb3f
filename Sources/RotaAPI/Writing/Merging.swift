import RotaHTTP

extension JSONValue {
    /// The object with another value for a member that it has.
    func replacing(_ name: String, _ change: (JSONValue) -> JSONValue) -> JSONValue {
        guard case .object(let members) = self else { return self }
        return .object(members.map { $0.name == name ? Member(name, change($0.value)) : $0 })
    }

    /// The object with the members of another one in place of its own.
    ///
    /// A null removes a member (RFC 7396, one level).
    func merging(_ other: JSONValue) -> JSONValue {
        guard case .object(let mine) = self, case .object(let theirs) = other else { return other }
        let names = Set(theirs.map(\.name))
        return .object(mine.filter { !names.contains($0.name) } + theirs.filter { $0.value != .null })
    }

    /// A definition in the engine's JSON with the members of a change in place of its own.
    ///
    /// Settings that belong together are merged member by member, so that a new tag costs no slug, and a new cron
    /// expression no time zone. A value that is one of several kinds, such as an overlap policy, is replaced.
    func merging(definition change: JSONValue) -> JSONValue {
        guard case .object(let members) = change else { return change }
        let merged = members.map { member -> Member in
            guard let present = self[member.name], case .object = member.value, case .object = present else {
                return member
            }
            switch member.name {
            case "attributes", "retry", "limits", "retention": return Member(member.name, present.merging(member.value))
            case "schedule": return Member(member.name, present.merging(schedule: member.value))
            case "action":
                guard let request = member.value["http"], let old = present["http"] else { return member }
                return Member(member.name, ["http": old.merging(request)])
            default: return member
            }
        }
        return merging(.object(merged))
    }

    /// The names of a schedule's rules, each with the members that belong to it.
    private static let rules = [
        "cron": ["timezone", "dialect", "hashSeed", "daylightSaving"], "every": ["anchor"],
        "afterCompletion": ["anchor"], "once": [], "immediately": [], "union": [], "onDemand": [],
    ]

    private func merging(schedule change: JSONValue) -> JSONValue {
        guard case .object(let members) = self else { return change }
        let isNamed = { (rule: String) in change[rule].map { $0 != .null } ?? false }
        let old = Self.rules.keys.first { self[$0] != nil }
        guard let old, let new = Self.rules.keys.first(where: isNamed), old != new else { return merging(change) }
        // Another rule takes the place of the present one and all that belongs to it.
        let gone = Set([old] + (Self.rules[old] ?? []))
        return JSONValue.object(members.filter { !gone.contains($0.name) }).merging(change)
    }
}
