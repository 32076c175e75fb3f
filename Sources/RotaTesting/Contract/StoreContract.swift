public import RotaStore

/// The checks that every store must pass.
///
/// Run every check on your store, for example as the arguments of a parameterized test:
///
/// ```swift
/// for check in StoreContract.checks {
///     try await check.run { ReferenceJobStore() }
/// }
///
/// // Prints "…: FAILED" because a store in memory forgets everything.
/// for check in StoreContract.durability {
///     do {
///         try await check.run {
///             InMemoryJobStore()
///         } reopen: { _ in
///             InMemoryJobStore()
///         }
///     } catch let violation as ContractViolation {
///         print("\(check): FAILED, \(violation)")
///     }
/// }
/// ```
///
/// The checks use a store only through its protocol. They pass dates in, take identifiers from a seeded generator, and
/// require an order only where the protocol does, so that a database can pass as well as a store in memory.
public enum StoreContract {
    /// A check of one promise of the protocol.
    public struct Check: Sendable, CustomStringConvertible {
        /// The unique name of the check, which states the promise.
        public let name: String
        let body: @Sendable (StoreProbe) async throws -> Void

        init(_ name: String, _ body: @escaping @Sendable (StoreProbe) async throws -> Void) {
            self.name = name
            self.body = body
        }

        /// The name of the check.
        public var description: String { name }

        /// Runs the check.
        ///
        /// - Parameter makeStore: Creates the store to check, which must be empty.
        /// - Throws: ``ContractViolation`` if the store fails the check, or the store's own errors.
        public func run(_ makeStore: @Sendable () async throws -> any JobStore) async throws {
            let probe = StoreProbe(try await makeStore())
            try await StoreContract.reportRefusal { try await body(probe) }
        }
    }

    /// A check of what a store remembers after it was closed and opened again.
    public struct DurabilityCheck: Sendable, CustomStringConvertible {
        /// The unique name of the check, which states the promise.
        public let name: String
        let before: @Sendable (StoreProbe) async throws -> StoreProbe.Memory
        let after: @Sendable (StoreProbe, StoreProbe.Memory) async throws -> Void

        init(
            _ name: String, _ before: @escaping @Sendable (StoreProbe) async throws -> StoreProbe.Memory,
            reopened after: @escaping @Sendable (StoreProbe, StoreProbe.Memory) async throws -> Void
        ) {
            self.name = name
            self.before = before
            self.after = after
        }

        /// The name of the check.
        public var description: String { name }

        /// Runs the check.
        ///
        /// - Parameters:
        ///   - makeStore: Creates the store to check, which must be empty.
        ///   - reopen: Closes a store that `makeStore` created, and opens its data again.
        /// - Throws: ``ContractViolation`` if the store fails the check, or the store's own errors.
        public func run<Store: JobStore>(
            _ makeStore: @Sendable () async throws -> Store, reopen: @Sendable (Store) async throws -> Store
        ) async throws {
            let store = try await makeStore()
            let probe = StoreProbe(store)
            var memory = StoreProbe.Memory()
            try await StoreContract.reportRefusal { memory = try await before(probe) }
            let reopened = probe.moved(to: try await reopen(store))
            try await StoreContract.reportRefusal { try await after(reopened, memory) }
        }
    }

    /// Reports an unexpected refusal as a violation.
    private static func reportRefusal(_ check: () async throws -> Void) async throws {
        do {
            try await check()
        } catch let error as StoreError {
            throw ContractViolation("the store refused a valid request: \(error)")
        }
    }

    /// All checks of an open store.
    public static let checks: [Check] =
        jobs + changes + declaring + versions + dependencies + calendars + firing + overlap + agendas + claiming
        + limits + leases
        + finishing
        + ends + work + trials + turns + calls + jobLists + executionLists + atomicity

    /// All checks of what a store remembers after it was opened again.
    public static let durability: [DurabilityCheck] = reopenings + calendarReopenings
}
