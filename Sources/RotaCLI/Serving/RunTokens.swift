import Foundation
import Rota
import RotaHTTP

/// The secret of the tokens with which workers outside the process report on executions and complete them.
///
/// It signs them, so it must outlive the server, and no job may name it as it names its own secrets.
struct RunTokens: Sendable {
    private static let name = "run-tokens"

    /// The secret that was given, which is used as it is.
    let given: SecretValue?
    /// Whether one is made if none was given.
    let isNeeded: Bool
    /// The folder where a secret that was made is kept, or `nil` if it lives as long as the process.
    let folder: String?

    /// Reads the secret from a file.
    static func read(_ file: String, _ console: Console) throws(Failure) -> SecretValue {
        let text = try console.readText(file).trimmingCharacters(in: .newlines)
        guard text.utf8.count >= 16 else {
            throw .usage(
                "The file \(file) must hold a secret of at least 16 bytes, such as that of openssl rand -hex 32.")
        }
        return SecretValue(text)
    }

    /// Returns the secret: the given one, the one that was made before, or a new one.
    ///
    /// - Returns: `nil` if none is needed.
    func secret(using random: inout some RandomNumberGenerator) async throws -> SecretValue? {
        if let given { return given }
        guard isNeeded else { return nil }
        let vault: any SecretVault = folder.map { SecretFolder($0) } ?? MemoryVault()
        if let kept = try await vault.secret(named: Self.name) { return kept }
        var bytes = Data()
        for _ in 0..<32 { bytes.append(UInt8.random(in: .min ... .max, using: &random)) }
        let made = SecretValue(bytes.base64EncodedString())
        try await vault.set(made, named: Self.name)
        return made
    }
}
