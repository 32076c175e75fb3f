public import Foundation
import RotaServer

/// A failure to start the loopback server, or to make its certificate.
public struct LoopbackError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The system call that failed.
    public let call: String
    /// The error number.
    public let errno: Int32
    /// Advice, if there is any.
    private let hint: String?

    package init(call: String, errno: Int32, hint: String? = nil) {
        self.call = call
        self.errno = errno
        self.hint = hint
    }

    /// Calls a function, and throws its error as one of the loopback server.
    static func of<Value>(_ body: () throws(SocketError) -> Value) throws(LoopbackError) -> Value {
        do {
            return try body()
        } catch {
            throw LoopbackError(call: error.call, errno: error.errno)
        }
    }

    /// The call and the error on one line.
    public var description: String {
        "\(call) failed: \(String(cString: strerror(errno))) (\(errno))" + (hint.map { "; \($0)" } ?? "")
    }
}

extension LoopbackError: LocalizedError {
    /// The ``description``, so that `localizedDescription` says it too.
    public var errorDescription: String? { description }
}
