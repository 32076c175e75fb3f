import Foundation

extension ResponseMatcher {
    /// Says why a response does not match.
    ///
    /// - Parameter response: the response as it came.
    /// - Returns: which assertion failed and what was found instead; nil if the response matches.
    public func failure(in response: HTTPResponse) -> String? {
        var evidence = Evidence(response)
        return failure(in: &evidence)
    }

    private func failure(in evidence: inout Evidence) -> String? {
        switch node {
        case .assertion(let subject, let condition):
            switch evidence.values(of: subject) {
            case .failure(let reason): return condition.holdsForNothing ? nil : "\(subject): \(reason.message)"
            case .success(let values): return condition.failure(in: values).map { "\(subject): \($0)" }
            }
        case .all(let parts):
            for part in parts {
                if let reason = part.failure(in: &evidence) { return reason }
            }
            return nil
        case .any(let parts):
            var reasons: [String] = []
            for part in parts {
                guard let reason = part.failure(in: &evidence) else { return nil }
                reasons.append(reason)
            }
            return "none of \(parts.count) holds" + (reasons.isEmpty ? "" : " (\(reasons.joined(separator: "; ")))")
        case .not(let part):
            return part.failure(in: &evidence) == nil ? "it matches what it must not: \(part)" : nil
        }
    }

    /// A response, its body read as JSON at most once, and only if someone asks.
    private struct Evidence {
        struct Unreadable: Error {
            let message: String
        }

        private let response: HTTPResponse
        private lazy var json = read()

        init(_ response: HTTPResponse) {
            self.response = response
        }

        private func read() -> Result<JSONValue, Unreadable> {
            do {
                return .success(try JSONValue(parsing: Array(response.body)))
            } catch {
                let cut = response.bodyIsTruncated ? "; it was cut at \(response.body.count) bytes" : ""
                return .failure(Unreadable(message: "the body is no JSON (\(error.message)\(cut))"))
            }
        }

        mutating func values(of subject: Subject) -> Result<[JSONValue], Unreadable> {
            switch subject {
            case .status: .success([.number(JSONValue.Number(Int64(response.status)))])
            case .header(let name): .success(response.headers.values(name).map { .string($0) })
            case .text: .success([.string(String(decoding: response.body, as: UTF8.self))])
            case .json(let path): json.map { path.values(in: $0) }
            }
        }
    }
}

extension ResponseMatcher.Condition {
    /// Whether the condition holds where nothing is.
    fileprivate var holdsForNothing: Bool { kind == .notEquals || kind == .notContains }

    /// Why none of the values meets the condition (or, for the negative ones, which does not); nil if it is met.
    fileprivate func failure(in values: [JSONValue]) -> String? {
        switch kind {
        case .exists:
            return values.isEmpty ? "expected to exist, found nothing" : nil
        case .notEquals, .notContains:
            let opposite = Self(kind: kind == .notEquals ? .equals : .contains, operand: operand)
            return values.first { opposite.isMet(by: $0) == true }.map { "expected \(self), found \($0.excerpt)" }
        default:
            var gaveUp = false
            for value in values {
                switch isMet(by: value) {
                case true?: return nil
                case nil: gaveUp = true
                case false?: break
                }
            }
            if gaveUp { return "expected \(self), but the pattern takes too long on what was found" }
            let found = values.prefix(3).map(\.excerpt).joined(separator: ", ")
            return "expected \(self), found " + (values.isEmpty ? "nothing" : found + (values.count > 3 ? " …" : ""))
        }
    }

    /// Whether one value meets the condition; nil if that could not be told.
    private func isMet(by value: JSONValue) -> Bool? {
        switch kind {
        case .equals, .notEquals: return Self.isSame(value, operand)
        case .isIn:
            guard case .array(let options) = operand else { return false }
            return options.contains { Self.isSame(value, $0) }
        case .contains, .notContains:
            switch (value, operand) {
            case (.string(let text), .string(let part)): return ByteSearch.contains(part, in: text)
            case (.array(let elements), _): return elements.contains { Self.isSame($0, operand) }
            case (.object, .string(let name)): return value[name] != nil
            default: return false
            }
        case .regex:
            switch value {
            case .string(let text): return pattern?.occurs(in: text) ?? (pattern == nil ? false : nil)
            case .number(let number): return pattern?.occurs(in: number.text) ?? (pattern == nil ? false : nil)
            default: return false
            }
        case .lessThan, .greaterThan:
            guard let left = value.quantity, let right = operand.quantity else { return false }
            return kind == .lessThan ? left.isLess(than: right) : right.isLess(than: left)
        case .exists: return true
        }
    }

    /// Equivalent, or a text written like the number it is compared with: headers hold nothing but text.
    private static func isSame(_ value: JSONValue, _ wanted: JSONValue) -> Bool {
        if case (.string, .number(let number)) = (value, wanted), let quantity = value.quantity {
            return quantity.isEqual(to: number)
        }
        return value.isEquivalent(to: wanted)
    }
}

extension ResponseMatcher.Condition: CustomStringConvertible {
    /// The condition in words, such as `equal to "ok"`.
    public var description: String {
        switch kind {
        case .equals: "equal to \(operand.excerpt)"
        case .notEquals: "other than \(operand.excerpt)"
        case .contains: "to contain \(operand.excerpt)"
        case .notContains: "not to contain \(operand.excerpt)"
        case .regex: "to match \(operand.excerpt)"
        case .exists: "to exist"
        case .lessThan: "less than \(operand.excerpt)"
        case .greaterThan: "greater than \(operand.excerpt)"
        case .isIn:
            if case .array(let options) = operand {
                "one of " + options.prefix(10).map(\.excerpt).joined(separator: ", ") + (options.count > 10 ? " …" : "")
            } else {
                "one of none"
            }
        }
    }
}

extension ResponseMatcher.Subject: CustomStringConvertible {
    var description: String {
        switch self {
        case .status: "status"
        case .header(let name): "header \(name)"
        case .text: "body"
        case .json(let path): "json \(path)"
        }
    }
}

extension ResponseMatcher: CustomStringConvertible {
    /// The assertions in words.
    public var description: String {
        switch node {
        case .assertion(let subject, let condition): "\(subject) \(condition)"
        case .all(let parts): "all of (" + parts.map(\.description).joined(separator: "; ") + ")"
        case .any(let parts): "any of (" + parts.map(\.description).joined(separator: "; ") + ")"
        case .not(let part): "not (\(part))"
        }
    }
}
