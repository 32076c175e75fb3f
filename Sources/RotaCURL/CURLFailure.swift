import CRotaCURL
import Foundation
import RotaHTTP

/// A code of libcurl in Rota's terms.
struct CURLFailure {
    let code: TransportError.Code
    let message: String

    /// Translates a code.
    ///
    /// - Parameters:
    ///   - number: libcurl's code, not 0.
    ///   - systemError: The error number of the connect call, or 0.
    ///   - detail: libcurl's own words, perhaps empty.
    ///   - hasHead: Whether the response's header had arrived.
    init(_ number: Int32, systemError: Int, detail: String, hasHead: Bool) {
        code = Self.code(of: number, systemError: systemError, hasHead: hasHead, detail: detail)
        var words = detail.isEmpty ? Self.text(number) : detail
        // libcurl calls a line that outgrows its buffer a lack of memory.
        if number == 27, code == .tooLarge { words = "a line of the header is longer than libcurl takes" }
        message = "\(code.words) (libcurl \(number): \(Self.line(words)))"
    }

    /// Returns the error of a request that libcurl did not accept.
    static func unsent(_ number: Int32) -> TransportError {
        let failure = CURLFailure(number, systemError: 0, detail: "", hasHead: false)
        return TransportError(failure.code, failure.message, mayHaveBeenSent: false)
    }

    /// The text without line ends and control characters, because libcurl quotes servers and certificates.
    private static func line(_ text: String) -> String {
        let scalars = text.unicodeScalars.prefix(200).map { scalar -> Unicode.Scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: " "
            default: scalar
            }
        }
        return String(String.UnicodeScalarView(scalars))
    }

    /// libcurl's text for a code.
    static func text(_ number: Int32) -> String {
        rota_curl_text(number).map { String(cString: $0) } ?? "unknown"
    }

    /// Returns the kind of a code.
    ///
    /// libcurl has one number for all failures in receiving, and only its words tell a broken connection from
    /// one that brought nonsense.
    static func code(
        of number: Int32, systemError: Int, hasHead: Bool, detail: String = ""
    ) -> TransportError.Code {
        switch number {
        case 56 where detail.contains("chunk"): .badResponse
        case 56 where detail.contains("response headers") || detail.contains("response too large"): .tooLarge
        case 3: .badRequest  // the URL
        case 5, 6: .dns
        case 7: systemError == Int(ECONNREFUSED) ? .connectionRefused : .connectionFailed
        case 28: .timeout
        // HTTP/0.9 or another protocol; a reply that is none; a body that cannot be decoded; HTTP/2 framing.
        case 1, 8, 16, 61: .badResponse
        // Nothing, an end too early, errors of sending and receiving, a rewind, a stream that was reset.
        case 18, 52, 55, 56, 65, 92: .connectionReset
        // The handshake, certificates of both sides, ciphers, engines, the pinned key.
        case 35, 51, 53, 54, 58, 59, 60, 64, 66, 77, 80, 82, 83, 90, 91, 98: .tls
        // A file size, a header line beyond libcurl's buffer, a field that is too large.
        case 63, 100: .tooLarge
        case 27: hasHead ? .other : .tooLarge
        // The interface, a tunnel or login that the proxy refuses, no connection available.
        case 45, 89, 97: .connectionFailed
        // An option that this libcurl lacks or does not take.
        case 2, 4, 43, 48, 96: .badRequest
        default: .other
        }
    }
}
