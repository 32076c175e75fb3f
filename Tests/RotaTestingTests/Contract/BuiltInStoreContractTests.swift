import Foundation
import RotaTesting
import Testing

@Suite("Store contract of Rota's stores")
struct BuiltInStoreContractTests {
    @Test("InMemoryJobStore keeps the contract", arguments: StoreContract.checks)
    func memory(_ check: StoreContract.Check) async throws {
        try await check.run { InMemoryJobStore() }
    }

    @Test("FileJobStore keeps the contract", arguments: StoreContract.checks)
    func files(_ check: StoreContract.Check) async throws {
        try await withTemporaryFolder { folder in
            let store = try await FileJobStore(directory: folder, durability: .operatingSystem)
            try await check.run { store }
            try await store.close()
        }
    }

    @Test("FileJobStore keeps the contract across a reopening", arguments: StoreContract.durability)
    func reopening(_ check: StoreContract.DurabilityCheck) async throws {
        try await withTemporaryFolder { folder in
            try await check.run {
                try await FileJobStore(directory: folder, durability: .operatingSystem)
            } reopen: { store in
                try await store.close()
                return try await FileJobStore(directory: folder, durability: .operatingSystem)
            }
        }
    }

    @Test("Every check has a unique name")
    func names() {
        let names = StoreContract.checks.map(\.name) + StoreContract.durability.map(\.name)
        #expect(Set(names).count == names.count)
    }
}

/// Calls `body` with a folder that is removed afterwards.
func withTemporaryFolder(_ body: (URL) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "rota-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try await body(folder)
}
