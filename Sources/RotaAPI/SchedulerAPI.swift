import Foundation
public import Rota
import RotaCore
import RotaHTTP
import RotaStore

/// An HTTP API over a scheduler: a function from request to response, for any web framework to mount.
///
/// ```swift
/// let api = SchedulerAPI(
///     scheduler, as: .trigrun, authorize: APIAccess.bearer(["test-token": .allow(actor: "ci")]))
/// let response = await api.respond(
///     to: APIRequest(method: "GET", target: "/v1/jobs", headers: [("Authorization", "Bearer test-token")]))
/// print(response.status)  // 200
/// ```
///
/// Besides the profile's routes it has Rota's own under `/_rota/`: what the services lack, and the page.
public struct SchedulerAPI: Sendable {
    private let context: APIContext
    private let format: any APIFormat
    private let authorize: @Sendable (APIRequest, APIOperation) async -> APIAccess
    private let table: RouteTable

    /// Creates an API.
    ///
    /// - Parameters:
    ///   - scheduler: The scheduler. It need not run in this process: the API only needs its store.
    ///   - profile: Whose API it speaks.
    ///   - prefix: The path at which the framework mounts the API, such as `/rota`. Paths outside it are not found.
    ///   - vault: Keeps the secrets that clients send as they are. Without one such requests are refused, and only
    ///     references such as `secret://name` are taken.
    ///   - bodyLimit: The longest body that is read, in bytes. The default is 1 MiB.
    ///   - timeLimit: How long a request may take that walks over many records. The default is 30 seconds.
    ///   - report: Called with errors that are not shown to the client, to log them.
    ///   - authorize: Says what the caller may do. It is asked before the body is read, for every operation that has a
    ///     scope.
    public init(
        _ scheduler: Scheduler, as profile: APIProfile, under prefix: String = "", vault: (any SecretVault)? = nil,
        bodyLimit: Int = 1 << 20, timeLimit: Duration = .seconds(30),
        report: @escaping @Sendable (any Error, APIRequest) -> Void = { _, _ in },
        authorize: @escaping @Sendable (APIRequest, APIOperation) async -> APIAccess
    ) {
        format = profile.format
        table = RouteTable(profile.format.routes + NativeFormat(service: profile.format.service).routes)
        self.authorize = authorize
        context = APIContext(
            scheduler: scheduler, profile: profile.description, prefix: prefix.split(separator: "/").map(String.init),
            vault: vault, log: scheduler.sharedEventLog, bodyLimit: max(0, bodyLimit), timeLimit: timeLimit,
            report: report,
            routes: table.routes)
    }

    /// The header field by which clients tell an answer of the API from that of any other server, and its value.
    ///
    /// Every answer has it, refusals too.
    package static let mark = (name: "Rota-API", value: "1")

    /// All that the API can do, the profile's operations first.
    public var operations: [APIOperation] {
        (table.routes.filter { !$0.isOwn } + table.routes.filter(\.isOwn)).map(\.operation)
    }

    /// Answers a request.
    ///
    /// It never throws: errors are part of the answer, in the profile's form. An error that the API does not
    /// expect is answered with status 500 and the request's identifier only, and passed to `report`.
    @concurrent
    public func respond(to request: APIRequest) async -> APIResponse {
        let requestID = Self.requestID(of: request) ?? context.scheduler.makeRequestID()
        var format = format
        var response: APIResponse
        do {
            let target = try RequestTarget(request.target)
            guard target.segments.starts(with: context.prefix) else {
                throw APIError(.notFound, "There is no such path.")
            }
            let path = target.segments.dropFirst(context.prefix.count)
            if path.first == Route.ownRoot { format = NativeFormat(service: format.service) }
            let (route, parameters) = try table.route(request.method, path)
            try refuseForeignPage(request)
            let query = Query(target.query)
            if route.isOwn { try query.refuseOthers(than: route.query.map(\.name)) }
            let caller = try await allow(request, route.operation)
            let call = APICall(
                api: context, request: request, operation: route.operation, caller: caller, parameters: parameters,
                query: query, json: try body(of: request), now: context.scheduler.now,
                requestID: requestID, ids: format.ids, obeys: route.obeys)
            response = format.finish(try await route.handler(call), of: call)
            if call.repetition.isKnown { response.headers["Idempotency-Replayed"] = "true" }
        } catch {
            let told = APIError(telling: error)
            if APIError.hides(error, told: told) { context.report(error, request) }
            response = format.response(to: told ?? Self.unexpected(requestID), requestID: requestID)
            for field in told?.headers.fields ?? [] { response.headers.set(field) }
        }
        return Self.completed(response, to: request, requestID)
    }

    /// Answers a request that the server refuses before the API sees it, in the profile's form.
    ///
    /// - Parameters:
    ///   - request: The request, as far as it could be read.
    ///   - status: The status to answer with.
    ///   - code: A word for programs, such as `bad_request`.
    ///   - message: A sentence for people.
    package func refusal(of request: APIRequest, _ status: Int, _ code: String, _ message: String) -> APIResponse {
        let requestID = Self.requestID(of: request) ?? context.scheduler.makeRequestID()
        var format = format
        if let path = (try? RequestTarget(request.target))?.segments, path.starts(with: context.prefix),
            path.dropFirst(context.prefix.count).first == Route.ownRoot
        {
            format = NativeFormat(service: format.service)
        }
        let error = APIError(.other(status), code: code, message)
        return Self.completed(format.response(to: error, requestID: requestID), to: request, requestID)
    }

    /// The answer with the fields that all answers have, and without a body if the request is a HEAD.
    private static func completed(_ answer: APIResponse, to request: APIRequest, _ requestID: String) -> APIResponse {
        var response = answer
        response.headers["X-Request-Id"] = requestID
        response.headers[mark.name] = mark.value
        if response.headers["Cache-Control"] == nil { response.headers["Cache-Control"] = "no-store" }
        response.headers["X-Content-Type-Options"] = "nosniff"
        if request.method == "HEAD" {
            response.headers["Content-Length"] = "\(response.body.count)"
            response.body = Data()
        }
        return response
    }

    private static func unexpected(_ requestID: String) -> APIError {
        APIError(.internalError, "Something unexpected went wrong. Its request identifier is \(requestID).")
    }

    /// The identifier that the client or a proxy gave the request, if it can be shown.
    private static func requestID(of request: APIRequest) -> String? {
        guard let text = request.headers["X-Request-Id"], (1...128).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        return text
    }

    private func allow(_ request: APIRequest, _ operation: APIOperation) async throws(APIError) -> Caller {
        guard let scope = operation.scope else { return Caller(actor: nil, scopes: []) }
        switch await authorize(request, operation).decision {
        case .allowed(let actor, let scopes):
            let caller = Caller(actor: actor.map { $0.prefix(scalars: 255) }, scopes: scopes)
            guard caller.may(scope) else {
                throw APIError(
                    .lacksScope, "The token does not allow this: it lacks the scope \"\(scope.rawValue)\".")
            }
            return caller
        case .refused(let status, let code, let message):
            let kind: APIError.Kind =
                switch status {
                case 401: .unauthorized
                case 403: .forbidden
                case 429: .tooMany
                default: .other(status)
                }
            var error = APIError(kind, code: code, message)
            error.isVerbatim = true
            throw status == 401 ? error.with(header: "WWW-Authenticate", "Bearer") : error
        }
    }

    /// Refuses a change that a page of another site has the browser send.
    ///
    /// A server that asks for no token would do it. One that does is safe, since no other site knows the token, and may
    /// have pages of its own elsewhere.
    private func refuseForeignPage(_ request: APIRequest) throws(APIError) {
        guard request.headers["Authorization"] == nil, request.method != "GET", request.method != "HEAD" else { return }
        let host = Self.authority(of: "//" + (request.headers["Host"] ?? ""))
        let isForeign =
            request.headers["Origin"].map { Self.authority(of: $0) != host }
            ?? ["cross-site", "same-site"].contains(request.headers["Sec-Fetch-Site"]?.lowercased())
        guard !isForeign else { throw APIError(.forbidden, "A page of another site may not change anything here.") }
    }

    /// The host and port of an origin, without a port that goes without saying.
    private static func authority(of origin: String) -> String {
        var place = origin.lowercased()
        if let slashes = place.range(of: "//") { place = String(place[slashes.upperBound...]) }
        for port in [":80", ":443"] where place.hasSuffix(port) { place.removeLast(port.count) }
        return place
    }

    /// Reads the body as JSON.
    private func body(of request: APIRequest) throws(APIError) -> JSONValue? {
        guard !request.body.isEmpty, request.method != "GET", request.method != "HEAD" else { return nil }
        guard request.body.count <= context.bodyLimit else {
            throw APIError(.tooLarge, "The body may have at most \(context.bodyLimit) bytes.")
        }
        if let type = request.headers["Content-Type"] {
            let media = type.prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces).lowercased()
            guard media == "application/json" || media.hasSuffix("+json") else {
                throw APIError(.unsupportedMedia, "Send the body as JSON, with Content-Type: application/json.")
            }
        }
        do {
            return try JSONValue(parsing: Array(request.body))
        } catch {
            throw APIError(.malformed, "The body is not JSON: \(error.message).")
        }
    }
}

extension Scheduler {
    /// Creates an identifier for a request.
    fileprivate nonisolated func makeRequestID() -> String { BatchID(bits: makeID()).description }
}
