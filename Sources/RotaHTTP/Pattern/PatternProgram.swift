/// A regular expression as instructions for a machine that tries all ways at once (Thompson, 1968).
///
/// It reads each character once and never goes back, so the time is bounded by length of text times length of program.
/// A pattern written by one stranger and a text written by another cannot make it hang.
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

    /// What came of a search.
    enum Outcome {
        case found, notFound
        /// The work allowed was not enough.
        case gaveUp
    }

    let instructions: [Instruction]

    init(_ instructions: [Instruction]) {
        self.instructions = instructions
    }

    /// Looks for the pattern anywhere in a text.
    ///
    /// - Parameter left: how many instructions may be carried out; what was used is taken off.
    func search(_ text: String, steps left: inout Int) -> Outcome {
        // Making room for the states counts too, or a search in each of very many short texts would be free.
        left -= instructions.count / 8
        var current = StateSet(count: instructions.count)
        var following = StateSet(count: instructions.count)
        var before: UInt32?
        var iterator = text.unicodeScalars.makeIterator()
        var scalar = iterator.next()?.value
        while true {
            if add(0, to: &current, before: before, after: scalar, &left) { return .found }
            guard left > 0 else { return .gaveUp }
            guard let value = scalar else { return .notFound }
            let after = iterator.next()?.value
            following.removeAll()
            for state in current.members {
                left -= 1
                guard case .scalars(let set) = instructions[state], set.contains(value) else { continue }
                if add(state + 1, to: &following, before: value, after: after, &left) { return .found }
            }
            swap(&current, &following)
            before = value
            scalar = after
        }
    }

    /// Adds an instruction and all that can be reached from it without reading; true if that is the end.
    private func add(
        _ start: Int, to states: inout StateSet, before: UInt32?, after: UInt32?, _ left: inout Int
    ) -> Bool {
        var stack = [start]
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
                if after == nil || (ofLine && after == 0x0A) { stack.append(state + 1) }
            case .boundary(let wanted):
                let isBoundary = Self.isWord(before) != Self.isWord(after)
                if isBoundary == wanted { stack.append(state + 1) }
            case .scalars: break
            }
        }
        return false
    }

    private static func isWord(_ value: UInt32?) -> Bool {
        value.map { PatternSet.words.contains($0) } ?? false
    }
}

/// A set of small numbers that empties in no time: members in order of arrival, and a stamp for each number.
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
