public import Foundation

/// An error that a store throws when it refuses an operation.
public struct StoreError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of a store error.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case jobNotFound
            case invalidExecution
            case conflict
            case duplicate
            case invalidQuery
            case closed
            case cycle
            case calendarNotFound
            case calendarInUse
            case invalidCalendar
            case unsupported
            case unavailable
            case outcomeUnknown
            case skewedClock
            case incompatibleSchema
        }

        private let kind: Kind

        /// No job has the identifier.
        public static let jobNotFound = Code(kind: .jobNotFound)
        /// An execution to enqueue is in a state in which it cannot be stored.
        public static let invalidExecution = Code(kind: .invalidExecution)
        /// The record changed in the meantime.
        ///
        /// Read it again and repeat.
        public static let conflict = Code(kind: .conflict)
        /// A record with the same identifier, slug or key already exists.
        public static let duplicate = Code(kind: .duplicate)
        /// A query is invalid, for example its limit is out of range.
        public static let invalidQuery = Code(kind: .invalidQuery)
        /// A job would depend on itself, directly or through other jobs.
        public static let cycle = Code(kind: .cycle)
        /// A schedule names a calendar that the store does not have.
        public static let calendarNotFound = Code(kind: .calendarNotFound)
        /// A calendar cannot be deleted while schedules name it.
        public static let calendarInUse = Code(kind: .calendarInUse)
        /// A calendar names others, or its own name is blank or too long.
        public static let invalidCalendar = Code(kind: .invalidCalendar)
        /// The store lacks an optional operation.
        public static let unsupported = Code(kind: .unsupported)
        /// The store cannot be reached for now.
        ///
        /// Nothing happened.
        public static let unavailable = Code(kind: .unavailable)
        /// The answer was lost: the operation may have happened.
        public static let outcomeUnknown = Code(kind: .outcomeUnknown)
        /// The clock of this machine and that of the store differ too much.
        ///
        /// Nothing happened.
        public static let skewedClock = Code(kind: .skewedClock)
        /// The store's records are of a version that this library cannot use.
        public static let incompatibleSchema = Code(kind: .incompatibleSchema)
        /// The store is closed.
        public static let closed = Code(kind: .closed)

        /// The name of the code, such as `jobNotFound`.
        public var description: String { kind.rawValue }
    }

    /// The kind of the error.
    public let code: Code
    /// A description of the error, and of what would be right.
    public let message: String

    /// Creates an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }

    /// Whether the same request may succeed later: the store is out of reach, or the clock is wrong.
    public var isTemporary: Bool { [.unavailable, .outcomeUnknown, .skewedClock].contains(code) }

    /// An error that says that a page continues a list in another order.
    package static func foreign(_ cursor: PageCursor) -> StoreError {
        StoreError(
            .invalidQuery,
            "The cursor \(cursor) belongs to a list in another order; start again without a cursor.")
    }

    package static func noJob(_ id: JobID) -> StoreError {
        StoreError(
            .jobNotFound, "The job \(id) does not exist. It may have been deleted. `jobs()` lists the existing ones.")
    }
}

extension StoreError: LocalizedError {
    /// The ``description``, so that `localizedDescription` says it too.
    public var errorDescription: String? { description }
}
