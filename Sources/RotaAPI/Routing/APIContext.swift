import Rota
import RotaHTTP

/// All that handlers share: the scheduler behind the API, and its limits.
struct APIContext: Sendable {
    let scheduler: Scheduler
    /// The service's name.
    let profile: String
    /// The segments of the path at which the API is mounted.
    let prefix: [String]
    let vault: (any SecretVault)?
    let log: EventLog
    let bodyLimit: Int
    let timeLimit: Duration
    let report: @Sendable (any Error, APIRequest) -> Void
    /// The routes that are served, for their description.
    let routes: [Route]
}
