extension JSONValue {
    /// Whether two values mean the same: numbers by quantity, objects whatever the order of their members.
    ///
    /// - Parameter other: the value to compare with.
    /// - Returns: true if they mean the same.
    public func isEquivalent(to other: JSONValue) -> Bool {
        switch (self, other) {
        case (.number(let left), .number(let right)): return left.isEqual(to: right)
        case (.array(let left), .array(let right)):
            return left.count == right.count && zip(left, right).allSatisfy { $0.isEquivalent(to: $1) }
        case (.object(let left), .object(let right)):
            let leftByName = Dictionary(left.map { ($0.name, $0.value) }) { $1 }
            let rightByName = Dictionary(right.map { ($0.name, $0.value) }) { $1 }
            return leftByName.count == rightByName.count
                && leftByName.allSatisfy { rightByName[$0]?.isEquivalent(to: $1) ?? false }
        default: return self == other
        }
    }

    /// The value as a number: a number, or a string that is written like one.
    var quantity: Number? {
        switch self {
        case .number(let number): number
        case .string(let text): Number(text)
        default: nil
        }
    }

    /// The value for a message: compact, at most 120 characters.
    var excerpt: String { excerpt(scrubbedBy: Redaction()) }

    /// The value for a message, secrets struck out before it is cut, so that no cut leaves a part of one.
    func excerpt(scrubbedBy redaction: Redaction) -> String {
        let text =
            switch self {
            case .array(let elements): "an array of \(elements.count)"
            case .object(let members): "an object of \(members.count)"
            case .string(let string): JSONValue.string(String(redaction.scrub(string).unicodeScalars.prefix(100))).text
            default: redaction.scrub(self.text)
            }
        return text.unicodeScalars.count <= 120 ? text : String(text.unicodeScalars.prefix(119)) + "…"
    }
}
