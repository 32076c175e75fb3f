import Rota
import RotaHTTP
import RotaProfiles
import RotaStore

/// Rota's own routes, which every profile has beside its own: what the services lack.
struct NativeFormat: APIFormat {
    /// The first segment of their paths.
    ///
    /// No service has a route that begins so.
    static let root = "_rota"

    let profile: APIProfile
    var service: ServiceProfile { profile.format.service }
    let basePath = "/_rota"

    func response(to error: APIError, requestID: String) -> APIResponse {
        .json(["error": error.record(requestID: requestID)], status: error.status)
    }

    var routes: [Route] {
        NativeJobs.routes + NativeJobs.actions + NativeExecutions.routes + NativeSchedules.routes + NativeSystem.routes
            + NativeBulk.routes
    }
}

extension APIError {
    /// The error as TrigRun and Rota's own routes show it.
    func record(requestID: String) -> JSONValue {
        let details: [JSONValue] = details.map {
            .record([("field", .string($0.field)), ("message", .string($0.message))])
        }
        return .record([
            ("code", .string(word)), ("message", .string(message)),
            ("details", details.isEmpty ? nil : .array(details)), ("request_id", .string(requestID)),
        ])
    }
}
