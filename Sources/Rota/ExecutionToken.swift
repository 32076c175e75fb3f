package import Foundation
import RotaCore
package import RotaHTTP
package import RotaStore

/// The token of an execution: `1.<id>.<expiry>.<code>`, where the code is HMAC-SHA256 over what precedes it.
///
/// Making and verifying one are pure functions of the secret and the date.
package enum ExecutionToken {
    private static let version = "1"
    /// The start of what the code covers, so that the secret may sign other things too.
    private static let purpose = "rota execution token\n"
    /// The longest text that is looked at.
    private static let longest = 128

    /// Returns the token of an execution.
    ///
    /// - Parameters:
    ///   - id: The execution.
    ///   - expiry: When the token expires, in the years 1 to 9999. Fractions of a millisecond are cut.
    ///   - secret: The signing secret.
    package static func make(for id: ExecutionID, expiresAt expiry: Date, secret: SecretValue) throws(SchedulerError)
        -> SecretValue
    {
        let milliseconds = (expiry.timeIntervalSince1970 * 1000).rounded(.down)
        guard let milliseconds = Int64(exactly: milliseconds) else { throw invalid }
        let head = "\(version).\(id).\(milliseconds)"
        return SecretValue("\(head).\(try code(of: head, secret).hexadecimal)")
    }

    /// Returns the execution of a token.
    ///
    /// - Throws: ``SchedulerError`` with code `invalidToken` or `expiredToken`.
    package static func verify(
        _ token: SecretValue, secret: SecretValue, at now: Date
    ) throws(SchedulerError) -> ExecutionID {
        let text = token.value
        guard text.utf8.count <= longest, let dot = text.lastIndex(of: ".") else { throw invalid }
        let head = String(text[..<dot])
        // The codes' texts are compared, so that nothing but the text that was made is valid.
        let (given, right) = (text[dot...].dropFirst(), try code(of: head, secret).hexadecimal)
        guard MessageCode.isEqual(Array(given.utf8), Array(right.utf8)) else { throw invalid }
        let parts = head.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == version, let id = ExecutionID(String(parts[1])),
            let milliseconds = Int64(parts[2])
        else { throw invalid }
        let expiry = Date(timeIntervalSince1970: Double(milliseconds) / 1000)
        guard now < expiry else {
            throw SchedulerError(
                .expiredToken,
                "The token expired at \(expiry.text). Make another one with `token(for:validFor:)`, or let tokens live "
                    + "longer: `tokenLifetime` of the configuration is that of tokens in requests.")
        }
        return id
    }

    /// The bytes of the signing secret.
    ///
    /// - Throws: ``SchedulerError`` with code `invalidConfiguration` if there are too few.
    static func key(_ secret: SecretValue) throws(SchedulerError) -> [UInt8] {
        let bytes = Array(secret.value.utf8)
        guard bytes.count >= 16 else {
            throw SchedulerError(
                .invalidConfiguration,
                "The configuration's tokenSecret must be at least 16 bytes of UTF-8, not \(bytes.count). Use a random "
                    + "one, such as the output of `openssl rand -hex 32`.")
        }
        return bytes
    }

    private static func code(of head: String, _ secret: SecretValue) throws(SchedulerError) -> [UInt8] {
        MessageCode.hmacSHA256(key: try key(secret), message: Array((purpose + head).utf8))
    }

    private static var invalid: SchedulerError {
        SchedulerError(
            .invalidToken,
            "The token is not valid: it was changed, or signed with another secret. Pass it on exactly as it was made, "
                + "and give all schedulers of the store the same `tokenSecret`.")
    }
}
