import RotaHTTP
import RotaProfiles

struct StraitFormat: APIFormat {
    let service = ServiceProfile.strait
    let basePath = "/v1"
    let lists: APIProfile.ListForm

    func response(to error: APIError, requestID: String) -> APIResponse {
        .json(["error": .string(error.message)], status: error.status)
    }

    var routes: [Route] { [] }
}
