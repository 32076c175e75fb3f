import RotaHTTP
import RotaProfiles

struct InfraiFormat: APIFormat {
    let service = ServiceProfile.infrai
    let basePath = "/v1"

    func response(to error: APIError, requestID: String) -> APIResponse {
        .json(["error": .string(error.message)], status: error.status)
    }

    var routes: [Route] { [] }
}
