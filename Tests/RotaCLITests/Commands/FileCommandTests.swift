import Foundation
import Rota
import RotaCLI
import RotaHTTP
import RotaStore
import RotaTesting
import Testing

@Suite("Commands about files and folders")
struct FileCommandTests {
    private static let file = """
        {"owner": "web", "jobs": [
          {"name": "report", "slug": "r", "description": "d", "schedule": "30 9 * * 1-5", "timezone": "Europe/Berlin", "tags": {"team": "w"},
           "url": "https://example.com/report", "headers": {"X-A": "b"}, "body": {"a": 1}},
          {"name": "ping", "schedule": "every_5m", "url": "https://example.com/ping"}
        ]}
        """

    @Test("Jobs follow a file, with a diff first; a dry run changes nothing; --prune deletes what the file lost")
    func apply() async throws {
        let bench = CLIBench()
        let dry = await bench.run("jobs", "apply", "-f", "-", "--dry-run", input: Self.file)
        #expect(
            dry.exit == .done && dry.output.contains("+ report: ") && dry.output.contains("Would change: 2 created"))
        #expect(try await bench.scheduler.jobs().items.isEmpty)
        #expect(
            await bench.run("jobs", "apply", "-f", "-", input: Self.file).output.contains("2 created (report, ping)"))
        #expect(await bench.run("jobs", "apply", "-f", "-", input: Self.file).output == "2 unchanged\n")
        let job = try #require(try await bench.scheduler.jobs(JobQuery(nameContains: "report")).items.first)
        #expect(job.definition.action.request?.method == .post && job.definition.attributes.tags == ["team": "w"])
        #expect(job.definition.attributes.slug == "r" && job.definition.attributes.description == "d")
        let changed = Self.file.replacing("30 9", with: "45 9").replacing(
            "ping\", \"schedule", with: "pong\", \"schedule")
        let kept = await bench.run("jobs", "apply", "-f", "-", input: changed)
        #expect(kept.lines.contains("~ report: schedule"), "\(kept)")
        #expect(kept.lines.contains(#"    - schedule.cron: "30 9 * * 1-5""#))
        #expect(kept.lines.filter { $0.hasPrefix("    ") }.count == 2, "\(kept)")
        #expect(try await bench.scheduler.jobs().items.count == 3)
        let pruned = await bench.run("jobs", "apply", "-f", "-", "--prune", input: changed)
        #expect(pruned.lines.contains("- ping: deleted"))
        #expect(try await bench.scheduler.jobs().items.map(\.name) == ["report", "pong"])
    }

    @Test("What was exported can be applied elsewhere")
    func export() async throws {
        let (bench, other) = (CLIBench(), CLIBench())
        _ = await bench.run("jobs", "apply", "-f", "-", input: Self.file)
        let exported = await bench.run("jobs", "export").output
        #expect(await other.run("jobs", "apply", "-f", "-", input: exported).output.contains("2 created"))
        let definitions = try await (bench.scheduler.jobs().items, other.scheduler.jobs().items)
        #expect(definitions.0.map(\.definition) == definitions.1.map(\.definition))
    }

    @Test(
        "A file with a mistake is refused with its place",
        arguments: [
            ("{", "is not JSON"), ("{}", "must hold an array of jobs"), ("[5]", "jobs[0]: a job must be an object"),
            (#"[{"name":"a","schedule":"61 * * * *","url":"https://x.example/"}]"#, "jobs[0]: minute: 61"),
            (#"[{"name":"a","schedule":"@daily","url":"ftp://x"}]"#, "http"),
            (#"[{"definition":{"name":"a"},"stat":"paused"}]"#, "Remove stat: next to definition"),
            (#"[{"name":"a","method":"PUT","action":{"handler":{"name":"x"}}}]"#, "method needs url"),
            (#"[{"name":"a","timezone":"UTC","schedule":{"every":"1h"},"url":"https://x"}]"#, "timezone needs"),
            (#"[{"name":"a","shedule":"61 * * * *","url":"ftp://x"}]"#, "jobs[0]: shedule is no member of a job. Did"),
            (
                #"[{"name":"a","schedule":"@daily","url":"https://x.example/"},{"name":"a","schedule":"@daily","url":"https://x.example/"}]"#,
                "same name"
            ),
        ])
    func mistakes(_ text: String, _ message: String) async throws {
        let result = await CLIBench().run("jobs", "apply", "-f", "-", input: text)
        #expect(result.exit == .refused && result.errors.contains(message), "\(result)")
    }

    /// Runs a command without a server, on the system's clock.
    private static func run(_ words: String...) async -> CLIBench.Result {
        let bench = CLIBench()
        return await bench.run(words, isConnected: false)
    }

    @Test("A folder is read beside a process that writes, and changed only if no other does")
    func folder() async throws {
        let scratch = try Scratch()
        let path = scratch.path("jobs")
        #expect(await Self.run("--store", path, "jobs", "list").exit == .notFound)
        #expect(await Self.run("--store", path, "jobs", "pause", "x").exit == .notFound)
        let store = try await FileJobStore(directory: URL(filePath: path))
        let scheduler = Scheduler(store: store)
        try await scheduler.create(
            JobDraft(name: "x", schedule: .cron("0 * * * *"), action: .http(.get("https://api.example.com/"))))
        let listed = await Self.run("--store", path, "jobs", "list", "-o", "json")
        #expect(listed.json["items"]?[0]?["name"] == "x", "\(listed)")
        let locked = await Self.run("--store", path, "jobs", "pause", "x")
        #expect(locked.exit == .conflict && locked.errors.contains("in use by"), "\(locked)")
        #expect(await Self.run("store", "compact", path).exit == .conflict)
        try await store.close()
        #expect(await Self.run("--store", path, "jobs", "pause", "x").output == "Paused x.\n")
        #expect(await Self.run("--store", path, "jobs", "list", "--state", "paused").output.contains("x"))
        #expect(await Self.run("store", "compact", path).exit == .done)
        let status = await Self.run("store", "status", path, "-o", "json")
        #expect(status.json["jobs"] == 1)
        let copy = scratch.path("export.jsonl")
        #expect(await Self.run("store", "export", path, "--to", copy).exit == .done)
        #expect(await Self.run("store", "import", copy, scratch.path("new")).output.contains("1 job and"))
        #expect(await Self.run("store", "import", copy, scratch.path("new")).exit == .conflict)
        #expect(await Self.run("--store", scratch.path("new"), "store", "status").output.contains("jobs"))
    }

    @Test("An import reads the standard input too, and one that fails leaves no store behind")
    func imports() async throws {
        let scratch = try Scratch()
        let store = try await FileJobStore(directory: URL(filePath: scratch.path("jobs")))
        try await Scheduler(store: store).create(
            JobDraft(name: "x", schedule: .cron("0 * * * *"), action: .http(.get("https://api.example.com/"))))
        try await store.close()
        let exported = await Self.run("store", "export", scratch.path("jobs"))
        let bench = CLIBench()
        let read = await bench.run(
            ["store", "import", "-", scratch.path("copy")], input: exported.output, isConnected: false)
        #expect(read.exit == .done && read.output.contains("1 job and"), "\(read)")
        let wrong = await bench.run(["store", "import", "-", scratch.path("new")], input: "x\n", isConnected: false)
        #expect(wrong.exit == .refused, "\(wrong)")
        #expect(await Self.run("store", "import", scratch.path("missing"), scratch.path("new")).exit == .notFound)
        #expect(!FileManager.default.fileExists(atPath: scratch.path("new")))
        #expect(FileManager.default.fileExists(atPath: scratch.path("copy")))
    }

    @Test("Secrets are set from a file or the standard input, listed by name, deleted, and never shown")
    func secrets() async throws {
        let scratch = try Scratch()
        let bench = CLIBench()
        func run(_ words: [String], input: String = "") async -> CLIBench.Result {
            await bench.run(["--store", scratch.path("jobs/")] + words, input: input, isConnected: false)
        }
        #expect(await run(["secrets", "list"]).errors == "There are no secrets.\n")
        #expect(await run(["secrets", "set", "api-key"], input: "s3cr3t\n").output == "Set api-key.\n")
        let file = try scratch.write("other", to: "value")
        #expect(await run(["secrets", "set", "b", file]).exit == .done)
        #expect(await run(["secrets", "list", "-o", "ids"]).lines == ["api-key", "b"])
        // It is where the server of that store looks for it.
        let vault = SecretFolder(scratch.path("jobs-secrets"))
        #expect(try await vault.secret(named: "api-key")?.value == "s3cr3t")
        #expect(await run(["secrets", "set", "../x"], input: "a").exit == .refused)
        #expect(await run(["secrets", "set", "x"], input: "\n").exit == .usage)
        #expect(await run(["secrets", "delete", "b"]).output == "Deleted b.\n")
        #expect(await run(["secrets", "delete", "b"]).exit == .notFound)
        #expect(await run(["secrets", "list", "--url", "http://a"]).exit == .usage)
    }

    @Test("Damage is found, told, and exits with 1")
    func verify() async throws {
        let scratch = try Scratch()
        let path = scratch.path("jobs")
        let store = try await FileJobStore(directory: URL(filePath: path))
        let scheduler = Scheduler(store: store)
        for number in 0..<5 {
            try await scheduler.create(
                JobDraft(
                    name: "job-\(number)", schedule: .cron("0 * * * *"), action: .http(.get("https://api.example.com/"))
                ))
        }
        try await store.close()
        #expect(await Self.run("store", "verify", path).output.contains("sound"))
        let journal = try #require(
            try FileManager.default.contentsOfDirectory(atPath: path).first { $0.contains("journal") })
        let file = URL(filePath: path).appending(path: journal)
        var bytes = try Data(contentsOf: file)
        bytes[bytes.count / 2] ^= 0x40
        try bytes.write(to: file)
        let damaged = await Self.run("store", "verify", path)
        #expect(damaged.exit == .failed && damaged.output.contains("damaged"), "\(damaged)")
    }

    @Test("A server that is not there, or is none, is unreachable; a URL that is none is wrong usage")
    func unreachable() async throws {
        let refusing = try LoopbackServer.refusingAddress()
        let gone = await Self.run("--url", refusing, "jobs", "list")
        #expect(gone.exit == .unreachable && gone.errors.contains("connection refused"))
        #expect(await Self.run("--url", "ftp://x", "jobs", "list").exit == .usage)
        let server = try await LoopbackServer { request in
            request.target.hasPrefix("/p/_rota/jobs?") && request.headers["Authorization"] == "Bearer abc"
                ? .status(200, headers: ["Rota-API": "1"], text: #"{"items": [], "next": null}"#)
                : .status(404, text: "<html>")
        }
        #expect(await Self.run("--url", server.address(), "jobs", "list").exit == .unreachable)
        let scratch = try Scratch()
        let token = try scratch.write("abc\n", to: "token")
        let found = await Self.run("--url", server.address("/p/"), "--token-file", token, "jobs", "list")
        #expect(found.exit == .done, "\(found)")
        await server.stop()
    }

    @Test("The variables of other programs name the server too, without the path of their API")
    func variables() async throws {
        let server = try await LoopbackServer { _ in
            .status(200, headers: ["Rota-API": "1"], text: #"{"items": [], "next": null}"#)
        }
        let address = server.address("/")
        for (url, token) in [
            ("TRIGRUN_API_URL", "TRIGRUN_TOKEN"), ("CRON_API_URL", "CRON_TOKEN"), ("ROTA_URL", "ROTA_TOKEN"),
        ] {
            let base = url == "ROTA_URL" ? address : address + "v1/"
            let result = await CLIBench().run(
                ["jobs", "list"], isConnected: false, environment: [url: base, token: "t-\(url)"])
            #expect(result.exit == .done)
            let request = try #require(server.requests.last)
            #expect(request.path == "/_rota/jobs" && request.headers["Authorization"] == "Bearer t-\(url)")
        }
        await server.stop()
    }
}
