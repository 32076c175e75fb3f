import RotaStore
import RotaTesting
import Testing

/// Random operations, made to the stores and to a naive model of what they must do; Tests/Scripts/store-model makes
/// a million to each.
@Suite struct StoreModelTests {
    @Test("The store in memory agrees with the model")
    func memory() async throws {
        try await StoreComparison.memory.runLives(1200, seed: 1)
    }

    @Test("The store in files agrees with the model through compactions, crashes and reopenings")
    func files() async throws {
        try await StoreComparison.files().runLives(1200, seed: 1_000_001)
    }
}
