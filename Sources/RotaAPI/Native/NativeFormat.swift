import RotaHTTP
import RotaProfiles

/// Rota's own routes, which every profile has beside its own: what the services lack.
struct NativeFormat: APIFormat {
    let service: ServiceProfile
    let basePath = "/_rota"

    func response(to error: APIError, requestID: String) -> APIResponse {
        .json(["error": error.record(requestID: requestID)], status: error.status)
    }

    var routes: [Route] {
        NativeJobs.routes + NativeJobs.actions + NativeDependencies.routes + NativeExecutions.routes
            + NativeSchedules.routes + NativeSystem.routes + NativeCalendars.routes + NativeBulk.routes + Page.routes
    }
}
