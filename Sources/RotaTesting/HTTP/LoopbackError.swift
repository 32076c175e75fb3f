import Foundation

/// Why the loopback server could not be started.
public struct LoopbackError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The system call that failed.
    public let call: String
    /// The error number it gave.
    public let errno: Int32

    /// One line that names the call and the error.
    public var description: String { "\(call) failed: \(String(cString: strerror(errno))) (\(errno))" }
}
