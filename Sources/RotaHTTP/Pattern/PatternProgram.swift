/// The syntax tree of a regular expression.
indirect enum PatternNode: Sendable {
    case empty
    case scalars(PatternSet)
    case start(ofLine: Bool)
    case end(ofLine: Bool)
    case boundary(Bool)
    case sequence([PatternNode])
    case choice([PatternNode])
    case repeated(PatternNode, min: Int, max: Int?)
}

/// A set of characters: ranges, or everything except those.
struct PatternSet: Sendable, Hashable {
    /// The ranges.
    ///
    /// They are sorted and disjoint in every set that is searched.
    var ranges: [ClosedRange<UInt32>] = []
    var isNegated = false

    static let digits = PatternSet(ranges: [0x30...0x39])
    static let words = PatternSet(ranges: [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
    /// The white space and line ends of ECMA-262.
    static let spaces = PatternSet(ranges: [
        0x09...0x0D, 0x20...0x20, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029, 0x202F...0x202F,
        0x205F...0x205F, 0x3000...0x3000, 0xFEFF...0xFEFF,
    ])
    static let newline = PatternSet(ranges: [0x0A...0x0A])
    static let everything = PatternSet(isNegated: true)

    /// Returns whether a character is in the set.
    ///
    /// - Complexity: O(log *n*) in the number of ranges.
    func contains(_ value: UInt32) -> Bool {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < value { low = middle + 1 } else { high = middle }
        }
        return (low < ranges.count && ranges[low].lowerBound <= value) != isNegated
    }

    /// The set with sorted and disjoint ranges, as ``contains(_:)`` requires.
    var ordered: PatternSet {
        guard ranges.count > 1 else { return self }
        var out = PatternSet(isNegated: isNegated)
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = out.ranges.last, range.lowerBound <= last.upperBound {
                out.ranges[out.ranges.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                out.ranges.append(range)
            }
        }
        return out
    }

    var negated: PatternSet { PatternSet(ranges: ranges, isNegated: !isNegated) }

    /// The ranges of the set with its negation applied.
    var positiveRanges: [ClosedRange<UInt32>] {
        guard isNegated else { return ranges }
        var out: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if range.lowerBound > next { out.append(next...(range.lowerBound - 1)) }
            next = max(next, range.upperBound + 1)
        }
        if next <= 0x10FFFF { out.append(next...0x10FFFF) }
        return out
    }

    /// The set with the other case of each of its ASCII letters added.
    var ignoringCase: PatternSet {
        var out = self
        for range in ranges {
            for (letters, other) in [(0x41...0x5A as ClosedRange<UInt32>, 0x61 as UInt32), (0x61...0x7A, 0x41)]
            where range.overlaps(letters) {
                let part = range.clamped(to: letters)
                let shift = other &- letters.lowerBound
                out.ranges.append((part.lowerBound &+ shift)...(part.upperBound &+ shift))
            }
        }
        return out.ordered
    }
}

/// Compiles a syntax tree to instructions.
struct PatternCompiler {
    private var instructions: [PatternProgram.Instruction] = []
    private let text: String
    /// Empty groups produce no instructions, so visits are counted too.
    ///
    /// Otherwise `((){1000}){1000}` would hang.
    private var work = 0

    /// The limit on the number of instructions.
    private static let most = 10_000

    init(_ text: String) {
        self.text = text
    }

    static func compile(_ text: String) throws(HTTPRequestError) -> PatternProgram {
        var parser = PatternParser(text)
        let node = try parser.parse()
        var compiler = PatternCompiler(text)
        try compiler.emit(node)
        compiler.instructions.append(.match)
        return PatternProgram(compiler.instructions)
    }

    private mutating func append(_ instruction: PatternProgram.Instruction) throws(HTTPRequestError) {
        guard instructions.count < Self.most else { throw tooMuch }
        instructions.append(instruction)
    }

    private var tooMuch: HTTPRequestError {
        HTTPRequestError(.badRule, field: "pattern", "the pattern repeats too much", value: text)
    }

    private mutating func emit(_ node: PatternNode) throws(HTTPRequestError) {
        work += 1
        guard work < 10 * Self.most else { throw tooMuch }
        switch node {
        case .empty: break
        case .scalars(let set): try append(.scalars(set))
        case .start(let ofLine): try append(.start(ofLine: ofLine))
        case .end(let ofLine): try append(.end(ofLine: ofLine))
        case .boundary(let wanted): try append(.boundary(wanted))
        case .sequence(let nodes):
            for node in nodes { try emit(node) }
        case .choice(let nodes): try emitChoice(nodes)
        case .repeated(let node, let min, let max): try emitRepeated(node, min, max)
        }
    }

    private mutating func emitChoice(_ nodes: [PatternNode]) throws(HTTPRequestError) {
        var ends: [Int] = []
        for (index, node) in nodes.enumerated() {
            let split = instructions.count
            if index < nodes.count - 1 { try append(.jump(0)) }
            try emit(node)
            guard index < nodes.count - 1 else { break }
            ends.append(instructions.count)
            try append(.jump(0))
            instructions[split] = .split(split + 1, instructions.count)
        }
        for end in ends { instructions[end] = .jump(instructions.count) }
    }

    private mutating func emitRepeated(_ node: PatternNode, _ min: Int, _ max: Int?) throws(HTTPRequestError) {
        for _ in 0..<min { try emit(node) }
        guard let max else {
            let split = instructions.count
            try append(.jump(0))
            try emit(node)
            try append(.jump(split))
            instructions[split] = .split(split + 1, instructions.count)
            return
        }
        var splits: [Int] = []
        for _ in min..<Swift.max(min, max) {
            splits.append(instructions.count)
            try append(.jump(0))
            try emit(node)
        }
        for split in splits { instructions[split] = .split(split + 1, instructions.count) }
    }
}

/// A compiled regular expression for a machine that follows all alternatives at once (Thompson, 1968).
///
/// It reads each character once and never backtracks, so a search takes at most length of text times length of program.
/// Neither a hostile pattern nor a hostile text can make it hang.
///
/// ```
/// pattern a(b|c)*d      0 a   1 split 2,6   2 split 3,4   3 b   4 c   6 d   7 match
/// text    a b d         {0} -a-> {3,4,6} -b-> {3,4,6} -d-> {7}  match
/// ```
struct PatternProgram: Sendable, Hashable {
    enum Instruction: Sendable, Hashable {
        case scalars(PatternSet)
        case start(ofLine: Bool)
        case end(ofLine: Bool)
        case boundary(Bool)
        case jump(Int)
        case split(Int, Int)
        case match
    }

    /// The outcome of a search.
    enum Outcome {
        case found, notFound
        /// The allowed steps did not suffice.
        case gaveUp
    }

    let instructions: [Instruction]

    init(_ instructions: [Instruction]) {
        self.instructions = instructions
    }

    /// Searches for the pattern anywhere in a text.
    ///
    /// - Parameters:
    ///   - isCut: Whether more followed the text, so that nothing is known about its end.
    ///   - left: The instructions that may be executed. Those used are subtracted.
    func search(_ text: String, isCut: Bool = false, steps left: inout Int) -> Outcome {
        // Allocating the states counts too. Otherwise searching very many short texts would be free.
        left -= instructions.count / 8
        var current = StateSet(count: instructions.count)
        var following = StateSet(count: instructions.count)
        var before: UInt32?
        var iterator = text.unicodeScalars.makeIterator()
        var scalar = iterator.next()?.value
        while true {
            if add(0, to: &current, before: before, after: scalar, isCut, &left) { return .found }
            guard left > 0 else { return .gaveUp }
            guard let value = scalar else { return .notFound }
            let after = iterator.next()?.value
            following.removeAll()
            for state in current.members {
                left -= 1
                guard case .scalars(let set) = instructions[state], set.contains(value) else { continue }
                if add(state + 1, to: &following, before: value, after: after, isCut, &left) { return .found }
            }
            swap(&current, &following)
            before = value
            scalar = after
        }
    }

    /// Adds an instruction and all that are reachable from it without reading.
    ///
    /// Returns `true` if the match is reached.
    private func add(
        _ start: Int, to states: inout StateSet, before: UInt32?, after: UInt32?, _ isCut: Bool, _ left: inout Int
    ) -> Bool {
        var stack = [start]
        let isEndKnown = after != nil || !isCut
        while let state = stack.popLast() {
            guard states.insert(state) else { continue }
            left -= 1
            switch instructions[state] {
            case .match: return true
            case .jump(let target): stack.append(target)
            case .split(let first, let second):
                stack.append(second)
                stack.append(first)
            case .start(let ofLine):
                if before == nil || (ofLine && before == 0x0A) { stack.append(state + 1) }
            case .end(let ofLine):
                if isEndKnown, after == nil || (ofLine && after == 0x0A) { stack.append(state + 1) }
            case .boundary(let wanted):
                let isBoundary = Self.isWord(before) != Self.isWord(after)
                if isEndKnown, isBoundary == wanted { stack.append(state + 1) }
            case .scalars: break
            }
        }
        return false
    }

    private static func isWord(_ value: UInt32?) -> Bool {
        value.map { PatternSet.words.contains($0) } ?? false
    }
}

/// A set of small numbers that is cleared in O(1): members in insertion order, and a generation stamp for each number.
private struct StateSet {
    private(set) var members: [Int] = []
    private var stamps: [UInt32]
    private var stamp: UInt32 = 1

    init(count: Int) {
        stamps = Array(repeating: 0, count: count)
    }

    mutating func insert(_ member: Int) -> Bool {
        guard stamps[member] != stamp else { return false }
        stamps[member] = stamp
        members.append(member)
        return true
    }

    mutating func removeAll() {
        members.removeAll(keepingCapacity: true)
        stamp &+= 1
        guard stamp == 0 else { return }
        stamps = Array(repeating: 0, count: stamps.count)
        stamp = 1
    }
}
