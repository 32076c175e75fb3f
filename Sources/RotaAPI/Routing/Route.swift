import RotaCore
import RotaHTTP
import RotaProfiles

/// A row of the route table: how a request is recognized, and the handler that answers it.
struct Route: Sendable {
    typealias Handler = @Sendable (APICall) async throws -> APIResponse

    var operation: APIOperation
    var query: [QueryParameter]
    /// The JSON Schema of the body, or `nil` if the route has none.
    var body: JSONValue?
    /// The JSON Schema of the answer, or `nil` if it has no body.
    var answer: JSONValue?
    /// The media type of the answer.
    var answerType: String
    /// The status of success.
    var status: Int
    /// Whether a request with a used idempotency key is answered with 200, instead of another status of success.
    var isRepeatable: Bool
    /// The header fields that the route obeys.
    var obeys: Conditions
    var handler: Handler
    let segments: [Segment]

    /// Header fields that say whether, or how often, a request is to be done.
    ///
    /// A handler reads them through ``APICall``, which shows it those of its route alone, and `openapi.json` lists the
    /// same: what is described is what is obeyed.
    struct Conditions: OptionSet, Sendable, Hashable {
        let rawValue: Int

        /// `Idempotency-Key`: a repeated request is answered like the first one with the key.
        static let key = Conditions(rawValue: 1)
        /// `If-Match`: the request is refused if the job has another revision.
        static let match = Conditions(rawValue: 2)
    }

    enum Segment: Sendable, Hashable {
        case text(String)
        case parameter(String)
    }

    init(
        _ method: HTTPMethod, _ path: String, _ id: String, _ scope: APIScope?, _ summary: String,
        query: [QueryParameter] = [], body: JSONValue? = nil, answer: JSONValue? = nil,
        answerType: String = "application/json", status: Int = 200, isRepeatable: Bool = false,
        obeys: Conditions = [], _ handler: @escaping Handler
    ) {
        operation = APIOperation(id: id, method: method.rawValue, path: path, summary: summary, scope: scope)
        (self.query, self.body, self.handler) = (query, body, handler)
        (self.answer, self.answerType, self.status, self.isRepeatable) = (answer, answerType, status, isRepeatable)
        self.obeys = obeys
        segments = path.split(separator: "/").map { part in
            part.hasPrefix("{") ? .parameter(String(part.dropFirst().dropLast())) : .text(String(part))
        }
    }

    /// The first segment of the paths of Rota's own routes.
    ///
    /// No service has a route that begins so.
    static let ownRoot = "_rota"

    /// Whether the route is one of Rota's own, and no service's.
    var isOwn: Bool { segments.first == .text(Self.ownRoot) }

    /// The number of parameters in the path.
    var parameterCount: Int { segments.count { if case .parameter = $0 { true } else { false } } }

    /// The values of the path's parameters, or `nil` if the path is another one.
    func match(_ path: ArraySlice<String>) -> [String: String]? {
        guard path.count == segments.count else { return nil }
        var values: [String: String] = [:]
        for (segment, given) in zip(segments, path) {
            switch segment {
            case .text(let text): guard text == given else { return nil }
            case .parameter(let name): values[name] = given
            }
        }
        return values
    }
}

/// The routes of an API.
///
/// Those with fewer parameters come first: `/jobs/batch` is no job called "batch".
struct RouteTable: Sendable {
    let routes: [Route]

    init(_ routes: [Route]) {
        self.routes = routes.enumerated().sorted {
            ($0.element.parameterCount, $0.offset) < ($1.element.parameterCount, $1.offset)
        }.map(\.element)
    }

    /// Finds the route of a request.
    ///
    /// - Throws: `notFound`, or `methodNotAllowed` with the methods that the path has.
    func route(_ method: String, _ path: ArraySlice<String>) throws(APIError) -> (Route, parameters: [String: String]) {
        let wanted = method == "HEAD" ? "GET" : method
        var allowed: [String] = []
        for route in routes {
            guard let parameters = route.match(path) else { continue }
            if route.operation.method == wanted { return (route, parameters) }
            allowed.append(route.operation.method)
            if route.operation.method == "GET" { allowed.append("HEAD") }
        }
        guard !allowed.isEmpty else {
            throw APIError(.notFound, "There is no such path. GET /_rota/openapi.json lists them all.")
        }
        throw APIError(.methodNotAllowed, "The path has no \(method.prefix(scalars: 16)).")
            .with(header: "Allow", Set(allowed).sorted().joined(separator: ", "))
    }
}

/// The differences between the services: their routes, which read and write their JSON, and the form of their errors.
protocol APIFormat: Sendable {
    var service: ServiceProfile { get }
    var basePath: String { get }
    var ids: IdentifierForm { get }
    var routes: [Route] { get }

    /// Puts a refusal in the service's form, with its status.
    func response(to error: APIError, requestID: String) -> APIResponse

    /// Puts the service's envelope around what a route answers.
    func finish(_ response: APIResponse, of call: APICall) -> APIResponse
}

extension APIFormat {
    var ids: IdentifierForm { .uuid }
    func finish(_ response: APIResponse, of call: APICall) -> APIResponse { response }
}
