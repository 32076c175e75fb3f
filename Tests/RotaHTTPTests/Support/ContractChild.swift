import Foundation
import RotaTesting
import Testing

/// A child process that runs one check of the transport contract, because the check may end or freeze its process.
struct ContractChild {
    /// How the check ended.
    enum Outcome: Equatable {
        case passed
        /// It threw an error, whose description this is.
        case violation(String)
        /// The process has no check of this name.
        case unknown
        /// A signal ended the process.
        case died
        /// It did not end, and was killed.
        case frozen
    }

    /// Runs a check against a transport and returns how it ended.
    ///
    /// - Parameter limit: After how many seconds a process that is not done counts as frozen.
    static func run(_ check: String, transport: String, limit: Int = 150) async throws -> Outcome {
        // The report of a crash takes seconds, and nobody reads it.
        let child = try ChildProcess(
            executable(), ["check", transport, check], environment: ["SWIFT_BACKTRACE": "enable=no"])
        let id = child.id
        let killer = DispatchSource.makeTimerSource()
        killer.setEventHandler { kill(id, SIGKILL) }
        killer.schedule(deadline: .now() + .seconds(limit))
        killer.activate()
        defer { killer.cancel() }
        let waiting = Unchecked(child)
        let (said, ending) = await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                let said = waiting.value.rest()
                continuation.resume(returning: (said, waiting.value.wait()))
            }
        }
        return switch ending {
        case .killed(SIGKILL): .frozen
        case .killed: .died
        case .exited(0): .passed
        case .exited(1): .violation(said)
        case .exited: .unknown
        }
    }

    private struct Unchecked: @unchecked Sendable {
        let value: ChildProcess

        init(_ value: ChildProcess) {
            self.value = value
        }
    }

    private static func executable() throws -> String {
        let beside = [CommandLine.arguments[0]] + Bundle.allBundles.map { $0.bundleURL.path(percentEncoded: false) }
        let found = beside.map { URL(filePath: $0).deletingLastPathComponent().appending(path: "crash-child") }
            .first { FileManager.default.isExecutableFile(atPath: $0.path(percentEncoded: false)) }
        return try #require(found?.path(percentEncoded: false), "crash-child is not beside the tests")
    }
}
