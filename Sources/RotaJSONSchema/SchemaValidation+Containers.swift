import RotaHTTP

// Arrays and objects: their own rules, and the schemas of what they contain.

extension SchemaValidation {
    mutating func checkArray(
        _ elements: [JSONValue], _ rule: SchemaRule, _ own: inout Evaluated
    ) throws(Stop) -> Bool {
        var isValid = true
        if let minimum = rule.node.minimumItems, elements.count < minimum {
            note(rule, "minItems", "must have at least \(minimum) elements, not \(elements.count)")
            isValid = false
        }
        if let maximum = rule.node.maximumItems, elements.count > maximum {
            note(rule, "maxItems", "must have at most \(maximum) elements, not \(elements.count)")
            isValid = false
        }
        if rule.node.requiresUniqueItems, let twin = try firstTwin(elements) {
            note(rule, "uniqueItems", "must have no element twice, as \(twin.first) and \(twin.second) are")
            isValid = false
        }
        for (position, inner) in zip(elements.indices, rule.node.prefixItems) {
            isValid = try check(elements[position], inner, at: .index(position)) && isValid
        }
        own.items = max(own.items, min(rule.node.prefixItems.count, elements.count))
        if let items = rule.node.items {
            for position in elements.indices.dropFirst(rule.node.prefixItems.count) {
                isValid = try check(elements[position], items, at: .index(position)) && isValid
                if !isValid, isDecided { return false }
            }
            own.items = elements.count
        }
        isValid = try checkContains(elements, rule, &own) && isValid
        if let inner = rule.node.unevaluatedItems, own.items < elements.count {
            try take(elements.count - own.items)
            for position in elements.indices.dropFirst(own.items) where !own.contained.contains(position) {
                if program.rules[inner].node.isSatisfiable {
                    isValid = try check(elements[position], inner, at: .index(position)) && isValid
                } else {
                    path.append(.index(position))
                    note(rule, "unevaluatedItems", "must not be there")
                    path.removeLast()
                    isValid = false
                }
            }
            own.items = elements.count
        }
        return isValid
    }

    private mutating func checkContains(
        _ elements: [JSONValue], _ rule: SchemaRule, _ own: inout Evaluated
    ) throws(Stop) -> Bool {
        guard let contains = rule.node.contains else { return true }
        var found = 0
        for (position, element) in elements.enumerated() {
            var ignored = Evaluated()
            guard try accepts(element, contains, &ignored) else { continue }
            found += 1
            own.contained.insert(position)
        }
        let minimum = rule.node.minimumContains ?? 1
        if found < minimum {
            note(
                rule, rule.node.minimumContains == nil ? "contains" : "minContains",
                "must have at least \(minimum) matching elements, not \(found)")
            return false
        }
        if let maximum = rule.node.maximumContains, found > maximum {
            note(rule, "maxContains", "must have at most \(maximum) matching elements, not \(found)")
            return false
        }
        return true
    }

    private mutating func firstTwin(_ elements: [JSONValue]) throws(Stop) -> (first: Int, second: Int)? {
        var seen: [ExactText: Int] = [:]
        for (position, element) in elements.enumerated() {
            try take(textOf: element)
            let text = ExactText(element.canonicalText)
            if let first = seen.updateValue(position, forKey: text) { return (first, position) }
        }
        return nil
    }
}

extension SchemaValidation {
    mutating func checkObject(
        _ members: [JSONValue.Member], _ rule: SchemaRule, _ own: inout Evaluated
    ) throws(Stop) -> Bool {
        try take(namesOf: members)
        var isValid = true
        let names = Set(members.lazy.map { ExactText($0.name) })
        if let minimum = rule.node.minimumProperties, names.count < minimum {
            note(rule, "minProperties", "must have at least \(minimum) members, not \(names.count)")
            isValid = false
        }
        if let maximum = rule.node.maximumProperties, names.count > maximum {
            note(rule, "maxProperties", "must have at most \(maximum) members, not \(names.count)")
            isValid = false
        }
        try take(names: rule.node.required)
        for name in rule.node.required where !names.contains(name) {
            note(rule, "required", "must have the member \(JSONValue.string(name.text).text)")
            isValid = false
        }
        try take(names: rule.node.dependentRequired.lazy.map(\.name))
        for (name, others) in rule.node.dependentRequired where names.contains(name) {
            try take(names: others)
            for other in others where !names.contains(other) {
                note(
                    rule, "dependentRequired",
                    "must have the member \(JSONValue.string(other.text).text), because it has "
                        + JSONValue.string(name.text).text)
                isValid = false
            }
        }
        try take(names: rule.node.dependentSchemas.lazy.map(\.name))
        for (name, inner) in rule.node.dependentSchemas where names.contains(name) {
            isValid = try check(.object(members), inner, &own) && isValid
        }
        for member in members {
            isValid = try checkMember(member, rule, &own) && isValid
            if !isValid, isDecided { return false }
        }
        if let inner = rule.node.unevaluatedProperties, !own.hasAllProperties {
            try take(namesOf: members)
            for member in members where !own.properties.contains(ExactText(member.name)) {
                if program.rules[inner].node.isSatisfiable {
                    isValid = try check(member.value, inner, at: .name(member.name)) && isValid
                } else {
                    path.append(.name(member.name))
                    note(rule, "unevaluatedProperties", "must not be there")
                    path.removeLast()
                    isValid = false
                }
            }
            own.hasAllProperties = true
        }
        return isValid
    }

    private mutating func checkMember(
        _ member: JSONValue.Member, _ rule: SchemaRule, _ own: inout Evaluated
    ) throws(Stop) -> Bool {
        var (isValid, isKnown) = (true, false)
        if let inner = rule.node.propertyNames {
            var ignored = Evaluated()
            if try !accepts(.string(member.name), inner, &ignored) {
                note(rule, "propertyNames", "must not have a member named \(JSONValue.string(member.name).text)")
                isValid = false
            }
        }
        let name = ExactText(member.name)
        if let inner = rule.node.properties[name] {
            isKnown = true
            isValid = try check(member.value, inner, at: .name(member.name)) && isValid
        }
        for (pattern, inner) in rule.node.patternProperties where try occurs(pattern, in: member.name) {
            isKnown = true
            isValid = try check(member.value, inner, at: .name(member.name)) && isValid
        }
        if let inner = rule.node.additionalProperties, !isKnown {
            isKnown = true
            if program.rules[inner].node.isSatisfiable {
                isValid = try check(member.value, inner, at: .name(member.name)) && isValid
            } else {
                path.append(.name(member.name))
                note(rule, "additionalProperties", "must not be there")
                path.removeLast()
                isValid = false
            }
        }
        if isKnown, program.tracksEvaluation { own.properties.insert(name) }
        return isValid
    }
}
