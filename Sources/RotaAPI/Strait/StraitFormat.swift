import Rota
import RotaHTTP
import RotaProfiles
import RotaStore

/// Strait's API: bare records, lists with a cursor, errors with the request's identifier.
struct StraitFormat: APIFormat {
    let service = ServiceProfile.strait
    let basePath = "/v1"
    /// Whether lists are objects with the items in `data`, and not bare arrays.
    let envelopesLists: Bool

    func response(to error: APIError, requestID: String) -> APIResponse {
        let text: JSONValue =
            error.details.isEmpty
            ? .string(error.message)
            : [
                "code": .string(error.word), "message": .string(error.message),
                "details": .array(
                    error.details.map { .string($0.field.isEmpty ? $0.message : "\($0.field): \($0.message)") }),
            ]
        // Strait knows no 422.
        let status = error.kind == .invalid ? 400 : error.status
        return .json(["error": text, "request_id": .string(requestID)], status: status)
    }

    var routes: [Route] {
        let list = StraitList(isEnveloped: envelopesLists)
        let all = StraitJobs(list: list).routes + StraitRuns(list: list).routes + StraitCallbacks.routes
        return all.map { route in
            var route = route
            let handler = route.handler
            route.handler = { call in
                do { return try await handler(call) } catch { throw Self.inItsWords(error) }
            }
            return route
        }
    }

    /// Puts an error in the words of the service, if it has its own.
    private static func inItsWords(_ error: any Error) -> any Error {
        switch error {
        case let error as SchedulerError:
            switch error.code {
            case .jobNotFound: return APIError(.notFound, "job not found")
            case .executionNotFound: return APIError(.notFound, "run not found")
            case .versionNotFound: return APIError(.notFound, "version not found")
            case .invalidPayload where !error.violations.isEmpty:
                let flaws = error.violations.map { path(of: $0.pointer) + " " + $0.message }
                return APIError(.invalid, "payload validation failed: " + flaws.joined(separator: "; "))
            case .invalidToken, .expiredToken: return APIError(.unauthorized, "invalid or expired run token")
            default: return error
            }
        case let error as APIError where error.kind == .notFound:
            switch error {
            case .missing("job"): return APIError(.notFound, "job not found")
            case .missing("execution"): return APIError(.notFound, "run not found")
            default: return error
            }
        default: return error
        }
    }

    /// The JSON path of a JSON pointer: `$.items[0].id` of `/items/0/id`.
    private static func path(of pointer: String) -> String {
        pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst().reduce("$") { path, part in
            let name = part.replacing("~1", with: "/").replacing("~0", with: "~")
            return Int(name) == nil ? path + "." + name : path + "[\(name)]"
        }
    }
}

/// How Strait's lists continue.
struct StraitList {
    /// Whether a list is an object with the items in `data`, and not a bare array with the cursor in its header fields.
    let isEnveloped: Bool

    static func limit(of call: APICall) throws(APIError) -> Int { try call.query.int("limit", in: 1...100, else: 50) }

    func answer(_ items: [JSONValue], next: PageCursor?, to call: APICall) -> APIResponse {
        guard !isEnveloped else {
            return .json(
                .record([
                    ("data", .array(items)), ("next_cursor", next.map { .string($0.description) }),
                    ("has_more", .bool(next != nil)),
                ]))
        }
        return APIResponse.json(.array(items)).with(header: "X-Next-Cursor", next?.description)
            .with(header: "Link", next.map { "<\(target(of: call, from: $0))>; rel=\"next\"" })
    }

    /// The request's own target, with another cursor.
    private func target(of call: APICall, from cursor: PageCursor) -> String {
        let parts = call.request.target.prefix { $0 != "#" }
            .split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let rest = parts.count == 2 ? parts[1].split(separator: "&").filter { !$0.hasPrefix("cursor=") } : []
        return parts[0] + "?" + (rest.map(String.init) + ["cursor=\(cursor)"]).joined(separator: "&")
    }

    func schema(of item: JSONValue) -> JSONValue {
        guard isEnveloped else { return Schema.array(item) }
        return Schema.object(
            [("data", Schema.array(item)), ("next_cursor", Schema.text), ("has_more", Schema.bool)],
            required: ["data", "has_more"])
    }
}
