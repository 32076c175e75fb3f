import Foundation
import RotaAPI
import RotaCore
import RotaHTTP

/// The tools of a command: its arguments, a connection, and a printer.
struct Session: Sendable {
    let arguments: Arguments
    let console: Console
    let printer: Printer
    let connection: Connection

    var now: Date { console.now() }

    init(_ arguments: Arguments, _ console: Console) throws(Failure) {
        self.arguments = arguments
        self.console = console
        printer = try Printer(arguments, console)
        connection = try Self.connection(arguments, console)
    }

    /// The session with other arguments.
    init(_ session: Session, _ arguments: Arguments) {
        (self.arguments, console) = (arguments, session.console)
        (printer, connection) = (session.printer, session.connection)
    }

    private static func connection(_ arguments: Arguments, _ console: Console) throws(Failure) -> Connection {
        if arguments.programText("store") != nil, arguments.programText("url") != nil {
            throw .usage("--store and --url contradict each other: a command talks to a folder or to a server.")
        }
        if let connect = console.connect {
            return Connection(to: "The server") { request, _ in try await connect(request) }
        }
        if let folder = arguments.programText("store") { return Connection(to: FolderConnection(folder), at: folder) }
        let (url, variable) = server(arguments, console)
        let token = try token(arguments, console) ?? console.variable(variable)
        var timeout = Duration.seconds(60)
        if let text = console.variable("ROTA_TIMEOUT") {
            guard let seconds = Int(text), (1...3_600).contains(seconds) else {
                throw Failure(.usage, "ROTA_TIMEOUT must be a whole number of seconds from 1 to 3600, not \"\(text)\".")
            }
            timeout = .seconds(seconds)
        }
        let connection = try HTTPConnection(url, token: token, timeout: timeout)
        return Connection(to: connection.base) { try await connection.respond(to: $0, waiting: $1) }
    }

    /// The URL of the server, and the variable that holds its token.
    ///
    /// The variables of other programs for the same API are read too. Their URLs end with the path of the API, and
    /// Rota's own routes are outside that path. The token goes with the URL: Rota's own never goes to their servers.
    private static func server(_ arguments: Arguments, _ console: Console) -> (url: String, token: String) {
        if let url = arguments.programText("url") { return (url, "ROTA_TOKEN") }
        if let url = console.variable("ROTA_URL") { return (url, "ROTA_TOKEN") }
        for (variable, token) in [("TRIGRUN_API_URL", "TRIGRUN_TOKEN"), ("CRON_API_URL", "CRON_TOKEN")] {
            guard var url = console.variable(variable) else { continue }
            while url.hasSuffix("/") { url.removeLast() }
            return (url.hasSuffix("/v1") ? String(url.dropLast(3)) : url, token)
        }
        return (HTTPConnection.standard, "ROTA_TOKEN")
    }

    private static func token(_ arguments: Arguments, _ console: Console) throws(Failure) -> String? {
        guard let file = arguments.programText("token-file") else { return nil }
        return try console.readToken(file)
    }

    /// Reads the pages of a list, as far as `--limit` or `--all` says.
    func pages(
        _ path: [String], query: [(String, String?)]
    ) async throws -> (items: [JSONValue], next: String?) {
        if arguments.has("all"), arguments.text("limit") != nil {
            throw Failure.usage("--all and --limit contradict each other.")
        }
        let limit = arguments.has("all") ? Int.max : try arguments.int("limit", in: 1...1_000_000) ?? 50
        var items: [JSONValue] = []
        var next: String?
        repeat {
            let size = min(1_000, limit - items.count)
            let page = try await connection.send(
                "GET", path, query: query + [("limit", "\(size)"), ("cursor", next)])
            items += page.items
            next = page["next"]?.string
        } while next != nil && items.count < limit
        return (items, next)
    }

    /// Changes the records that are named, one after the other, and prints each with a sentence.
    ///
    /// The JSON of several is one list, also if one of them fails: it has the changes made before the failure.
    func changeEach(_ change: (String) async throws -> (record: JSONValue, sentence: String)) async throws {
        let isList = printer.format == .json && arguments.positional.count > 1
        var records: [JSONValue] = []
        defer { if isList { printer.list(records, columns: [], nothing: "") } }
        for id in arguments.positional {
            let (record, sentence) = try await change(id)
            if isList { records.append(record) } else { printer.changed(record, sentence) }
        }
    }

    /// The options of lists.
    static let pageOptions: [CommandOption] = [
        .value("limit", "n", as: "COUNT", help: "At most so many; 50 by default"),
        .flag("all", help: "All of them"),
    ]

    /// Creates a command that talks to a server or a store.
    static func command(
        _ name: String, _ summary: String, details: String? = nil, arguments: [CommandArgument] = [],
        options: [CommandOption] = [], _ body: @escaping @Sendable (Session) async throws -> ExitCode
    ) -> Command {
        Command(name, summary, details: details, arguments: arguments, options: options) { arguments, console in
            let session = try Session(arguments, console)
            let result: Result<ExitCode, any Error>
            do { result = .success(try await body(session)) } catch { result = .failure(error) }
            try await session.connection.close()
            return try result.get()
        }
    }
}

extension Console {
    /// Reads a token from a file, without the line break at its end.
    func readToken(_ file: String) throws(Failure) -> String {
        let token = try readText(file).trimmingCharacters(in: .whitespacesAndNewlines)
        guard !token.isEmpty, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw .usage("The file \(file) must hold a token: visible ASCII characters on one line.")
        }
        return token
    }
}

extension Printer {
    /// The printer that the options of the program ask for.
    init(_ arguments: Arguments, _ console: Console) throws(Failure) {
        var zone = TimeZone.current
        if arguments.has("utc") {
            zone = TimeZone(secondsFromGMT: 0) ?? zone
        } else if let name = arguments.programText("zone") {
            guard let known = TimeZone(identifier: name) else {
                throw .usage("--zone: there is no time zone \"\(name)\". See \"rota zones\".")
            }
            zone = known
        }
        let format = arguments.programText("output").flatMap(OutputFormat.init) ?? .table
        self.init(
            console: console, format: format, times: Times(zone: zone, now: console.now()),
            isColored: console.terminal.showsOutput && console.variable("NO_COLOR") == nil && !arguments.has("no-color")
        )
    }
}
