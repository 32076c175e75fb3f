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

    /// Refuses a definition that newly holds one of some references without a value.
    ///
    /// - Parameters:
    ///   - missing: The references that the server has no value for.
    ///   - definition: The new definition.
    ///   - present: The definition that the job has, which may keep what it holds.
    ///   - place: Where the new definition stands in the body.
    static func refuse(
        _ missing: Set<String>, in definition: JobDefinition, of present: JobDefinition?, at place: String
    ) throws(APIError) {
        let new = references(in: definition).subtracting(present.map(references) ?? [])
        guard let one = new.intersection(missing).min() else { return }
        throw .invalid(
            "\(place).notifications",
            "\(place).notifications refers to \(one), which the server has no longer, or never had: a secret that was "
                + "kept for a job goes when another takes its place. Export or read the job again, or give the name of a "
                + "secret that the server has: secret://name.")
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
        // The request may have used up its time, and what it deleted must still be cleared away.
        var query = JobQuery(limit: 1_000)
        repeat {
            let page = try await scheduler.jobs(query)
            for job in page.items { left = left.filter { !KeptSecrets.isUsed($0, in: job.definition) } }
            query.after = page.next
        } while query.after != nil && !left.isEmpty
        return left
    }

    /// Clears away what a change that was made, or was not, has left, whether or not the client still waits.
    ///
    /// A failure is reported to the server, since it says nothing about the change.
    func clearAway(_ body: @escaping @Sendable () async throws -> Void) async {
        let task = Task {
            do { try await body() } catch { api.report(error, request) }
        }
        await task.value
    }

    /// Refuses a definition that refers to a value that was kept for a job and is gone.
    ///
    /// - Parameters:
    ///   - definition: The new definition.
    ///   - present: The definition that the job has, which may keep what it holds.
    ///   - place: Where the new definition stands in the body.
    func checkSecrets(in definition: JobDefinition, of present: JobDefinition? = nil, at place: String) async throws {
        let new = KeptSecrets.references(in: definition).subtracting(present.map(KeptSecrets.references) ?? [])
        try await KeptSecrets.refuse(missing(new), in: definition, of: present, at: place)
    }

    /// Of the references in a change of a job's notifications, those that the job does not hold and the server has no
    /// value for.
    func missingSecrets(in notifications: JSONValue?, of present: JobDefinition) async throws -> Set<String> {
        guard let notifications else { return [] }
        var changed = present
        // A mistake is reported with the change.
        guard let rules = try? notifications.decode([NotificationRule].self, at: "definition.notifications") else {
            return []
        }
        changed.notifications = rules
        return try await missing(KeptSecrets.references(in: changed).subtracting(KeptSecrets.references(in: present)))
    }

    private func missing(_ references: Set<String>) async throws -> Set<String> {
        var missing: Set<String> = []
        for reference in references {
            guard let name = KeptSecrets.name(of: reference) else { continue }
            if try await scheduler.secrets.secret(named: name) == nil { missing.insert(reference) }
        }
        return missing
    }

    /// Deletes the values behind references, but those that a job still holds.
    ///
    /// The client's request is done by then, so a failure leaves a value behind.
    func forget(_ references: Set<String>) async {
        guard let vault = api.vault, !references.isEmpty else { return }
        await clearAway {
            for name in try await unheld(references).compactMap(KeptSecrets.name).sorted() {
                _ = try await vault.deleteSecret(named: name)
            }
        }
    }
}
