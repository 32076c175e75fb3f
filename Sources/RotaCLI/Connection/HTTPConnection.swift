import Foundation
import Rota
import RotaAPI
import RotaCore
import RotaHTTP

/// Sends requests to a server.
struct HTTPConnection: Sendable {
    /// The URL before `/_rota/`, without a slash at its end.
    let base: String
    private let token: String?
    private let timeout: Duration
    private let transport: any HTTPTransport

    /// The server that `rota serve` starts by default.
    static let standard = "http://127.0.0.1:8484"

    /// - Throws: ``Failure`` if the URL is none.
    init(
        _ url: String, token: String?, timeout: Duration = .seconds(60),
        transport: some HTTPTransport = AutomaticTransport(
            addressPolicy: .unrestricted, responseLimit: .refusing(over: 256 << 20))
    ) throws(Failure) {
        var base = url.trimmingCharacters(in: .whitespaces)
        while base.hasSuffix("/") { base.removeLast() }
        if base.hasSuffix("/_rota") { base.removeLast(6) }
        if !base.contains("://") { base = "http://" + base }
        guard let parsed = URL(string: base), parsed.host?.isEmpty == false,
            ["http", "https"].contains(parsed.scheme?.lowercased())
        else { throw .usage("\"\(url)\" is not the URL of a server. Write http://127.0.0.1:8484.") }
        self.base = base
        self.token = token
        self.timeout = timeout
        self.transport = transport
    }

    /// - Parameter extra: How long the server is asked to wait, besides the time that an answer may take.
    func respond(to request: APIRequest, waiting extra: Duration = .zero) async throws -> APIResponse {
        guard let url = URL(string: base + request.target) else {
            throw Failure(.usage, "\"\(base)\" is not the URL of a server.")
        }
        var headers = request.headers
        headers["User-Agent"] = "rota/\(Version.text)"
        if let token { headers.set(.init("Authorization", "Bearer " + token, isSensitive: true)) }
        do {
            let sent = try HTTPRequest(
                method: HTTPMethod(request.method), url: url, headers: headers,
                body: request.body.isEmpty ? .none : .bytes(request.body),
                timeout: min(timeout + extra, .seconds(3_600)))
            let response = try await transport.send(sent)
            return APIResponse(status: response.status, headers: response.headers, body: response.body)
        } catch let error as TransportError {
            throw unreachable(error)
        } catch let error as HTTPRequestError {
            throw Failure(.usage, "The request cannot be sent: \(error.description)")
        }
    }

    private func unreachable(_ error: TransportError) -> Failure {
        let advice =
            error.code == .connectionRefused
            ? " Start a server with \"rota serve\", or name one with --url or ROTA_URL." : ""
        return Failure(.unreachable, "\(base) cannot be reached: \(error.code.words).\(advice)")
    }
}

/// The version of the program.
enum Version {
    /// The version by Semantic Versioning: that of the next release with `-dev`, until it is released.
    ///
    /// The heading of the changelog's first section names it too.
    static let text = "0.1.0-dev"
}
