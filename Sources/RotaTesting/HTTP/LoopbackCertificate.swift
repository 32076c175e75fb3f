import Foundation

/// A certificate for ``LoopbackServer`` that is made on the spot, with its key, by the `openssl` command.
///
/// ```swift
/// let certificate = try LoopbackCertificate()
/// let server = try await LoopbackServer(certificate: certificate) { _ in .status(200) }
/// print(server.url(), certificate.file)  // https://127.0.0.1:…/ and the file that a client must trust
/// await server.stop()
/// ```
///
/// It vouches for itself, so a client that trusts ``file`` accepts it, and no other does. The files are in a
/// temporary folder of their own, which goes with the last copy of the value.
public struct LoopbackCertificate: Sendable {
    private final class Folder: Sendable {
        let url: URL

        init() throws {
            url = FileManager.default.temporaryDirectory.appending(path: "rota-tls-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        }

        deinit { try? FileManager.default.removeItem(at: url) }
    }

    private let folder: Folder

    /// The path of the certificate, in PEM.
    public var file: String { folder.url.appending(path: "certificate.pem").path(percentEncoded: false) }
    /// The path of its private key, in PEM.
    public var keyFile: String { folder.url.appending(path: "key.pem").path(percentEncoded: false) }

    /// Creates a certificate that is valid for two days.
    ///
    /// - Parameter addresses: The IP addresses of the server.
    /// - Throws: ``LoopbackError`` if the `openssl` command is not there or refuses, and the file system's error.
    public init(addresses: [String] = ["127.0.0.1"]) throws {
        folder = try Folder()
        let names = addresses.map { "IP:" + $0 }.joined(separator: ",")
        try Self.openssl([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj",
            "/CN=rota-loopback", "-addext", "subjectAltName=" + names, "-keyout", keyFile, "-out", file,
        ])
    }

    private static func openssl(_ arguments: [String]) throws {
        let missing = LoopbackError(
            call: "openssl", errno: ENOENT, hint: "install the openssl command, which makes the certificate")
        #if os(Linux) || os(macOS)
            let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(separator: ":")
            let found = folders.map { "\($0)/openssl" }.first { FileManager.default.isExecutableFile(atPath: $0) }
            guard let found else { throw missing }
            let ending = try ChildProcess(found, arguments).wait()
            guard ending == .exited(0) else {
                throw LoopbackError(call: "openssl", errno: EINVAL, hint: "openssl ended with \(ending)")
            }
        #else
            throw missing
        #endif
    }
}
