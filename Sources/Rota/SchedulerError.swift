public import Foundation
public import RotaJSONSchema
import RotaStore

/// The reason a scheduler refused a call.
public struct SchedulerError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of error.
    ///
    /// More kinds may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
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
            case invalidPayload
            case calendarNotFound
            case calendarInUse
            case invalidToken
            case expiredToken
            case changed
        }

        private let kind: Kind

        /// A field of a job has an invalid value.
        public static let invalidJob = Code(kind: .invalidJob)
        /// No job has the identifier.
        public static let jobNotFound = Code(kind: .jobNotFound)
        /// No execution has the identifier.
        public static let executionNotFound = Code(kind: .executionNotFound)
        /// A handler is already registered under the name.
        public static let duplicateHandler = Code(kind: .duplicateHandler)
        /// The job's or execution's state does not allow the call.
        public static let illegalState = Code(kind: .illegalState)
        /// `run()` was called while the scheduler is running.
        public static let alreadyRunning = Code(kind: .alreadyRunning)
        /// A field of a request has an invalid value.
        public static let invalidRequest = Code(kind: .invalidRequest)
        /// The request exceeds the limit of one step.
        public static let tooMany = Code(kind: .tooMany)
        /// The job was changed since the revision that the call is based on.
        public static let changed = Code(kind: .changed)
        /// The job has no such version, or it is no longer kept.
        public static let versionNotFound = Code(kind: .versionNotFound)
        /// The store has no calendar with the name.
        public static let calendarNotFound = Code(kind: .calendarNotFound)
        /// The calendar cannot be deleted while schedules name it.
        public static let calendarInUse = Code(kind: .calendarInUse)
        /// The token is none of this store's, or was changed.
        public static let invalidToken = Code(kind: .invalidToken)
        /// The token has expired.
        public static let expiredToken = Code(kind: .expiredToken)
        /// The clock is so far off that it cannot tell one second from the next.
        public static let unusableClock = Code(kind: .unusableClock)
        /// The store broke the contract of `JobStore`, so its state is unknown.
        public static let unusableStore = Code(kind: .unusableStore)
        /// A payload breaks the schema of its job; ``SchedulerError/violations`` tells where.
        public static let invalidPayload = Code(kind: .invalidPayload)
        /// A setting has an invalid value.
        public static let invalidConfiguration = Code(kind: .invalidConfiguration)

        /// The name of the code, such as `jobNotFound`.
        public var description: String { kind.rawValue }
    }

    /// The kind of error.
    public let code: Code
    /// A sentence for people: what was wrong, and what would be right.
    public let message: String
    /// The invalid value as text, if there is one.
    public let value: String?
    /// Where a payload breaks the schema of its job, at most twenty places, for code `invalidPayload`.
    public let violations: [JSONSchema.Violation]

    /// Creates an error.
    ///
    /// - Parameters:
    ///   - code: The kind of error.
    ///   - message: A sentence for people: what was wrong, and what would be right.
    ///   - value: The invalid value as text, if there is one.
    ///   - violations: Where a payload breaks the schema of its job.
    public init(
        _ code: Code, _ message: String, value: String? = nil, violations: [JSONSchema.Violation] = []
    ) {
        self.code = code
        self.message = message
        self.value = value
        self.violations = violations
    }

    /// The message.
    public var description: String { message }
}

extension SchedulerError {
    /// A change that is based on an earlier revision of a job.
    static func changed(_ job: Job) -> SchedulerError {
        SchedulerError(
            .changed,
            "Job \"\(job.definition.name)\" was changed meanwhile: its revision is \(job.scheduleState.revision). Read it again, "
                + "and base the change on what it is now.", value: "\(job.scheduleState.revision)")
    }

    /// A request with more parts than one step can take.
    static func tooMany(_ count: Int, _ limit: Int) -> SchedulerError {
        SchedulerError(
            .tooMany, "At most \(limit) executions can be triggered in one step, not \(count).", value: "\(count)")
    }
}

extension SchedulerError: LocalizedError {
    /// The ``description``, so that `localizedDescription` says it too.
    public var errorDescription: String? { description }
}

extension Array {
    /// Returns the outcomes of a store operation if there is one for each request.
    ///
    /// - Parameters:
    ///   - requests: The number of requests.
    ///   - operation: The name of the operation.
    /// - Throws: ``SchedulerError`` with code `unusableStore` if there are more or fewer.
    func matching(_ requests: Int, requestsTo operation: String) throws -> [Element] {
        guard count == requests else {
            throw SchedulerError(
                .unusableStore,
                "The store returned \(count) outcomes for \(requests) requests to `\(operation)`. A `JobStore` must return "
                    + "one for each, in order. Test the store with `StoreContract` of RotaTesting.",
                value: "\(count)")
        }
        return self
    }
}
