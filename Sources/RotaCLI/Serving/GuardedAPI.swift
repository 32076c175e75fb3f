import Foundation
import RotaAPI
import RotaHTTP
import RotaServer

/// The API as a server asks it: behind the guard, with refusals of both in the form of the profile.
struct GuardedAPI: Sendable {
    let api: SchedulerAPI
    let requests: RequestGuard
    /// The present, for the field `Date`.
    let now: @Sendable () -> Date

    func respond(to request: ServerRequest) async -> ServerResponse {
        let asked = APIRequest(
            method: request.method, target: request.target, headers: request.headers.pairs, body: request.body)
        if let refusal = requests.refusal(of: request) { return response(to: asked, refusal) }
        return dated(await api.respond(to: asked))
    }

    /// Answers a request that the server could not read, or did not want.
    ///
    /// The server leaves out the body itself if the request was a HEAD.
    func refuse(_ refusal: ServerRefusal) -> ServerResponse {
        response(
            to: APIRequest(method: "GET", target: refusal.target ?? "/", headers: refusal.headers.pairs), refusal)
    }

    private func response(to request: APIRequest, _ refusal: ServerRefusal) -> ServerResponse {
        dated(api.refusal(of: request, refusal.status, refusal.code, refusal.message))
    }

    private func dated(_ answer: APIResponse) -> ServerResponse {
        var response = ServerResponse(status: answer.status, headers: answer.headers, body: answer.body)
        response.headers["Date"] = HTTPDate.text(now())
        return response
    }
}
