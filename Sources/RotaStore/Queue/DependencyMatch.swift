/// Which execution of another job decides whether one that depends on it may start.
package enum DependencyMatch: Sendable, Hashable {
    /// The one that was requested with the same idempotency key.
    case idempotencyKey(String)
    /// The one with the same dependency key that ended last.
    case dependencyKey(String)
    /// The one that ended last.
    case latest

    /// The key, if there is one.
    package var key: String? {
        switch self {
        case .idempotencyKey(let key), .dependencyKey(let key): key
        case .latest: nil
        }
    }
}

extension ExecutionDetails {
    /// Which executions of other jobs decide, if the job depends on them.
    package var dependencyMatch: DependencyMatch {
        if let idempotencyKey { return .idempotencyKey(idempotencyKey) }
        return dependencyKey.map { .dependencyKey($0) } ?? .latest
    }
}
