package import Foundation
package import RotaHTTP

/// The bounds of what a server takes from its clients.
package struct ServerLimits: Sendable, Hashable {
    /// The longest request line, in bytes.
    package var requestLine = 8_192
    /// The longest head of a request, in bytes, with its request line.
    package var head = 32_768
    /// The largest number of header fields.
    package var fields = 100
    /// The longest body, in bytes.
    package var body = 1 << 20
    /// The largest number of connections.
    ///
    /// For a further one, the connection is closed that has waited longest for its next request. While none waits, the
    /// further ones do.
    package var connections = 256
    /// How long a client may take for the head of a request.
    package var headTime = Duration.seconds(10)
    /// How long a client may take for the body of a request.
    package var bodyTime = Duration.seconds(30)
    /// How long a connection may wait for the next request.
    package var idleTime = Duration.seconds(60)
    /// How long a client may take without accepting any byte of a response.
    package var writeTime = Duration.seconds(30)
    /// How many bytes of a response a client must accept per second, on the whole, after the first `writeTime`.
    ///
    /// A client that accepts single bytes from time to time would keep its connection for ever.
    package var slowestRate = 4_096
    /// How long a request that only reads continues after its client has said that it sends nothing more.
    ///
    /// The client may have left, or want the answer: short work ends as it would, and a long poll is canceled.
    package var leaveTime = Duration.seconds(1)

    package init() {}
}

/// A request as a client sent it.
package struct ServerRequest: Sendable, Hashable {
    package let method: String
    /// The path and query as received.
    package let target: String
    package let headers: HTTPHeaders
    package let body: Data

    package init(method: String, target: String, headers: HTTPHeaders, body: Data) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
    }
}

/// The reason why a server refuses a request before its handler sees it.
package struct ServerRefusal: Sendable, Hashable {
    /// The status to answer with, such as 400.
    package var status: Int
    /// A word for programs, such as `bad_request`.
    package var code: String
    /// A sentence for people.
    package var message: String
    /// The path and query of the request, if they could be read.
    package var target: String?
    /// The header fields of the request, as far as they could be read.
    package var headers = HTTPHeaders()

    package init(_ status: Int, _ code: String, _ message: String) {
        self.status = status
        self.code = code
        self.message = message
    }

    /// The refusal in the JSON of Rota's own routes, and with the mark of all answers of its API.
    package var response: ServerResponse {
        let body: JSONValue = ["error": ["code": .string(code), "message": .string(message)]]
        return ServerResponse(
            status: status, headers: ["Content-Type": "application/json", "Rota-API": "1"], body: Data(body.text.utf8)
        )
    }
}

/// A response to send.
package struct ServerResponse: Sendable, Hashable {
    package var status: Int
    /// The header fields, without `Content-Length` and `Connection`, which are the server's.
    ///
    /// To a HEAD, a response without a body may say the `Content-Length` of the one to a GET.
    package var headers: HTTPHeaders
    package var body: Data

    package init(status: Int, headers: HTTPHeaders = [:], body: Data = Data()) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The response as bytes.
    ///
    /// - Parameters:
    ///   - closes: Whether the connection ends after it.
    ///   - withoutBody: Whether the request was HEAD.
    func bytes(closes: Bool, withoutBody: Bool) -> [UInt8] {
        var head = "HTTP/1.1 \(status) \(Self.reason(status))\r\n"
        for field in headers.fields where !Self.own.contains(field.name.lowercased()) {
            // A line break in a value must not begin another field.
            let value = field.value.map { $0.isNewline || $0 == "\0" ? " " : $0 }
            head += "\(field.name): \(String(value))\r\n"
        }
        let hasBody = status != 204 && status != 304 && status >= 200
        // A handler may leave out the body of a HEAD, and say how long that of a GET would be.
        let said = withoutBody && body.isEmpty ? headers["Content-Length"].flatMap { Int($0) } : nil
        if hasBody { head += "Content-Length: \(said.map { max(0, $0) } ?? body.count)\r\n" }
        if closes { head += "Connection: close\r\n" }
        return Array((head + "\r\n").utf8) + (hasBody && !withoutBody ? Array(body) : [])
    }

    private static let own: Set<String> = ["content-length", "connection", "transfer-encoding", "keep-alive"]

    private static func reason(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 412: "Precondition Failed"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 417: "Expectation Failed"
        case 421: "Misdirected Request"
        case 422: "Unprocessable Content"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 503: "Service Unavailable"
        case 505: "HTTP Version Not Supported"
        default: status < 400 ? "OK" : "Error"
        }
    }
}
