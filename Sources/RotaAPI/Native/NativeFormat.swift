import Foundation
import Rota
import RotaCore
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

    /// One form of errors for all.
    func response(to error: APIError, requestID: String) -> APIResponse {
        let details: [JSONValue] = error.details.map {
            .record([("field", .string($0.field)), ("message", .string($0.message))])
        }
        return .json(
            [
                "error": .record([
                    ("code", .string(error.word)), ("message", .string(error.message)),
                    ("details", details.isEmpty ? nil : .array(details)), ("request_id", .string(requestID)),
                ])
            ], status: error.status)
    }

    var routes: [Route] { [] }
}
