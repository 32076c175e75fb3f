import Rota
import RotaHTTP
import RotaStore

/// Keeps what clients send as `webhook_secret` in the vault, so that jobs only hold references.
struct StraitSecrets {
    /// A change of a job's secret.
    enum Change {
        case keep
        case remove
        case set(String)

        func applied(to present: String?) -> String? {
            switch self {
            case .keep: present
            case .remove: nil
            case .set(let reference): reference
            }
        }
    }

    private static let scheme = "secret://"
    private static let prefix = "strait-webhook-"

    let call: APICall

    init(_ call: APICall) { self.call = call }

    /// Says what a body does to the secret, without doing it yet.
    ///
    /// - Parameters:
    ///   - fields: The body.
    ///   - present: The reference that the job holds. A secret that was kept under a name of its own keeps the name.
    /// - Returns: The change, and the value to store under its name, if it came as it is.
    func change(_ fields: Fields, present: String? = nil) throws -> (change: Change, value: SecretValue?) {
        guard fields.has("webhook_secret") else { return (.keep, nil) }
        guard let text = try fields.text("webhook_secret"), !text.isEmpty else { return (.remove, nil) }
        if text == Credentials.mark { return (.keep, nil) }
        if SecretReference.isMentioned(in: text) {
            do { _ = try SecretReference.name(in: text, field: "webhook_secret") } catch {
                throw fields.fail("webhook_secret", "\(error)")
            }
            return (.set(text), nil)
        }
        guard (16...4_096).contains(text.unicodeScalars.count) else {
            throw fields.fail("webhook_secret", "webhook_secret must have 16 to 4096 characters")
        }
        guard call.api.vault != nil else {
            throw fields.fail(
                "webhook_secret",
                "webhook_secret cannot be kept, because the server has no vault. Send a reference to a secret it knows: "
                    + "secret://name")
        }
        do { _ = try call.scheduler.configuration.webhookSignature.secret(text) } catch {
            throw fields.fail(
                "webhook_secret",
                "\(error.message). A server that is set up to sign as Strait does takes any secret")
        }
        let name = present.flatMap(Self.ownName) ?? Self.prefix + BatchID(bits: call.scheduler.makeID()).description
        return (.set(Self.scheme + name), SecretValue(text))
    }

    /// Stores the value of a change, and makes sure that the scheduler can use it.
    func store(_ value: SecretValue?, for change: Change) async throws {
        guard let value, case .set(let reference) = change, let name = Self.ownName(reference),
            let vault = call.api.vault
        else { return }
        try await vault.set(value, named: name)
        guard try await call.scheduler.secrets.secret(named: name) == value else {
            _ = try await vault.deleteSecret(named: name)
            throw APIError(
                .internalError,
                "The vault of the API is not the scheduler's: give the scheduler the same one as secrets.")
        }
    }

    /// Deletes the value behind a reference that the API made.
    func forget(_ reference: String?) async throws {
        guard let name = reference.flatMap(Self.ownName), let vault = call.api.vault else { return }
        _ = try await vault.deleteSecret(named: name)
    }

    func forget(_ change: Change) async throws {
        if case .set(let reference) = change { try await forget(reference) }
    }

    /// Copies the value behind a reference that the API made, for a job that is cloned.
    func copy(_ reference: String?) async throws -> Change {
        guard let name = reference.flatMap(Self.ownName), let vault = call.api.vault,
            let value = try await vault.secret(named: name)
        else { return .keep }
        let copy = Change.set(Self.scheme + Self.prefix + BatchID(bits: call.scheduler.makeID()).description)
        try await store(value, for: copy)
        return copy
    }

    private static func ownName(_ reference: String) -> String? {
        guard reference.hasPrefix(scheme + prefix) else { return nil }
        return String(reference.dropFirst(scheme.count))
    }
}
