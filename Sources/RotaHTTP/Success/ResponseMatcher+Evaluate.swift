import Foundation
import RotaCore

extension ResponseMatcher {
    /// Returns why a response does not match: the failed assertion and the value found.
    ///
    /// Returns `nil` if it matches.
    public func failure(in response: HTTPResponse) -> String? {
        failure(in: response, redaction: Redaction())
    }

    /// Returns why a response does not match, with secrets removed from the message before it is cut.
    ///
    /// - Parameter steps: The steps that all patterns of the matcher may take together.
    package func failure(in response: HTTPResponse, redaction: Redaction, steps: Int = TextPattern.steps) -> String? {
        var evidence = Evidence(response, redaction, steps: steps)
        switch finding(in: &evidence) {
        case .holds: return nil
        case .fails(let reason), .unknown(let reason): return reason
        }
    }

    /// The outcome of a matcher.
    ///
    /// `unknown` never counts as success, not even inside `not`. Of a body that was cut, what was not found is unknown.
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
                if evidence.isCut(subject) { return .unknown("\(subject): \(reason.message)") }
                return condition.holdsForNothing ? .holds : .fails("\(subject): \(reason.message)")
            case .success(let values):
                let finding =
                    evidence.isCut(subject)
                    ? condition.finding(inBeginning: values, isText: subject == .text, &evidence)
                    : condition.finding(in: values, &evidence)
                switch finding {
                case .holds: return .holds
                case .fails(let reason): return .fails("\(subject): \(reason)")
                case .unknown(let reason): return .unknown("\(subject): \(reason)")
                }
            }
        case .all(let parts): return Self.all(parts, in: &evidence)
        case .any(let parts): return Self.any(parts, in: &evidence)
        case .not(let part):
            switch part.finding(in: &evidence) {
            case .holds: return .fails("it matches, but must not: \(part)")
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

    /// A response whose body is parsed as JSON at most once, on demand.
    fileprivate struct Evidence {
        fileprivate struct Unreadable: Error {
            let message: String
        }

        private let response: HTTPResponse
        /// The secrets to remove from messages.
        let redaction: Redaction
        /// The steps left for all patterns of the rule together, however many patterns and values there are.
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
                return .failure(Unreadable(message: "the body is not JSON (\(error.message)\(cut))"))
            }
        }

        /// The bytes of the body.
        var body: Data { response.body }

        /// Whether only the beginning of what an assertion looks at is known.
        func isCut(_ subject: Subject) -> Bool {
            switch subject {
            case .status, .header: false
            case .text, .json: response.bodyIsTruncated
            }
        }

        private var text: String {
            let body = response.bodyIsTruncated ? response.body.droppingCutCharacter : response.body
            return String(decoding: body, as: UTF8.self)
        }

        mutating func values(of subject: Subject) -> Result<[JSONValue], Unreadable> {
            switch subject {
            case .status: .success([.number(JSONValue.Number(Int64(response.status)))])
            case .header(let name): .success(response.headers.values(name).map { .string($0) })
            case .text:
                .success([.string(text)])
            case .json(let path): json.map { path.values(in: $0) }
            }
        }
    }
}

extension ResponseMatcher.Condition {
    /// Whether the condition holds for a missing value.
    fileprivate var holdsForNothing: Bool { kind == .notEquals || kind == .notContains }

    /// Returns why no value meets the condition, or for a negative condition why one does not.
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

    /// Returns what is certain about a body of which only the beginning is known.
    fileprivate func finding(
        inBeginning values: [JSONValue], isText: Bool, _ evidence: inout ResponseMatcher.Evidence
    ) -> ResponseMatcher.Finding {
        let doubt = ResponseMatcher.Finding.unknown(
            "expected \(self), but the body was cut at \(evidence.body.count) bytes")
        // JSON that was cut and can still be read is a number without its last digits, or was all there.
        guard isText, let value = values.first, case .string(let text) = value else { return doubt }
        let canChange: Bool
        switch kind {
        case .exists: return .holds
        case .regex:
            return pattern?.occurs(in: text, isCut: true, steps: &evidence.steps) == true ? .holds : doubt
        case .lessThan, .greaterThan: return doubt
        case .contains, .notContains:
            let opposite = Self(kind: .contains, operand: operand)
            let isFound = opposite.isMet(by: value, &evidence.steps) == true
            if case .string = operand { canChange = !isFound } else { canChange = false }
        case .equals, .notEquals: canChange = Self.mayBegin(operand, with: evidence.body)
        case .isIn:
            guard case .array(let options) = operand else { return finding(in: values, &evidence) }
            canChange = options.contains { Self.mayBegin($0, with: evidence.body) }
        }
        guard !canChange else { return doubt }
        switch kind {
        case .contains, .notContains: return finding(in: values, &evidence)
        default:
            return kind == .notEquals
                ? .holds : .fails("expected \(self), found \(value.excerpt(scrubbedBy: evidence.redaction))")
        }
    }

    /// Returns whether a text that is longer than the bytes, and begins with them, may be the same as a value.
    private static func mayBegin(_ value: JSONValue, with bytes: Data) -> Bool {
        switch value {
        case .string(let text): text.utf8.count > bytes.count && text.utf8.starts(with: bytes)
        case .number: true
        default: false
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

    /// Equivalent values are the same, and so are a string and the number it spells, because headers contain only
    /// strings.
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

/// Substring search in linear time (Knuth, Morris and Pratt, 1977), safe for hostile input.
enum ByteSearch {
    /// Returns whether `needle` occurs in `text`, byte for byte.
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

    /// Returns for each prefix the length of its longest proper prefix that is also a suffix.
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
