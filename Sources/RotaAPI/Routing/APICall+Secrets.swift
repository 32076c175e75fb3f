import Rota
import RotaHTTP
import RotaStore

/// The values that clients sent to be kept, behind references that the API made.
enum KeptSecrets {
    private static let scheme = "secret://"
    private static let prefix = "strait-webhook-"

    /// The reference to a value that is kept under a name of its own.
    static func reference(_ suffix: String) -> String { scheme + prefix + suffix }

    /// The name behind a reference that the API made, or `nil` if it made none such.
    static func name(of reference: String) -> String? {
        guard reference.hasPrefix(scheme + prefix) else { return nil }
        return String(reference.dropFirst(scheme.count))
    }

    /// The references of a definition's webhooks that the API made.
    static func references(in definition: JobDefinition) -> Set<String> {
        Set(
            definition.notifications.compactMap { rule in
                guard case .webhook(_, let secret?) = rule.channel, name(of: secret) != nil else { return nil }
                return secret
            })
    }

    /// Whether a definition uses a reference, wherever it may stand.
    static func isUsed(_ reference: String, in definition: JobDefinition) -> Bool {
        let request = definition.action.request
        return references(in: definition).contains(reference) || request?.signature == reference
            || request?.headers.fields.contains { $0.value.contains(reference) } ?? false
    }
}

extension APICall {
    /// The references that a job holds or held, as far as its versions are kept.
    func keptSecrets(of job: Job) async throws -> Set<String> {
        guard api.vault != nil else { return [] }
        return try await scheduler.versions(of: job.id)
            .reduce(into: KeptSecrets.references(in: job.definition)) {
                $0.formUnion(KeptSecrets.references(in: $1.definition))
            }
    }

    /// The references that a job holds or held; none if there is no such job.
    func keptSecrets(of id: JobID) async throws -> Set<String> {
        guard api.vault != nil, let job = try await scheduler.store.job(id) else { return [] }
        return try await keptSecrets(of: job)
    }

    /// Of some references, those that no job holds.
    func unheld(_ references: Set<String>) async throws -> Set<String> {
        guard !references.isEmpty else { return [] }
        var left = references
        _ = try await allJobs { job in
            left = left.filter { !KeptSecrets.isUsed($0, in: job.definition) }
            return false
        }
        return left
    }

    /// Deletes the values behind references, but those that a job still holds.
    ///
    /// The client's request is done by then, so a failure is reported to the server and leaves a value behind.
    func forget(_ references: Set<String>) async {
        guard let vault = api.vault, !references.isEmpty else { return }
        do {
            for name in try await unheld(references).compactMap(KeptSecrets.name).sorted() {
                _ = try await vault.deleteSecret(named: name)
            }
        } catch { api.report(error, request) }
    }
}
