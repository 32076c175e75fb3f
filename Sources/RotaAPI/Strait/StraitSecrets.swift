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

    let call: APICall

    init(_ call: APICall) { self.call = call }

    /// Says what a body does to the secret, without doing it yet.
    ///
    /// - Parameters:
    ///   - fields: The body.
    ///   - present: The reference that the job holds. A value never takes the place of the one behind it: the change
    ///     may be refused, or have been made before.
    /// - Returns: The change, and the value to store under its name, if it came as it is.
    func change(_ fields: Fields, present: String? = nil) throws -> (change: Change, value: SecretValue?) {
        guard fields.has("webhook_secret") else { return (.keep, nil) }
        guard let text = try fields.text("webhook_secret"), !text.isEmpty else { return (.remove, nil) }
        if text == Credentials.mark { return (.keep, nil) }
        if SecretReference.isMentioned(in: text) {
            do { _ = try SecretReference.name(in: text, field: "webhook_secret") } catch {
                throw fields.fail("webhook_secret", "\(error)")
            }
            if text == present { return (.keep, nil) }
            guard KeptSecrets.name(of: text) == nil else {
                throw fields.fail(
                    "webhook_secret",
                    "webhook_secret names a secret that is kept for another job. Send the secret itself, or a reference "
                        + "to one that the server was given: secret://name")
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
        return (.set(newReference()), SecretValue(text))
    }

    /// Stores the value of a change, and makes sure that the scheduler can use it.
    func store(_ value: SecretValue?, for change: Change) async throws {
        guard let value, case .set(let reference) = change, let name = KeptSecrets.name(of: reference),
            let vault = call.api.vault
        else { return }
        do {
            try await vault.set(value, named: name)
            if try await call.scheduler.secrets.secret(named: name) == value { return }
        } catch {
            await discard(change)
            throw error
        }
        await discard(change)
        throw APIError(
            .internalError, "The vault of the API is not the scheduler's: give the scheduler the same one as secrets.")
    }

    /// Deletes the new value of a change that was not made.
    ///
    /// - Parameter error: Why it was not made. After one that leaves open whether it was, the value stays: a job may
    ///   need it.
    func discard(_ change: Change, after error: (any Error)? = nil) async {
        guard case .set(let reference) = change, let name = KeptSecrets.name(of: reference),
            let vault = call.api.vault
        else { return }
        if let error {
            guard let told = APIError(telling: error), told.kind != .unavailable, told.kind != .internalError else {
                return
            }
        }
        await call.clearAway { _ = try await vault.deleteSecret(named: name) }
    }

    /// Deletes the values that a job no longer holds, but those that another job holds.
    ///
    /// An unfinished execution may still tell its end by an earlier reference, which then has the new value, or keeps
    /// its own if there is no new one: that goes with the job.
    ///
    /// - Parameters:
    ///   - present: The reference that the job held before.
    ///   - id: The job.
    ///   - value: The value that took its place, or `nil` if none did.
    func retire(_ present: String?, of id: JobID, for value: SecretValue?) async {
        guard let vault = call.api.vault else { return }
        await call.clearAway {
            let job = try await call.scheduler.job(id)
            var earlier = try await call.keptSecrets(of: job)
            if let present, KeptSecrets.name(of: present) != nil { earlier.insert(present) }
            earlier.subtract(KeptSecrets.references(in: job.definition))
            let live = ExecutionQuery(jobID: id, statuses: [.queued, .running, .waiting], limit: 1)
            guard try await !call.scheduler.executions(live).items.isEmpty else { return await call.forget(earlier) }
            guard let value else { return }
            for name in try await call.unheld(earlier).compactMap(KeptSecrets.name).sorted() {
                guard try await vault.secret(named: name) != nil else { continue }
                try await vault.set(value, named: name)
            }
        }
    }

    /// Copies the value behind a reference that the API made, for a job that is cloned.
    func copy(_ reference: String?) async throws -> Change {
        guard let name = reference.flatMap(KeptSecrets.name), let vault = call.api.vault,
            let value = try await vault.secret(named: name)
        else { return .keep }
        let copy = Change.set(newReference())
        try await store(value, for: copy)
        return copy
    }

    private func newReference() -> String {
        KeptSecrets.reference(BatchID(bits: call.scheduler.makeID()).description)
    }
}
