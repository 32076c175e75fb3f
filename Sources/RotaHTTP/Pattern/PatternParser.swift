/// A parser of the regular expressions that can be matched in linear time.
struct PatternParser {
    private let scalars: [Unicode.Scalar]
    private let text: String
    private var position = 0
    private var depth = 0
    private var ignoresCase = false
    private var dotMatchesNewline = false
    private var anchorsMatchLines = false

    /// The limits on nested groups and on the count of a repetition.
    private static let deepest = 100
    private static let mostRepeats = 1000

    init(_ text: String) {
        self.text = text
        scalars = Array(text.unicodeScalars)
    }

    mutating func parse() throws(HTTPRequestError) -> PatternNode {
        guard scalars.count <= 4096 else { throw error("a pattern may have at most 4096 characters") }
        let node = try parseChoice()
        guard position == scalars.count else { throw error("unmatched closing parenthesis") }
        return node
    }

    private func error(_ message: String) -> HTTPRequestError {
        HTTPRequestError(.badRule, field: "pattern", "\(message) (character \(position))", value: text)
    }

    private var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard next == scalar else { return false }
        position += 1
        return true
    }

    private mutating func parseChoice() throws(HTTPRequestError) -> PatternNode {
        var options = [try parseSequence()]
        while take("|") { options.append(try parseSequence()) }
        return options.count == 1 ? options[0] : .choice(options)
    }

    private mutating func parseSequence() throws(HTTPRequestError) -> PatternNode {
        var items: [PatternNode] = []
        while let scalar = next, scalar != "|", scalar != ")" {
            let item = try parseItem()
            items.append(try parseRepeats(of: item))
        }
        return items.count == 1 ? items[0] : .sequence(items)
    }

    private mutating func parseItem() throws(HTTPRequestError) -> PatternNode {
        guard let scalar = next else { return .empty }
        position += 1
        switch scalar {
        case "(": return try parseGroup()
        case "[": return .scalars(try parseSet())
        case ".": return .scalars(dotMatchesNewline ? .everything : PatternSet.newline.negated)
        case "^": return .start(ofLine: anchorsMatchLines)
        case "$": return .end(ofLine: anchorsMatchLines)
        case "\\": return try parseEscape()
        case "*", "+", "?", "{": throw error("there is nothing to repeat here")
        default: return .scalars(set(scalar.value...scalar.value))
        }
    }

    private func set(_ range: ClosedRange<UInt32>) -> PatternSet {
        let set = PatternSet(ranges: [range])
        return ignoresCase ? set.ignoringCase : set
    }

    private mutating func parseRepeats(of item: PatternNode) throws(HTTPRequestError) -> PatternNode {
        guard let scalar = next else { return item }
        let node: PatternNode
        switch scalar {
        case "*": node = .repeated(item, min: 0, max: nil)
        case "+": node = .repeated(item, min: 1, max: nil)
        case "?": node = .repeated(item, min: 0, max: 1)
        case "{":
            position += 1
            let (low, high) = try parseCounts()
            node = .repeated(item, min: low, max: high)
            position -= 1
        default: return item
        }
        position += 1
        // Greedy or lazy makes no difference to whether there is a match.
        _ = take("?")
        if let after = next, "*+{".unicodeScalars.contains(after) { throw error("a repetition cannot be repeated") }
        return node
    }

    /// Parses the inside of `{n}`, `{n,}` or `{n,m}`.
    private mutating func parseCounts() throws(HTTPRequestError) -> (Int, Int?) {
        let low = try parseCount()
        var high: Int? = low
        if take(",") { high = next == "}" ? nil : try parseCount() }
        guard take("}"), high.map({ $0 >= low }) ?? true else {
            throw error("a count must be written {2}, {2,} or {2,5}")
        }
        return (low, high)
    }

    private mutating func parseCount() throws(HTTPRequestError) -> Int {
        var digits = ""
        while let scalar = next, ("0"..."9").contains(scalar) {
            digits.unicodeScalars.append(scalar)
            position += 1
        }
        guard let count = Int(digits), count <= Self.mostRepeats else {
            throw error("a count must lie between 0 and \(Self.mostRepeats)")
        }
        return count
    }

    private mutating func parseGroup() throws(HTTPRequestError) -> PatternNode {
        depth += 1
        guard depth <= Self.deepest else { throw error("groups may be nested at most \(Self.deepest) levels deep") }
        let saved = (ignoresCase, dotMatchesNewline, anchorsMatchLines)
        if take("?") {
            if try parseFlags() {
                depth -= 1
                return .empty
            }
        }
        let node = try parseChoice()
        guard take(")") else { throw error("a closing parenthesis is missing") }
        (ignoresCase, dotMatchesNewline, anchorsMatchLines) = saved
        depth -= 1
        return node
    }

    /// Parses what follows `(?`: `:`, a name, or flags.
    ///
    /// Returns `true` for `(?i)`, whose flags apply to the rest of the group.
    private mutating func parseFlags() throws(HTTPRequestError) -> Bool {
        if take(":") { return false }
        if next == "<" || next == "P" {
            _ = take("P")
            guard take("<"), next != "=", next != "!" else { throw error("lookbehind is not supported") }
            while let scalar = next, scalar != ">" {
                guard scalar.isASCII, scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || scalar == "_"
                else {
                    throw error("a group's name may contain only letters, digits and _")
                }
                position += 1
            }
            guard take(">") else { throw error("a group's name must end with >") }
            return false
        }
        while let scalar = next, scalar != ")", scalar != ":" {
            switch scalar {
            case "i": ignoresCase = true
            case "s": dotMatchesNewline = true
            case "m": anchorsMatchLines = true
            default: throw error("only the groups (?:…), (?<name>…) and the flags i, m, s are supported")
            }
            position += 1
        }
        if take(")") { return true }
        guard take(":") else { throw error("a closing parenthesis is missing") }
        return false
    }

    private mutating func parseEscape() throws(HTTPRequestError) -> PatternNode {
        switch next {
        case "b", "B":
            defer { position += 1 }
            return .boundary(next == "b")
        case "A":
            position += 1
            return .start(ofLine: false)
        case "z", "Z":
            position += 1
            return .end(ofLine: false)
        default:
            let parsed = try parseEscapedSet()
            return .scalars(ignoresCase ? parsed.ignoringCase : parsed)
        }
    }

    /// Parses what follows a backslash, in a set or outside: a class or one character.
    private mutating func parseEscapedSet() throws(HTTPRequestError) -> PatternSet {
        guard let scalar = next else { throw error("the pattern ends with a backslash") }
        position += 1
        switch scalar {
        case "d": return .digits
        case "D": return PatternSet.digits.negated
        case "w": return .words
        case "W": return PatternSet.words.negated
        case "s": return .spaces
        case "S": return PatternSet.spaces.negated
        case "n": return PatternSet(ranges: [0x0A...0x0A])
        case "r": return PatternSet(ranges: [0x0D...0x0D])
        case "t": return PatternSet(ranges: [0x09...0x09])
        case "f": return PatternSet(ranges: [0x0C...0x0C])
        case "v": return PatternSet(ranges: [0x0B...0x0B])
        case "x", "u":
            let value = try scalar == "x" ? parseHex(2) : parseUnit()
            return PatternSet(ranges: [value...value])
        case "0"..."9": throw error("backreferences are not supported")
        default:
            guard !scalar.properties.isAlphabetic else { throw error("unknown escape") }
            return PatternSet(ranges: [scalar.value...scalar.value])
        }
    }

    /// Parses what follows `\u`.
    ///
    /// A character beyond U+FFFF is written as two halves, as in JavaScript. One half alone matches nothing.
    private mutating func parseUnit() throws(HTTPRequestError) -> UInt32 {
        let first = try parseHex(4)
        guard first & 0xFC00 == 0xD800 else { return first }
        let end = position
        if take("\\"), take("u"), let second = try? parseHex(4), second & 0xFC00 == 0xDC00 {
            return 0x10000 + (first & 0x3FF) << 10 + second & 0x3FF
        }
        position = end
        return first
    }

    private mutating func parseHex(_ count: Int) throws(HTTPRequestError) -> UInt32 {
        let digits = String(String.UnicodeScalarView(scalars[position...].prefix(count)))
        guard digits.utf8.count == count, let value = UInt32(digits, radix: 16), digits.first != "+" else {
            throw error("expected \(count) hexadecimal digits")
        }
        position += count
        return value
    }

    /// Parses the inside of `[…]`.
    private mutating func parseSet() throws(HTTPRequestError) -> PatternSet {
        var out = PatternSet()
        let isNegated = take("^")
        var isFirst = true
        while let scalar = next, scalar != "]" || isFirst {
            isFirst = false
            let low = try parseSetItem()
            guard next == "-", position + 1 < scalars.count, scalars[position + 1] != "]" else {
                out.ranges += low.positiveRanges
                continue
            }
            position += 1
            let high = try parseSetItem()
            guard let first = low.single, let last = high.single, first <= last else {
                throw error("a range must go from a character to a later one")
            }
            out.ranges.append(first...last)
        }
        guard take("]") else { throw error("a closing bracket is missing") }
        out = ignoresCase ? out.ignoringCase : out.ordered
        out.isNegated = isNegated
        return out
    }

    private mutating func parseSetItem() throws(HTTPRequestError) -> PatternSet {
        if take("\\") { return try parseEscapedSet() }
        guard let scalar = next else { throw error("a closing bracket is missing") }
        position += 1
        return PatternSet(ranges: [scalar.value...scalar.value])
    }
}

extension PatternSet {
    /// The only character of the set, or `nil` if there are several.
    fileprivate var single: UInt32? {
        guard !isNegated, ranges.count == 1, let range = ranges.first, range.count == 1 else { return nil }
        return range.lowerBound
    }
}
