/// Turns a pattern that was taken apart into instructions.
struct PatternCompiler {
    private var instructions: [PatternProgram.Instruction] = []
    private let text: String
    /// Empty groups come to no instructions, so the work is counted too: `((){1000}){1000}` must not hang.
    private var work = 0

    /// The most instructions a pattern may come to.
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
