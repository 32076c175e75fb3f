import Foundation

extension ResponseMatcher {
    /// Says why a response does not match.
    ///
    /// - Parameter response: the response as it came.
    /// - Returns: which assertion failed and what was found instead; nil if the response matches.
    public func failure(in response: HTTPResponse) -> String? {
        failure(in: response, redaction: Redaction())
    }

    /// As ``failure(in:)``, with secrets struck out of what the message shows before that is cut short, and with an
    /// allowance of steps for all the patterns together.
    package func failure(in response: HTTPResponse, redaction: Redaction, steps: Int = TextPattern.steps) -> String? {
        var evidence = Evidence(response, redaction, steps: steps)
        switch finding(in: &evidence) {
        case .holds: return nil
        case .fails(let reason), .unknown(let reason): return reason
        }
    }

    /// What came of a matcher.
    ///
    /// What could not be told is no success, inside `not` either.
    fileprivate enum Finding {
        case holds
        case fails(String)
        case unknown(String)
    }

    private func finding(in evidence: inout Evidence) -> Finding {
        switch node {
        case .assertion(let subject, let condition):
            switch evidence.values(of: subject) {
            case .failure(let reason):
                return condition.holdsForNothing ? .holds : .fails("\(subject): \(reason.message)")
            case .success(let values):
                switch condition.finding(in: values, &evidence) {
                case .holds: return .holds
                case .fails(let reason): return .fails("\(subject): \(reason)")
                case .unknown(let reason): return .unknown("\(subject): \(reason)")
                }
            }
        case .all(let parts): return Self.all(parts, in: &evidence)
        case .any(let parts): return Self.any(parts, in: &evidence)
        case .not(let part):
            switch part.finding(in: &evidence) {
            case .holds: return .fails("it matches what it must not: \(part)")
            case .fails: return .holds
            case .unknown(let reason): return .unknown(reason)
            }
        }
    }

    private static func all(_ parts: [ResponseMatcher], in evidence: inout Evidence) -> Finding {
        var doubt: Finding?
        for part in parts {
            let finding = part.finding(in: &evidence)
            if case .fails = finding { return finding }
            if case .unknown = finding { doubt = doubt ?? finding }
        }
        return doubt ?? .holds
    }

    private static func any(_ parts: [ResponseMatcher], in evidence: inout Evidence) -> Finding {
        var reasons: [String] = []
        var isDoubtful = false
        for part in parts {
            switch part.finding(in: &evidence) {
            case .holds: return .holds
            case .fails(let reason): reasons.append(reason)
            case .unknown(let reason):
                reasons.append(reason)
                isDoubtful = true
            }
        }
        let message =
            "none of \(parts.count) holds" + (reasons.isEmpty ? "" : " (\(reasons.joined(separator: "; ")))")
        return isDoubtful ? .unknown(message) : .fails(message)
    }

    /// A response, its body read as JSON at most once, and only if someone asks.
    fileprivate struct Evidence {
        fileprivate struct Unreadable: Error {
            let message: String
        }

        private let response: HTTPResponse
        /// What is struck out of what a message shows.
        let redaction: Redaction
        /// How far all the patterns of a rule may search together, whatever number of them and of values there is.
        var steps: Int
        private lazy var json = read()

        init(_ response: HTTPResponse, _ redaction: Redaction, steps: Int) {
            self.response = response
            self.redaction = redaction
            self.steps = steps
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
    fileprivate func finding(
        in values: [JSONValue], _ evidence: inout ResponseMatcher.Evidence
    ) -> ResponseMatcher.Finding {
        let redaction = evidence.redaction
        switch kind {
        case .exists:
            return values.isEmpty ? .fails("expected to exist, found nothing") : .holds
        case .notEquals, .notContains:
            let opposite = Self(kind: kind == .notEquals ? .equals : .contains, operand: operand)
            for value in values where opposite.isMet(by: value, &evidence.steps) == true {
                return .fails("expected \(self), found \(value.excerpt(scrubbedBy: redaction))")
            }
            return .holds
        default:
            var gaveUp = false
            for value in values {
                switch isMet(by: value, &evidence.steps) {
                case true?: return .holds
                case nil: gaveUp = true
                case false?: break
                }
            }
            if gaveUp { return .unknown("expected \(self), but the pattern takes too long on what was found") }
            let found = values.prefix(3).map { $0.excerpt(scrubbedBy: redaction) }.joined(separator: ", ")
            return .fails(
                "expected \(self), found " + (values.isEmpty ? "nothing" : found + (values.count > 3 ? " …" : "")))
        }
    }

    private func isMet(by value: JSONValue, _ steps: inout Int) -> Bool? {
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
            case .string(let text): return pattern == nil ? false : pattern?.occurs(in: text, steps: &steps)
            case .number(let number): return pattern == nil ? false : pattern?.occurs(in: number.text, steps: &steps)
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

/// Finds text inside text in linear time (Knuth, Morris and Pratt, 1977), whatever a stranger put into either.
enum ByteSearch {
    /// Whether `needle` occurs in `text`, byte for byte.
    static func contains(_ needle: String, in text: String) -> Bool {
        let needle = Array(needle.utf8)
        guard !needle.isEmpty else { return true }
        let fallback = fallbacks(needle)
        var matched = 0
        for byte in text.utf8 {
            while matched > 0, needle[matched] != byte { matched = fallback[matched - 1] }
            if needle[matched] == byte { matched += 1 }
            if matched == needle.count { return true }
        }
        return false
    }

    /// For each end: the length of the longest proper prefix that is a suffix there.
    private static func fallbacks(_ needle: [UInt8]) -> [Int] {
        var out = [Int](repeating: 0, count: needle.count)
        var matched = 0
        for index in needle.indices.dropFirst() {
            while matched > 0, needle[matched] != needle[index] { matched = out[matched - 1] }
            if needle[matched] == needle[index] { matched += 1 }
            out[index] = matched
        }
        return out
    }
}
