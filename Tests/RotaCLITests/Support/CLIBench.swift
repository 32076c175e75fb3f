import Foundation
import Rota
import RotaAPI
import RotaCLI
import RotaCore
import RotaHTTP
import RotaStore
import RotaTesting
import Synchronization

/// The program's commands against an API in this process, on a manual clock.
final class CLIBench: Sendable {
    let clock = ManualClock(now: Date(timeIntervalSince1970: 1_773_568_800))  // 2026-03-15T10:00:00Z
    let transport: ScriptedTransport
    let scheduler: Scheduler
    private let api: SchedulerAPI
    /// Answers requests in place of the API, where it returns an answer.
    let intercept = Mutex<@Sendable (APIRequest) throws -> APIResponse?>({ _ in nil })

    /// What a command wrote, and how it ended.
    struct Result {
        var exit: ExitCode
        var output: String
        var errors: String

        var json: JSONValue { (try? JSONValue(parsing: output)) ?? .null }
        var lines: [String] { output.split(separator: "\n").map(String.init) }
        func member(_ name: String) -> String? {
            if case .string(let text)? = json[name] { text } else { nil }
        }
    }

    init(_ profile: APIProfile = .trigrun, scopes: Set<APIScope> = Set(APIScope.allCases)) {
        let clock = clock
        transport = ScriptedTransport(sleep: { try await clock.sleep(for: $0) })
        scheduler = Scheduler(
            store: InMemoryJobStore(), transport: transport, clock: clock,
            ids: TimeOrderedIDGenerator(random: SeededGenerator(seed: 1)), random: SeededGenerator(seed: 1))
        api = SchedulerAPI(scheduler, as: profile) { _, _ in .allow(actor: "tester", scopes: scopes) }
    }

    /// Runs a command line.
    ///
    /// - Parameters:
    ///   - words: The words after `rota`.
    ///   - answers: What the user answers to questions, at a terminal; `nil` without one.
    ///   - meanwhile: What happens before each request is answered.
    ///   - skipsWaits: Whether time passes at once where a command asks the server to wait for events.
    func run(
        _ words: String..., input: String = "", answers: [String]? = nil, isTerminal: Bool = false, width: Int = 80,
        environment: [String: String] = [:], skipsWaits: Bool = false,
        meanwhile: @escaping @Sendable (APIRequest) async -> Void = { _ in }
    ) async -> Result {
        await run(
            words, input: input, answers: answers, isTerminal: isTerminal, width: width, environment: environment,
            skipsWaits: skipsWaits, meanwhile: meanwhile)
    }

    func run(
        _ words: [String], input: String = "", isConnected: Bool = true, answers: [String]? = nil,
        isTerminal: Bool = false, width: Int = 80,
        environment: [String: String] = [:], skipsWaits: Bool = false,
        meanwhile: @escaping @Sendable (APIRequest) async -> Void = { _ in }
    ) async -> Result {
        let (output, errors) = (Box(), Box())
        let rest = Mutex(answers ?? [])
        let (api, clock) = (api, clock)
        let intercept = intercept.withLock(\.self)
        var console = Console(
            environment: environment.merging(["ROTA_TIMEOUT": "3600"]) { given, _ in given },
            terminal: Console.Terminal(showsOutput: isTerminal, isInteractive: answers != nil, width: width),
            streams: Console.Streams(
                write: { output.append($0) }, writeError: { errors.append($0) }, readInput: { Data(input.utf8) },
                readLine: { rest.withLock { $0.isEmpty ? nil : $0.removeFirst() } }),
            now: { clock.now }, sleep: { try await clock.sleep(for: $0) })
        if isConnected {
            console.connect = { request in
                if let answer = try intercept(request) { return answer }
                var request = request
                await meanwhile(request)
                if skipsWaits, let wait = request.target.firstMatch(of: #/wait=(\d+)/#) {
                    await clock.advance(by: .seconds(Int(wait.1) ?? 0), driving: [])
                    request = APIRequest(
                        method: request.method, target: request.target.replacing(wait.0, with: "wait=0"))
                }
                return await api.respond(to: request)
            }
        }
        let exit = await RotaProgram().run(words, on: console)
        return Result(exit: exit, output: output.text, errors: errors.text)
    }

    /// Runs the scheduler during some work.
    func running<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [scheduler] in try await scheduler.run() }
            let value = try await body()
            group.cancelAll()
            try await group.waitForAll()
            return value
        }
    }

    /// Creates a job and returns its identifier.
    func job(_ name: String) async throws -> String {
        let draft = JobDraft(
            name: name, schedule: try .cron("0 * * * *"), action: .http(try .get("https://api.example.com/\(name)")),
            retry: .none)
        return try await scheduler.create(draft).id.description
    }

    private final class Box: Sendable {
        private let value = Mutex("")
        var text: String { value.withLock { $0 } }
        func append(_ text: String) { value.withLock { $0 += text } }
    }
}

/// A folder for the files of a test, which goes with it.
final class Scratch {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "rota-cli-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appending(path: name).path(percentEncoded: false) }

    func write(_ text: String, to name: String) throws -> String {
        try text.write(toFile: path(name), atomically: true, encoding: .utf8)
        return path(name)
    }
}
