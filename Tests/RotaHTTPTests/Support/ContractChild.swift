import Foundation
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
        let process = Process()
        let output = Pipe()
        process.executableURL = try executable()
        process.arguments = ["check", transport, check]
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        // The report of a crash takes seconds, and nobody reads it.
        process.environment = ProcessInfo.processInfo.environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }
        let (ends, end) = AsyncStream<Void>.makeStream()
        process.terminationHandler = { _ in end.yield() }
        try process.run()
        let killer = DispatchSource.makeTimerSource()
        killer.setEventHandler { kill(process.processIdentifier, SIGKILL) }
        killer.schedule(deadline: .now() + .seconds(limit))
        killer.activate()
        for await _ in ends { break }
        killer.cancel()
        let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        switch process.terminationReason {
        case .uncaughtSignal: return process.terminationStatus == SIGKILL ? .frozen : .died
        default:
            switch process.terminationStatus {
            case 0: return .passed
            case 1: return .violation(said)
            default: return .unknown
            }
        }
    }

    private static func executable() throws -> URL {
        let beside = [CommandLine.arguments[0]] + Bundle.allBundles.map { $0.bundleURL.path(percentEncoded: false) }
        let found = beside.map { URL(filePath: $0).deletingLastPathComponent().appending(path: "crash-child") }
            .first { FileManager.default.isExecutableFile(atPath: $0.path(percentEncoded: false)) }
        return try #require(found as URL?, "crash-child is not beside the tests")
    }
}
