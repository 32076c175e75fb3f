import Foundation
import Rota
import RotaCommands
import RotaTesting
import Testing

/// A scheduler that runs commands, each once, by the system's clock.
struct CommandRig {
    let scheduler: Scheduler

    /// - Parameter cancellationGrace: Long, because a busy machine may see a command's end late.
    init(secrets: [String: SecretValue] = [:], cancellationGrace: Duration = .seconds(120)) {
        var configuration = SchedulerConfiguration()
        configuration.maximumConcurrency = 256
        configuration.cancellationGrace = cancellationGrace
        scheduler = Scheduler(
            store: InMemoryJobStore(), secrets: InMemorySecrets(secrets), configuration: configuration)
    }

    /// Runs a command as a job and returns the finished execution.
    func run(
        _ command: CommandHandler, timeout: Duration? = nil, retry: RetryPolicy = .none, payload: JSONPayload? = nil,
        during body: @Sendable (Scheduler, Execution) async throws -> Void = { _, _ in }
    ) async throws -> Execution {
        try await scheduler.handle("command", command)
        let job = try await scheduler.create(
            .init(
                name: "nightly backup", schedule: .onDemand, action: .handler("command", timeout: timeout), retry: retry
            ))
        return try await running {
            let execution = try await scheduler.trigger(job.id, payload: payload)
            try await body(scheduler, execution)
            return try await scheduler.waitForCompletion(of: execution.id)
        }
    }

    func running<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        let driving = Task { try await scheduler.run() }
        let result: Result<Value, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        scheduler.beginShutdown()
        try await driving.value
        return try result.get()
    }
}

extension Execution {
    /// The result of the command, of an execution that succeeded or failed.
    var command: CommandResult? {
        let json = progress.output?.json ?? attempts.last?.bodyPreview.map { Data($0.utf8) }
        return json.flatMap { try? JSONDecoder().decode(CommandResult.self, from: $0) }
    }

    var message: String { attempts.last?.failure?.message ?? "" }
}

/// A folder that is removed with its value.
final class Scratch: Sendable {
    let path = "/tmp/rota-commands-\(UUID().uuidString)"

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    func text(_ name: String) -> String? {
        (try? String(contentsOfFile: file(name), encoding: .utf8))?.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Waits until a command has written a file.
    func wait(for name: String) async throws -> String {
        while true {
            if let text = text(name), !text.isEmpty { return text }
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}

/// Whether a process runs, which a zombie does not.
func runs(_ pid: String) -> Bool {
    guard let status = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return false }
    return !status.contains(") Z ")
}

/// The number of this process's descriptors that are pipes or process descriptors.
func countDescriptors() -> Int {
    let folder = "/proc/self/fd"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.count { name in
        let target = (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(name)")) ?? ""
        return target.hasPrefix("pipe:") || target.contains("pidfd")
    }
}
