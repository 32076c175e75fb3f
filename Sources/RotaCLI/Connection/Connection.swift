import Foundation
import RotaAPI
import RotaCore
import RotaHTTP

/// The server or the folder that answers a command's requests.
///
/// Commands use Rota's own routes alone, so they work with servers of every profile.
struct Connection: Sendable {
    /// Answers a request, which may take so much longer than others.
    typealias Responder = @Sendable (_ request: APIRequest, _ extra: Duration) async throws -> APIResponse

    /// Where it leads, for messages.
    let place: String
    /// The folder that it reads, or `nil` if a server answers.
    let folder: FolderConnection?
    private let respond: Responder

    /// A connection to a server.
    init(to place: String, respond: @escaping Responder) {
        self.place = place
        self.respond = respond
        folder = nil
    }

    /// A connection to a folder.
    init(to folder: FolderConnection, at path: String) {
        place = path
        self.folder = folder
        respond = { request, _ in try await folder.respond(to: request) }
    }

    func close() async throws { try await folder?.close() }

    /// Refuses what only a running server knows or does.
    ///
    /// - Parameter what: The beginning of the sentence, such as `rota tail`.
    func requireServer(for what: String, _ why: String) throws(Failure) {
        guard folder != nil else { return }
        throw .usage(
            "\(what) needs a server: \(why). Start one with \"rota serve --store \(place)\", and leave --store out.")
    }

    /// Sends a request to a route of Rota's own, and returns the JSON of the answer.
    ///
    /// - Parameters:
    ///   - path: The segments after `/_rota/`, not encoded.
    ///   - query: Names and values. Those of `nil` are left out.
    ///   - extra: How much longer than others the request may take.
    /// - Throws: ``Failure`` for every answer that is no success.
    func send(
        _ method: String, _ path: [String], query: [(String, String?)] = [], headers: [(String, String)] = [],
        body: JSONValue? = nil, waiting extra: Duration = .zero
    ) async throws -> JSONValue {
        let response = try await answer(method, path, query: query, headers: headers, body: body, waiting: extra)
        guard !response.body.isEmpty else { return .null }
        guard let json = try? JSONValue(parsing: Array(response.body)) else { throw strange(response) }
        return json
    }

    func get(_ path: String..., query: [(String, String?)] = []) async throws -> JSONValue {
        try await send("GET", path, query: query)
    }

    func post(_ path: String..., body: JSONValue = .object([])) async throws -> JSONValue {
        try await send("POST", path, body: body)
    }

    /// Returns the text of an answer that is not JSON.
    func text(_ path: String...) async throws -> String {
        String(decoding: try await answer("GET", path, query: [], body: nil, waiting: .zero).body, as: UTF8.self)
    }

    private func answer(
        _ method: String, _ path: [String], query: [(String, String?)], headers given: [(String, String)] = [],
        body: JSONValue?, waiting extra: Duration
    ) async throws -> APIResponse {
        // The first would be no segment at all, and the others lead elsewhere.
        if let odd = path.first(where: { ["", ".", ".."].contains($0) }) {
            throw Failure.usage("\"\(odd)\" names nothing.")
        }
        var target = "/_rota/" + path.map(PercentEncoding.encode).joined(separator: "/")
        let items = query.compactMap { name, value in value.map { "\(name)=\(PercentEncoding.encode($0))" } }
        if !items.isEmpty { target += "?" + items.joined(separator: "&") }
        var headers = given + [("Accept", "application/json")]
        if body != nil { headers.append(("Content-Type", "application/json")) }
        let response = try await respond(
            APIRequest(method: method, target: target, headers: headers, body: body.map { Data($0.text.utf8) }), extra)
        // Any server of the web may answer 200 to anything, with JSON.
        guard response.headers[SchedulerAPI.mark.name] != nil else { throw strange(response) }
        guard (200...299).contains(response.status) else { throw failure(response) }
        return response
    }

    private func failure(_ response: APIResponse) -> Failure {
        guard let json = try? JSONValue(parsing: Array(response.body)), let error = json["error"],
            let message = error["message"]?.string ?? error.string
        else { return strange(response) }
        var failure = Failure(Self.exit(response.status), code: error["code"]?.string, message)
        failure.details = (error["details"]?.elements ?? []).compactMap { detail in
            guard let text = detail["message"]?.string else { return nil }
            return Failure.Detail(field: detail["field"]?.string ?? "", message: text)
        }
        failure.requestID = error["request_id"]?.string
        return failure
    }

    private func strange(_ response: APIResponse) -> Failure {
        Failure(
            response.status == 401 || response.status == 403 ? .notAllowed : .unreachable, code: "unexpected_answer",
            "\(place) answered with status \(response.status), and not as a Rota server does. Is the URL right?")
    }

    private static func exit(_ status: Int) -> ExitCode {
        switch status {
        case 401, 402, 403, 421: .notAllowed
        case 404: .notFound
        case 409, 412: .conflict
        case 502, 503, 504: .unreachable
        case 400...499, 501: .refused
        default: .failed
        }
    }
}
