public import RotaStore

/// What every store must do, as checks to run yours through.
///
/// ```swift
/// @Test(arguments: StoreContract.checks)
/// func contract(_ check: StoreContract.Check) async throws {
///     try await check.run { try await MyStore(emptyDatabase()) }
/// }
///
/// @Test(arguments: StoreContract.durability)
/// func durability(_ check: StoreContract.DurabilityCheck) async throws {
///     try await check.run { try await MyStore(emptyDatabase()) } reopen: { try await MyStore($0.database) }
/// }
/// ```
///
/// The checks know a store only by its protocol. They pass the time in, take their identifiers from a seeded generator,
/// and leave the order open wherever the protocol does, so that a database can keep it as well as memory can.
public enum StoreContract {
    /// One thing that a store must do.
    public struct Check: Sendable, CustomStringConvertible {
        /// What is checked, in a few words; it is unique.
        public let name: String
        let body: @Sendable (StoreProbe) async throws -> Void

        init(_ name: String, _ body: @escaping @Sendable (StoreProbe) async throws -> Void) {
            self.name = name
            self.body = body
        }

        /// The name.
        public var description: String { name }

        /// Runs the check.
        ///
        /// - Parameter makeStore: Makes the store to check, which must be empty.
        /// - Throws: ``ContractViolation`` if the store fails the check, or what the store throws.
        public func run(_ makeStore: @Sendable () async throws -> any JobStore) async throws {
            let probe = StoreProbe(try await makeStore())
            try await StoreContract.judge { try await body(probe) }
        }
    }

    /// One thing that a store must remember when it is closed and opened again.
    public struct DurabilityCheck: Sendable, CustomStringConvertible {
        /// What is checked, in a few words; it is unique.
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

        /// The name.
        public var description: String { name }

        /// Runs the check.
        ///
        /// - Parameters:
        ///   - makeStore: Makes the store to check, which must be empty.
        ///   - reopen: Gives up a store that `makeStore` made, and opens what it has kept.
        /// - Throws: ``ContractViolation`` if the store fails the check, or what the store throws.
        public func run<Store: JobStore>(
            _ makeStore: @Sendable () async throws -> Store, reopen: @Sendable (Store) async throws -> Store
        ) async throws {
            let store = try await makeStore()
            let probe = StoreProbe(store)
            var memory = StoreProbe.Memory()
            try await StoreContract.judge { memory = try await before(probe) }
            let reopened = probe.moved(to: try await reopen(store))
            try await StoreContract.judge { try await after(reopened, memory) }
        }
    }

    /// Takes a refusal that no check expects for what it is.
    private static func judge(_ check: () async throws -> Void) async throws {
        do {
            try await check()
        } catch let error as StoreError {
            throw ContractViolation("the store refused what it must do: \(error)")
        }
    }

    /// Every check of a store that is open.
    public static let checks: [Check] =
        jobs + changes + versions + dependencies + firing + overlap + agendas + claiming + limits + leases + finishing
        + ends + calls + jobLists + executionLists + atomicity

    /// Every check of what a store remembers when it is opened again.
    public static let durability: [DurabilityCheck] = reopenings
}
