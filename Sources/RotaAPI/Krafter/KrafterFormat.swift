import RotaHTTP
import RotaProfiles

struct KrafterFormat: APIFormat {
    let service = ServiceProfile.krafter
    let basePath = "/v1"

    func response(to error: APIError, requestID: String) -> APIResponse {
        .json(["error": .string(error.message)], status: error.status)
    }

    var routes: [Route] { [] }
}
