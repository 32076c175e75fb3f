/// Why a scheduler refused what it was asked for.
public struct SchedulerError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of refusal it is.
    public struct Code: Sendable, Hashable {
        private enum Kind: Sendable, Hashable {
            case invalidJob
            case jobNotFound
            case executionNotFound
            case duplicateHandler
            case illegalState
            case alreadyRunning
            case invalidConfiguration
            case unusableClock
            case unusableStore
            case invalidRequest
            case tooMany
            case versionNotFound
        }

        private let kind: Kind

        /// A field of a job has a value that it cannot have.
        public static let invalidJob = Code(kind: .invalidJob)
        /// No job has the identifier.
        public static let jobNotFound = Code(kind: .jobNotFound)
        /// No execution has the identifier.
        public static let executionNotFound = Code(kind: .executionNotFound)
        /// A handler is registered under the name already.
        public static let duplicateHandler = Code(kind: .duplicateHandler)
        /// The job is in a state in which this cannot be done.
        public static let illegalState = Code(kind: .illegalState)
        /// `run()` is under way already.
        public static let alreadyRunning = Code(kind: .alreadyRunning)
        /// A request for a run, a pause or the like has a value that it cannot have.
        public static let invalidRequest = Code(kind: .invalidRequest)
        /// More was asked for than can be done in one step.
        public static let tooMany = Code(kind: .tooMany)
        /// The job has no such version, or it is no longer kept.
        public static let versionNotFound = Code(kind: .versionNotFound)
        /// The clock stands so far off that it cannot tell one second from the next.
        public static let unusableClock = Code(kind: .unusableClock)
        /// The store does not do what `JobStore` promises, so that nobody can say what it did.
        public static let unusableStore = Code(kind: .unusableStore)
        /// The configuration has a value that it cannot have.
        public static let invalidConfiguration = Code(kind: .invalidConfiguration)
    }

    /// What kind of refusal it is.
    public let code: Code
    /// What was wrong and what would be right, in words.
    public let message: String
    /// The value that was wrong, as text, if there is one.
    public let value: String?

    /// Makes an error.
    public init(_ code: Code, _ message: String, value: String? = nil) {
        self.code = code
        self.message = message
        self.value = value
    }

    /// The message.
    public var description: String { message }
}

extension Array {
    /// The outcomes of a store's operation, of which there has to be one for each request.
    ///
    /// - Parameters:
    ///   - operation: What the store was asked for.
    ///   - requests: How many requests it was given.
    /// - Throws: ``SchedulerError`` with code `unusableStore`.
    func answers(to operation: String, of requests: Int) throws -> [Element] {
        guard count == requests else {
            throw SchedulerError(
                .unusableStore,
                "The store gave \(count) outcomes for the \(requests) requests of a call of `\(operation)`; a `JobStore` "
                    + "gives one for each, in order. `StoreContract` of RotaTesting shows what a store does wrong.",
                value: "\(count)")
        }
        return self
    }
}
