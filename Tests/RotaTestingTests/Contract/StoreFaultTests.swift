import RotaTesting
import Testing

@Suite("Store faults")
struct StoreFaultTests {
    @Test("A store that breaks a promise is caught by the checks of that promise", arguments: StoreFault.all)
    func caught(_ fault: StoreFault) async throws {
        for name in fault.checks {
            let checks = StoreContract.checks.filter { $0.name == name }
            #expect(checks.count == 1, "There are \(checks.count) checks named \"\(name)\"")
            for check in checks {
                await #expect(throws: ContractViolation.self, "\"\(check)\" did not catch the fault") {
                    try await check.run {
                        var store = BrokenStore(ReferenceJobStore())
                        fault.breakStore(&store)
                        return store
                    }
                }
            }
        }
    }

    @Test("Every check catches a fault", arguments: StoreContract.checks)
    func covered(_ check: StoreContract.Check) {
        #expect(StoreFault.all.contains { $0.checks.contains(check.name) })
    }

    @Test("A store that forgets everything is caught by every durability check", arguments: StoreContract.durability)
    func forgetful(_ check: StoreContract.DurabilityCheck) async throws {
        await #expect(throws: ContractViolation.self) {
            try await check.run {
                ReferenceJobStore()
            } reopen: { _ in
                ReferenceJobStore()
            }
        }
    }

    @Test("A store without a fault passes", arguments: StoreContract.checks)
    func transparent(_ check: StoreContract.Check) async throws {
        try await check.run { BrokenStore(ReferenceJobStore()) }
    }
}
