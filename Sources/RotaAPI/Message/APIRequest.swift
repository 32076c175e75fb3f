public import Foundation
import RotaCore
public import RotaHTTP

/// A request to the API, as any web framework can state it.
///
/// ```swift
/// let api = SchedulerAPI(scheduler, as: .trigrun) { _, _ in .open }
/// let request = APIRequest(
///     method: "GET", target: "/v1/jobs?state=paused", headers: [("Authorization", "Bearer test-token")])
/// let response = await api.respond(to: request)
/// print(response.status)  // 200
/// ```
public struct APIRequest: Sendable, Hashable {
    /// The method, such as `POST`.
    public let method: String
    /// The path and query as the client sent them, percent-encoded, such as `/v1/jobs?limit=10`.
    public let target: String
    /// The header fields.
    public let headers: HTTPHeaders
    /// The body, empty if there is none.
    public let body: Data

    /// The longest target that is read, in bytes.
    static let longestTarget = 8_192

    /// Creates a request.
    ///
    /// - Parameters:
    ///   - method: The method.
    ///   - target: The path and query, percent-encoded. A scheme and a host before the path are ignored.
    ///   - headers: Pairs of name and value, in any case and order.
    ///   - body: The whole body. The framework should bound its size: ``SchedulerAPI`` reads at most its `bodyLimit`.
    public init(
        method: String, target: String, headers: some Sequence<(String, String)> = [(String, String)](),
        body: Data? = nil
    ) {
        self.method = method.uppercased()
        self.target = target
        self.headers = HTTPHeaders(headers.map { HTTPHeaders.Field($0.0, $0.1) })
        self.body = body ?? Data()
    }

    /// The token of `Authorization: Bearer …`, or `nil` without one.
    public var bearerToken: String? {
        guard let value = headers["Authorization"] else { return nil }
        let parts = value.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return parts[1].trimmingCharacters(in: .whitespaces)
    }
}

/// The decoded target of a request.
struct RequestTarget: Sendable, Hashable {
    /// The decoded segments of the path.
    ///
    /// A trailing slash adds none.
    var segments: [String]
    var query: [(name: String, value: String)]

    init(_ target: String) throws(APIError) {
        guard target.utf8.count <= APIRequest.longestTarget else {
            throw APIError(
                .targetTooLong, "The path and query may have at most \(APIRequest.longestTarget) bytes.")
        }
        var text = Substring(target)
        // The absolute form of a request to a proxy: http://host/path.
        if let scheme = text.range(of: "://"), !text[..<scheme.lowerBound].contains("/") {
            let rest = text[scheme.upperBound...]
            text = rest.firstIndex(of: "/").map { rest[$0...] } ?? "/"
        }
        text = text.prefix { $0 != "#" }
        let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        segments = []
        for segment in parts[0].split(separator: "/", omittingEmptySubsequences: true) {
            segments.append(try Self.decode(segment))
        }
        query = []
        guard parts.count == 2 else { return }
        for item in parts[1].split(separator: "&", omittingEmptySubsequences: true) {
            let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = pair.count == 2 ? pair[1].replacing("+", with: " ") : ""
            query.append((try Self.decode(pair[0]), try Self.decode(Substring(value))))
        }
        guard query.count <= 100 else { throw APIError(.malformed, "A query may have at most 100 parameters.") }
    }

    private static func decode(_ text: Substring) throws(APIError) -> String {
        guard let decoded = text.removingPercentEncoding, !decoded.unicodeScalars.contains("\0") else {
            throw APIError(.malformed, "The path or query is not percent-encoded UTF-8.")
        }
        return decoded
    }

    static func == (left: RequestTarget, right: RequestTarget) -> Bool {
        left.segments == right.segments && left.query.elementsEqual(right.query, by: ==)
    }

    func hash(into hasher: inout Hasher) { hasher.combine(segments) }
}
