import RotaHTTP
import Synchronization

/// Secrets in memory.
final class MemoryVault: SecretVault {
    private let values = Mutex<[String: SecretValue]>([:])

    func secret(named name: String) async throws -> SecretValue? { values.withLock { $0[name] } }

    func set(_ value: SecretValue, named name: String) async throws { values.withLock { $0[name] = value } }

    func secretNames() async throws -> [String] { values.withLock { $0.keys.sorted() } }

    func deleteSecret(named name: String) async throws -> Bool {
        values.withLock { $0.removeValue(forKey: name) != nil }
    }
}
