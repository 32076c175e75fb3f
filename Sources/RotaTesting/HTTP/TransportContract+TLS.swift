import Foundation
import RotaHTTP

extension TransportContract {
    /// The checks of a transport over TLS.
    ///
    /// The checks about a certificate that is trusted need a transport that trusts this one.
    ///
    /// ```swift
    /// let certificate = try LoopbackCertificate()
    /// print(TransportContract.tlsChecks(trusting: certificate).map(\.name))
    /// ```
    ///
    /// - Parameter certificate: The certificate of the servers, which the transport has as an authority.
    public static func tlsChecks(trusting certificate: LoopbackCertificate) -> [Check] {
        [
            Check(
                "a trusted certificate is accepted, and every byte arrives",
                because: "own authorities are common inside"
            ) { transport in
                try await withSecureServer(certificate, { .status(200, body: $0.body) }) { server in
                    for size in [0, 1, 16_384, 16_385, 500_000] {
                        let body = Data((0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) })
                        let request = try HTTPRequest(
                            method: .post, url: server.url("/\(size)"), body: .bytes(body), timeout: patience)
                        let response = try await transport.send(request)
                        try ContractViolation.require(response.status == 200, "200 became \(response.status)")
                        try ContractViolation.require(response.body == body, "\(size) bytes were changed")
                    }
                }
            },
            Check(
                "connections over TLS are used again", because: "a handshake costs many times what a request does"
            ) { transport in
                try await withSecureServer(certificate, { _ in .status(200, text: "ok") }) { server in
                    for _ in 0..<20 { _ = try await transport.send(HTTPRequest(url: server.url(), timeout: patience)) }
                    try ContractViolation.require(
                        server.connectionCount <= 10, "20 requests took \(server.connectionCount) connections")
                }
            },
            Check(
                "a body that ends without the end of TLS is cut", because: "RFC 9112 § 9.8: an attacker may have cut it"
            ) { transport in
                let head = Array("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nthe beginning".utf8)
                try await withSecureServer(certificate, { _ in .script([.write(head), .cut]) }) { server in
                    let error = try await requireFailure(
                        [.connectionReset, .badResponse], HTTPRequest(url: server.url(), timeout: patience), transport)
                    try ContractViolation.require(error.status == 200, "the error has lost the status")
                }
            },
            Check(
                "a body that ends with the end of TLS is whole",
                because: "RFC 9112 § 9.8: an attacker cannot forge that end"
            ) { transport in
                let head = Array("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it".utf8)
                try await withSecureServer(certificate, { _ in .script([.write(head), .close]) }) { server in
                    let response = try await transport.send(HTTPRequest(url: server.url(), timeout: patience))
                    try ContractViolation.require(response.body == Data("all of it".utf8), "the body was changed")
                }
            },
            refusedHandshake(
                "a certificate for another name is a TLS error",
                because: "anybody can have a certificate for some name",
                certificate, host: "localhost"),
        ] + strangeTLS
    }

    /// The checks that need no trust.
    private static let strangeTLS: [Check] = [
        refusedHandshake(
            "an unknown certificate is a TLS error", because: "it may be that of an attacker", nil,
            host: "127.0.0.1"),
        Check("a server without TLS is a TLS error", because: "nothing may be sent in the clear") { transport in
            try await besideNeighbor(transport) { _ in
                try await withServer({ _ in .status(200) }) { server in
                    let request = try HTTPRequest(
                        method: .post, url: secure(server, "127.0.0.1"), body: .text("secret"), timeout: patience)
                    let error = try await requireFailure([.tls], request, transport)
                    try ContractViolation.require(!error.mayHaveBeenSent, "the error says that it may have been sent")
                    try ContractViolation.require(server.requests.isEmpty, "the request was sent in the clear")
                }
            }
        },
        Check("silence in the handshake is a timeout", because: "the deadline is that of the whole exchange") {
            transport in
            try await besideNeighbor(transport) { _ in
                try await withServer({ _ in .status(200) }) { server in
                    server.stopReading()
                    let request = try HTTPRequest(url: secure(server, "127.0.0.1"), timeout: .milliseconds(300))
                    try await requireFailure([.timeout], request, transport)
                }
            }
        },
    ]

    private static func secure(_ server: LoopbackServer, _ host: String) throws -> URL {
        guard let url = URL(string: "https://\(host):\(server.port)/") else { throw ContractViolation("no URL") }
        return url
    }

    /// Requires that a handshake is refused and nothing is sent.
    private static func refusedHandshake(
        _ name: String, because reason: String, _ certificate: LoopbackCertificate?, host: String
    ) -> Check {
        Check(name, because: reason) { transport in
            try await besideNeighbor(transport) { _ in
                let certificate = try certificate ?? LoopbackCertificate()
                try await withSecureServer(certificate, { _ in .status(200) }) { server in
                    let error = try await requireFailure(
                        [.tls], HTTPRequest(url: secure(server, host), timeout: patience), transport)
                    try ContractViolation.require(!error.mayHaveBeenSent, "the error says that it may have been sent")
                    try ContractViolation.require(server.requests.isEmpty, "the request was sent")
                }
            }
        }
    }

    private static func withSecureServer(
        _ certificate: LoopbackCertificate, _ handler: @escaping @Sendable (LoopbackRequest) async -> LoopbackResponse,
        _ body: (LoopbackServer) async throws -> Void
    ) async throws {
        let server = try await LoopbackServer(certificate: certificate, handler)
        let result: Result<Void, any Error>
        do { result = .success(try await body(server)) } catch { result = .failure(error) }
        await server.stop()
        try result.get()
    }
}
