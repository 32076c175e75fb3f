extension ResponseMatcher {
    /// What a value must be like.
    public struct Condition: Sendable, Hashable {
        enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
            case equals, notEquals, contains, notContains, regex, exists, lessThan, greaterThan
            case isIn = "in"
        }

        let kind: Kind
        let operand: JSONValue
        var pattern: TextPattern?

        init(kind: Kind, operand: JSONValue, pattern: TextPattern? = nil) {
            self.kind = kind
            self.operand = operand
            self.pattern = pattern
        }

        /// It is there and means the same: numbers by quantity, objects whatever the order of their members.
        ///
        /// - Parameter value: what it must be.
        /// - Returns: the condition.
        public static func equals(_ value: JSONValue) -> Condition { Condition(kind: .equals, operand: value) }

        /// It is missing or means something else.
        ///
        /// - Parameter value: what it must not be.
        /// - Returns: the condition.
        public static func notEquals(_ value: JSONValue) -> Condition { Condition(kind: .notEquals, operand: value) }

        /// It is a text with this text inside, an array with this element, or an object with a member of this name.
        ///
        /// - Parameter value: what it must contain.
        /// - Returns: the condition.
        public static func contains(_ value: JSONValue) -> Condition { Condition(kind: .contains, operand: value) }

        /// It is missing or does not contain this.
        ///
        /// - Parameter value: what it must not contain.
        /// - Returns: the condition.
        public static func notContains(_ value: JSONValue) -> Condition {
            Condition(kind: .notContains, operand: value)
        }

        /// It is a text, or a number, in which the pattern occurs.
        ///
        /// - Parameter pattern: a regular expression.
        /// - Returns: the condition.
        public static func regex(_ pattern: TextPattern) -> Condition {
            Condition(kind: .regex, operand: .string(pattern.text), pattern: pattern)
        }

        /// It is there, whatever it is, `null` included.
        public static let exists = Condition(kind: .exists, operand: true)

        /// It is a number, or a text written like one, below this.
        ///
        /// - Parameter number: the bound.
        /// - Returns: the condition; it never holds for a bound that JSON cannot write.
        public static func lessThan(_ number: Double) -> Condition {
            Condition(kind: .lessThan, operand: JSONValue(floatLiteral: number))
        }

        /// It is a number, or a text written like one, above this.
        ///
        /// - Parameter number: the bound.
        /// - Returns: the condition; it never holds for a bound that JSON cannot write.
        public static func greaterThan(_ number: Double) -> Condition {
            Condition(kind: .greaterThan, operand: JSONValue(floatLiteral: number))
        }

        /// It is one of these.
        ///
        /// - Parameter values: what it may be.
        /// - Returns: the condition.
        public static func `in`(_ values: [JSONValue]) -> Condition { Condition(kind: .isIn, operand: .array(values)) }
    }
}
