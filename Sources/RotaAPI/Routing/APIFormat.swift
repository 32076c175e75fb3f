import RotaProfiles

/// The differences between the services: their routes, which read and write their JSON, and the form of their errors.
protocol APIFormat: Sendable {
    var service: ServiceProfile { get }
    var basePath: String { get }
    var ids: IdentifierForm { get }
    var routes: [Route] { get }

    /// Tells a refusal in the service's form, with its status.
    func response(to error: APIError, requestID: String) -> APIResponse

    /// Puts the service's envelope around what a route answers.
    func finish(_ response: APIResponse, of call: APICall) -> APIResponse
}

extension APIFormat {
    var ids: IdentifierForm { .uuid }
    func finish(_ response: APIResponse, of call: APICall) -> APIResponse { response }
}
