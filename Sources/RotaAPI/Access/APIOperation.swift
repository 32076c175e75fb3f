/// A permission of a caller.
public enum APIScope: String, Sendable, Hashable, CaseIterable, Codable {
    /// List and read jobs, executions and everything about them.
    case read
    /// Create, change and delete jobs, and everything that `trigger` allows.
    case write
    /// Start, replay, cancel and answer executions.
    case trigger
}

/// One thing that the API can do, by its route.
///
/// ```swift
/// let api = SchedulerAPI(scheduler, as: .trigrun) { _, _ in .open }
/// for operation in api.operations { print(operation.method, operation.path, operation.summary) }
/// ```
public struct APIOperation: Sendable, Hashable, Identifiable, CustomStringConvertible {
    /// The name, unique within an API, such as `createJob`.
    public let id: String
    /// The method, such as `POST`.
    public let method: String
    /// The path with parameters in braces, such as `/v1/jobs/{id}/pause`.
    public let path: String
    /// A few words that say what the operation does.
    public let summary: String
    /// The permission that a caller needs, or `nil` if anybody may: the page, and whether the server is up.
    public let scope: APIScope?

    /// The method and path.
    public var description: String { "\(method) \(path)" }
}

/// An allowed caller: its name and its permissions.
struct Caller: Sendable, Hashable {
    var actor: String?
    var scopes: Set<APIScope>

    func may(_ scope: APIScope?) -> Bool {
        guard let scope else { return true }
        return scopes.contains(scope) || scope == .trigger && scopes.contains(.write)
    }
}
