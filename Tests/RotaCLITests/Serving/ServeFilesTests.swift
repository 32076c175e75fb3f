import Foundation
import Rota
import RotaHTTP
import RotaStore
import RotaTesting
import Synchronization
import Testing

@testable import RotaCLI

@Suite("What rota serve reads and keeps")
struct ServeFilesTests {
    private static func console(_ errors: @escaping @Sendable (String) -> Void = { _ in }) -> Console {
        Console(
            streams: Console.Streams(write: { _ in }, writeError: errors), now: { Date(timeIntervalSince1970: 0) },
            sleep: { _ in })
    }

    @Test("A secret of run tokens is made once, kept apart from the secrets of jobs, and given by a file")
    func runTokens() async throws {
        let scratch = try Scratch()
        var random = SeededGenerator(seed: 1)
        let folder = scratch.path("jobs-keys")
        let tokens = RunTokens(given: nil, isNeeded: true, folder: folder)
        let made = try #require(try await tokens.secret(using: &random))
        #expect(made.value.utf8.count >= 32)
        #expect(try await tokens.secret(using: &random) == made)
        let rights = try FileManager.default.attributesOfItem(atPath: folder + "/run-tokens")[.posixPermissions]
        #expect(rights as? Int == 0o600)
        let memory = RunTokens(given: nil, isNeeded: true, folder: nil)
        #expect(try await memory.secret(using: &random) != made)
        #expect(try await RunTokens(given: nil, isNeeded: false, folder: folder).secret(using: &random) == nil)
        let file = try scratch.write("0123456789abcdef\n", to: "secret")
        let given = RunTokens(given: try RunTokens.read(file, Self.console()), isNeeded: true, folder: folder)
        #expect(try await given.secret(using: &random) == SecretValue("0123456789abcdef"))
    }

    @Test(
        "Options that contradict one another, or that cannot be used, are told at once",
        arguments: [
            ["--notify-url", "https://hooks.example.com/"],
            ["--profile", "krafter", "--notify-url", "hooks.example.com"],
            ["--profile", "strait", "--run-token-secret-file", "short"],
        ])
    func options(_ words: [String]) async throws {
        let scratch = try Scratch()
        let short = try scratch.write("too short\n", to: "short")
        let bench = CLIBench()
        let result = await bench.run(
            ["serve", "--store", ":memory:"] + words.map { $0 == "short" ? short : $0 }, isConnected: false)
        #expect(result.exit == .usage, "\(result.errors)")
    }

    @Test("A crontab that is read again adds and pauses jobs, and a mistake changes nothing")
    func crontab() async throws {
        let scratch = try Scratch()
        let path = try scratch.write("@daily https://example.com/a # A\n@daily https://example.com/b # B\n", to: "tab")
        let (output, errors) = (Lines(), Lines())
        let console = Console(
            streams: Console.Streams(write: { output.add($0) }, writeError: { errors.add($0) }),
            now: { Date(timeIntervalSince1970: 0) }, sleep: { _ in })
        let printer = try Printer(Arguments(), console)
        let scheduler = CLIBench().scheduler
        let file = CrontabFile(path, console, printer)
        let known = try await file.load(console.readText(path), into: scheduler)
        #expect(known.count == 2 && output.take() == ["Crontab: 2 jobs are new, 0 lost their line."])

        let (signals, continuation) = AsyncStream.makeStream(of: Void.self)
        func reload(_ text: String) async throws {
            _ = try scratch.write(text, to: "tab")
            continuation.yield()
        }
        try await reload("@daily https://example.com/b # B\n@weekly https://example.com/c # C\n")
        continuation.finish()
        await file.follow(signals, into: scheduler, known: known)
        #expect(output.take() == ["+ C", "- A", "Crontab: 1 jobs are new, 1 lost their line."])
        #expect(try await scheduler.jobs(JobQuery(states: [.paused])).items.map(\.name) == ["A"])

        _ = try scratch.write("@sometimes https://example.com/d\n", to: "tab")
        let (more, end) = AsyncStream.makeStream(of: Void.self)
        end.yield()
        end.finish()
        await file.follow(more, into: scheduler, known: known)
        #expect(output.take().isEmpty && errors.take().first?.contains("its jobs stay as they are") == true)
        #expect(try await scheduler.jobs().items.count == 3)
    }
}

/// What a command wrote, line by line.
private final class Lines: Sendable {
    private let text = Mutex("")

    func add(_ more: String) { text.withLock { $0 += more } }

    func take() -> [String] {
        text.withLock { text in
            defer { text = "" }
            return text.split(separator: "\n").map(String.init)
        }
    }
}
