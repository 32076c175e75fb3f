import Foundation
import Rota
import RotaAPI
import RotaHTTP
import RotaServer

/// `rota serve`: a scheduler with its API, in one process.
enum ServeCommand {
    static let command = Command(
        "serve", "Run a scheduler and serve its API",
        details: """
            The jobs are kept in the folder at --store, ./rota-data by default; --store :memory: forgets them at the end.
            At a loopback address the API needs no token. Anywhere else it does: from --token-file or ROTA_TOKEN, and for
            clients that may only read from --read-token-file or ROTA_READ_TOKEN. SIGTERM and SIGINT stop the server once
            running executions have finished; SIGHUP reads the file of --crontab again.

            Workers report on executions with tokens, {{execution_token}}, which a secret signs: with Strait's profile one
            is made and kept beside the jobs, and --run-token-secret-file sets one that several servers share.

            Jobs may send requests to all addresses, those of this machine and its network too, since those who can create
            jobs here are trusted. With --addresses public they reach the public Internet alone; that is the default when
            the server listens anywhere but at a loopback address.
            """,
        options: ServeOptions.options
    ) { arguments, console in
        let options = try ServeOptions(arguments, console)
        return try await Service(options, console).run()
    }
}

/// What `rota serve` was asked for.
struct ServeOptions: Sendable {
    static let options: [CommandOption] = [
        .choice(
            "profile", of: APIProfile.allCases.map { $0.description.lowercased() },
            help: "The service whose API to speak beside Rota's own; the first by default"),
        .value("listen", as: "ADDRESS", help: "Where to listen; 127.0.0.1:8484 by default"),
        .value("store", as: "DIR", .folders, help: "Where the jobs are kept; ./rota-data by default"),
        .value("crontab", as: "FILE", .files, help: "A crontab of URLs whose lines are jobs; read again on SIGHUP"),
        .value("token-file", as: "FILE", .files, help: "The token of clients that may do everything"),
        .value("read-token-file", as: "FILE", .files, help: "The token of clients that may only read"),
        .flag("read-only", help: "Let no client change anything; workers still report on executions by their tokens"),
        .value("secrets", as: "DIR", .folders, help: "Where secrets are kept; beside the jobs by default"),
        .choice("addresses", of: ["any", "public"], help: "Where jobs may send requests"),
        .value(
            "run-token-secret-file", as: "FILE", .files, help: "The secret that signs the tokens of executions"),
        .value("notify-url", as: "URL", help: "Where failures of jobs with failure_notify go, with Krafter's profile"),
        .value("prefix", as: "PATH", help: "Where the API is mounted, such as /rota; at the root by default"),
        .value("allow-host", as: "NAME", repeats: true, help: "A further name of this server, such as a proxy's"),
        .value("concurrency", as: "COUNT", help: "How many executions run at once; 64 by default"),
    ]

    /// The folder of the store, unless another one is named.
    static let store = "rota-data"

    let profile: APIProfile
    let address: SocketAddress
    /// The folder of the store, or `nil` for memory.
    let folder: String?
    let crontab: CrontabFile?
    /// The text of the crontab at the start.
    let crontabText: String
    let runTokens: RunTokens
    let token: String?
    let readToken: String?
    /// The token as a shell finds it again, for the example that is printed; `nil` without one.
    let tokenSource: String?
    let isReadOnly: Bool
    let secrets: String?
    let allowsPrivateAddresses: Bool
    let hosts: [String]
    /// The path before every route, such as `/rota`, or empty.
    let prefix: String
    let concurrency: Int?
    let printer: Printer

    init(_ arguments: Arguments, _ console: Console) throws(Failure) {
        printer = try Printer(arguments, console)
        let named = arguments.text("profile").flatMap(APIProfile.init(named:)) ?? APIProfile.allCases[0]
        profile = try Self.profile(named, notifying: arguments.text("notify-url"))
        let listen = arguments.text("listen") ?? "127.0.0.1:8484"
        guard let address = SocketAddress(listen) else {
            throw .usage(
                "--listen must be an IP address and a port, such as 127.0.0.1:8484 or [::1]:8484, not \(listen).")
        }
        self.address = address
        let store = arguments.text("store") ?? arguments.programText("store") ?? Self.store
        folder = store == ":memory:" ? nil : store
        let printer = printer
        crontab = arguments.text("crontab").map { CrontabFile($0, console, printer) }
        crontabText = try crontab.map { file throws(Failure) in try console.readText(file.path) } ?? ""
        func token(_ option: String, _ variable: String) throws(Failure) -> String? {
            if let file = arguments.text(option) ?? arguments.programText(option) { return try console.readToken(file) }
            return console.variable(variable)
        }
        self.token = try token("token-file", "ROTA_TOKEN")
        readToken = try token("read-token-file", "ROTA_READ_TOKEN")
        func source(_ option: String, _ variable: String) -> String {
            let file = arguments.text(option) ?? arguments.programText(option)
            return file.map { "$(cat '\(SafeText.line($0).replacing("'", with: "'\\''"))')" } ?? "$\(variable)"
        }
        tokenSource =
            self.token != nil
            ? source("token-file", "ROTA_TOKEN")
            : readToken != nil ? source("read-token-file", "ROTA_READ_TOKEN") : nil
        guard address.isLoopback || self.token != nil || readToken != nil else {
            throw .usage(
                "Other machines can reach \(listen), so the API needs a token: --token-file FILE, or ROTA_TOKEN.")
        }
        guard self.token == nil || self.token != readToken else {
            throw .usage("The token that may do everything and the one that may only read are the same.")
        }
        isReadOnly = arguments.has("read-only")
        secrets = arguments.text("secrets") ?? folder.map { SecretCommands.path(besideStore: $0) }
        runTokens = RunTokens(
            given: try arguments.text("run-token-secret-file").map { file throws(Failure) in
                try RunTokens.read(file, console)
            }, isNeeded: named.description == APIProfile.strait.description,
            // Not among the secrets, which jobs may name.
            folder: folder.map { SecretCommands.path(besideStore: $0, suffix: "-keys") })
        allowsPrivateAddresses = arguments.text("addresses").map { $0 == "any" } ?? address.isLoopback
        hosts = arguments.texts("allow-host")
        prefix = (arguments.text("prefix") ?? "").split(separator: "/").map { "/" + $0 }.joined()
        concurrency = try arguments.int("concurrency", in: 1...10_000)
    }

    /// The profile with the channel for failures, if its service has one.
    private static func profile(_ profile: APIProfile, notifying url: String?) throws(Failure) -> APIProfile {
        guard let url else { return profile }
        guard profile.description == APIProfile.krafter.description else {
            throw .usage("--notify-url needs --profile krafter: other profiles name a webhook in each job.")
        }
        do {
            _ = try RequestTemplate.post(url)
        } catch {
            throw .usage("--notify-url: \(error)")
        }
        return .krafter(notifying: .webhook(url: url))
    }

    /// Whether everybody who reaches the server may use it.
    var isOpen: Bool { token == nil && readToken == nil }

    /// The rights of callers.
    var authorize: @Sendable (APIRequest, APIOperation) async -> APIAccess {
        let scopes: Set<APIScope> = isReadOnly ? [.read] : Set(APIScope.allCases)
        if isOpen { return { _, _ in .allow(scopes: scopes) } }
        var tokens: [String: APIAccess] = [:]
        if let readToken { tokens[readToken] = .allow(actor: "reader", scopes: [.read]) }
        if let token { tokens[token] = .allow(actor: "token", scopes: scopes) }
        return APIAccess.bearer(tokens)
    }
}
