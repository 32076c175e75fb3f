import Foundation
import Rota
import RotaAPI
import RotaCore
import RotaHTTP
import RotaProfiles
import RotaServer
import RotaStore
import Synchronization

/// A scheduler, its store and its server, from the start to the end.
struct Service: Sendable {
    let options: ServeOptions
    let console: Console

    init(_ options: ServeOptions, _ console: Console) {
        self.options = options
        self.console = console
    }

    /// Serves until a signal asks it to end, or the task is canceled.
    func run() async throws -> ExitCode {
        Console.ignoreBrokenPipes()
        guard let folder = options.folder else {
            return try await run(on: InMemoryJobStore())
        }
        let store = try await FolderConnection.telling(folder) {
            try await FileJobStore(directory: URL(filePath: folder))
        }
        let result: Result<ExitCode, any Error>
        do { result = .success(try await run(on: store)) } catch { result = .failure(error) }
        do {
            try await store.close()
        } catch {
            console.writeError("rota: The store was not closed: \(error)\n")
            if case .success = result { return .failed }
        }
        return try result.get()
    }

    private func run(on store: some JobStore) async throws -> ExitCode {
        var configuration = SchedulerConfiguration()
        if let concurrency = options.concurrency { configuration.maximumConcurrency = concurrency }
        // Secrets of its clients are signed in its own way.
        if options.profile.description == APIProfile.strait.description { configuration.webhookSignature = .strait }
        var random = SystemRandomNumberGenerator()
        configuration.tokenSecret = try await options.runTokens.secret(using: &random)
        let console = console
        let vault: any SecretVault = options.secrets.map { SecretFolder($0) } ?? MemoryVault()
        let scheduler = Scheduler(
            store: store,
            transport: .automatic(addressPolicy: options.allowsPrivateAddresses ? .unrestricted : .publicInternet),
            secrets: ClosureSecrets { try await vault.secret(named: $0) }, configuration: configuration,
            observers: [ConsoleObserver { console.writeError(SafeText.lines($0) + "\n") }])
        let api = SchedulerAPI(
            scheduler, as: options.profile, under: options.prefix, vault: vault,
            report: { error, request in
                let target = request.target.prefix { $0 != "?" }
                console.writeError(SafeText.lines("rota: \(request.method) \(target): \(error)") + "\n")
            }, authorize: options.authorize)
        // The port first: a server that cannot have it must not fire anything.
        let server = try start(api)
        let hangups: (watch: SignalWatch, signals: AsyncStream<Void>)?
        let lines: Set<JobID>
        do {
            hangups = try options.crontab?.hangups()
            lines = try await options.crontab?.load(options.crontabText, into: scheduler) ?? []
        } catch {
            await server.stop()
            throw error
        }
        defer { hangups?.watch.end() }
        let running = Task { try await scheduler.run() }
        let watch: SignalWatch
        do {
            watch = try SignalWatch([.terminate, .interrupt]) { count in
                scheduler.beginShutdown()
                if count > 1 { running.cancel() }
            }
        } catch {
            running.cancel()
            _ = await running.result
            await server.stop()
            throw error
        }
        defer { watch.end() }
        announce(server.address)
        let following = Task {
            if let hangups { await options.crontab?.follow(hangups.signals, into: scheduler, known: lines) }
        }
        defer { following.cancel() }
        let result = await withTaskCancellationHandler {
            await running.result
        } onCancel: {
            running.cancel()
        }
        // Requests that came while the executions ended are answered too.
        await server.stop()
        try result.get()
        options.printer.remark("Stopped.")
        return .done
    }

    private func start(_ api: SchedulerAPI) throws(Failure) -> HTTPServer {
        let guarded = GuardedAPI(
            api: api, requests: RequestGuard(for: options.address, allowing: options.hosts), now: console.now)
        do {
            return try HTTPServer(on: options.address, refusing: guarded.refuse, guarded.respond)
        } catch {
            let isTaken = error.call == "bind" && error.errno == EADDRINUSE
            throw Failure(
                isTaken ? .conflict : .failed, code: isTaken ? "address_in_use" : nil,
                "The server cannot listen at \(options.address): \(error)."
                    + (isTaken ? " Choose another port with --listen." : ""))
        }
    }

    private func announce(_ address: SocketAddress) {
        let host = address.isAny ? (address.isVersion6 ? "[::1]" : "127.0.0.1") : address.urlHost
        let url = "http://\(host):\(address.port)\(options.prefix)"
        let printer = options.printer
        if printer.format == .json || printer.format == .jsonl {
            printer.line(
                JSONValue.record([
                    ("url", .string(url)), ("profile", .string(options.profile.description)),
                    ("basePath", .string(options.prefix + options.profile.basePath)),
                    ("page", .string(url + "/_rota/")), ("store", .string(options.folder ?? ":memory:")),
                ]).safeText)
            return
        }
        let access =
            options.isOpen
            ? "Everyone on this machine may use it: there is no token."
            : "Clients need a token."
        printer.line("rota serves \(url)")
        printer.line("  Page: \(url)/_rota/")
        printer.line(
            "  \(options.profile)'s API under \(options.prefix)\(options.profile.basePath), Rota's own under "
                + "\(options.prefix)/_rota/")
        printer.line("  Store: \(SafeText.line(options.folder ?? "memory, which is lost at the end"))")
        printer.line("  \(access)\(options.isReadOnly ? " It is read-only." : "")")
        let token = options.tokenSource.map { " -H \"Authorization: Bearer \($0)\"" } ?? ""
        printer.line("  Try: curl\(token) \(url)/_rota/jobs")
    }
}

/// Dates in the form of HTTP's header fields (RFC 9110, 5.6.7).
enum HTTPDate {
    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    static func text(_ date: Date) -> String {
        let seconds = WholeSeconds.floor(date) ?? 0
        let day = Int(seconds.floorDivided(by: WholeSeconds.day))
        let civil = CivilDate(daysSinceEpoch: day)
        let time = Int(seconds) - day * 86_400
        let clock = [time / 3_600, time / 60 % 60, time % 60].map(Times.two).joined(separator: ":")
        // 1970-01-01 was a Thursday.
        let weekday = ((day + 4) % 7 + 7) % 7
        return "\(days[weekday]), \(Times.two(civil.day)) \(months[civil.month - 1]) \(civil.year) \(clock) GMT"
    }
}
