import RotaHTTP
import RotaProfiles

struct StraitFormat: APIFormat {
    let service = ServiceProfile.strait
    let basePath = "/v1"
    /// Whether lists are objects with the items in `data`, and not bare arrays.
    let envelopesLists: Bool

    func response(to error: APIError, requestID: String) -> APIResponse {
        .json(["error": .string(error.message)], status: error.status)
    }

    var routes: [Route] { [] }
}
