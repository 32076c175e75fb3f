/// Why a store refused an operation.
public struct StoreError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of refusal it is.
    public struct Code: Sendable, Hashable {
        private enum Kind: Sendable, Hashable {
            case jobNotFound
            case invalidExecution
            case conflict
            case duplicate
            case invalidQuery
            case closed
            case cycle
        }

        private let kind: Kind

        /// No job has the identifier.
        public static let jobNotFound = Code(kind: .jobNotFound)
        /// An execution that was handed in is in a state in which none can begin.
        public static let invalidExecution = Code(kind: .invalidExecution)
        /// The record was changed by someone else in the meantime: read it again and repeat.
        public static let conflict = Code(kind: .conflict)
        /// A record with the identifier is there already.
        public static let duplicate = Code(kind: .duplicate)
        /// A query asks for what the store cannot give.
        public static let invalidQuery = Code(kind: .invalidQuery)
        /// A job would wait for itself, directly or through others.
        public static let cycle = Code(kind: .cycle)
        /// The store was closed.
        public static let closed = Code(kind: .closed)
    }

    /// What kind of refusal it is.
    public let code: Code
    /// What was wrong and what would be right, in words.
    public let message: String

    /// Makes an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }

    package static func noJob(_ id: JobID) -> StoreError {
        StoreError(.jobNotFound, "There is no job \(id); it may have been deleted. `jobs()` lists those that exist.")
    }
}
