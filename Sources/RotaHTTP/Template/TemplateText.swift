/// Text with `{{variables}}` inside, taken apart.
struct TemplateText: Sendable, Hashable {
    enum Piece: Sendable, Hashable {
        case text(String)
        case variable(TemplateVariable)
    }

    let pieces: [Piece]

    /// Takes text apart.
    ///
    /// Every `{{` must begin a known variable, so that a slip is found when the job is made and not in what it sends.
    ///
    /// - Throws: ``HTTPRequestError`` with `unknownVariable`, or `misplacedVariable` for one that is not allowed here.
    init(parsing text: String, field: String, forbidding forbidden: Set<TemplateVariable> = []) throws(HTTPRequestError)
    {
        var pieces: [Piece] = []
        var rest = Array(text.utf8)[...]
        while let open = Self.index(of: UInt8(ascii: "{"), in: rest) {
            if open > rest.startIndex { pieces.append(.text(String(decoding: rest[..<open], as: UTF8.self))) }
            guard let close = Self.index(of: UInt8(ascii: "}"), in: rest[(open + 2)...]) else {
                throw HTTPRequestError(
                    .unknownVariable, field: field, "{{ begins a variable, and }} must end it; \(Self.hint)",
                    value: String(decoding: rest[open...].prefix(40), as: UTF8.self))
            }
            let name = String(decoding: rest[(open + 2)..<close], as: UTF8.self).trimmingSpaces
            guard let variable = TemplateVariable(rawValue: name) else {
                throw HTTPRequestError(
                    .unknownVariable, field: field, "there is no such variable; \(Self.hint)", value: name)
            }
            guard !forbidden.contains(variable) else {
                throw HTTPRequestError(
                    .misplacedVariable, field: field,
                    "{{\(name)}} changes between attempts, so it may stand in the URL and in headers only")
            }
            pieces.append(.variable(variable))
            rest = rest[(close + 2)...]
        }
        if !rest.isEmpty { pieces.append(.text(String(decoding: rest, as: UTF8.self))) }
        self.pieces = pieces
    }

    private static let hint =
        "known are " + TemplateVariable.allCases.map { "{{\($0.rawValue)}}" }.joined(separator: ", ")
        + "; a body with literal braces can be sent as bytes"

    var hasVariables: Bool {
        pieces.contains { if case .variable = $0 { true } else { false } }
    }

    /// The text with an `x` for every variable.
    var renderedSample: String {
        pieces.map { if case .text(let text) = $0 { text } else { "x" } }.joined()
    }

    /// The text with its variables replaced.
    func render(_ value: (TemplateVariable) -> String) -> String {
        var out = ""
        for piece in pieces {
            switch piece {
            case .text(let text): out += text
            case .variable(let variable): out += value(variable)
            }
        }
        return out
    }

    /// Where a byte stands twice in a row.
    static func index(of byte: UInt8, in bytes: ArraySlice<UInt8>) -> Int? {
        guard bytes.count > 1 else { return nil }
        return (bytes.startIndex..<(bytes.endIndex - 1)).first { bytes[$0] == byte && bytes[$0 + 1] == byte }
    }
}

extension String {
    var trimmingSpaces: String {
        String(decoding: utf8.drop { $0 == 0x20 }.reversed().drop { $0 == 0x20 }.reversed(), as: UTF8.self)
    }

    /// Whether `{{` occurs.
    var mentionsVariable: Bool {
        TemplateText.index(of: UInt8(ascii: "{"), in: Array(utf8)[...]) != nil
    }
}
