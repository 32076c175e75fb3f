#if os(Linux) || os(macOS)
    import Foundation
    import RotaAPI
    import RotaCore
    import RotaHTTP
    import RotaTesting
    import Testing

    @testable import RotaCLI

    /// The program itself, as a process.
    @Suite("The program rota", .serialized)
    struct ProcessTests {
        private static func program() throws -> String {
            let beside = Bundle.allBundles.map(\.bundlePath).first { $0.hasSuffix(".xctest") }
            let folder = beside ?? Bundle.main.executablePath
            let found = folder.map { path in
                ["rota", "RotaCommandLine"].map {
                    URL(filePath: path).deletingLastPathComponent().appending(path: $0).path(percentEncoded: false)
                }.first { FileManager.default.isExecutableFile(atPath: $0) }
            }
            return try #require(found ?? nil, "rota is not beside the tests")
        }

        /// Runs a command to its end.
        private static func run(
            _ words: [String], environment: [String: String] = [:]
        ) throws -> (ending: ChildProcess.Ending, output: String) {
            let child = try ChildProcess(
                program(), words, environment: ["NO_COLOR": "1", "ROTA_TIMEOUT": "3600"].merging(environment) { $1 })
            child.endInput()
            let output = child.rest()
            return (child.wait(), output)
        }

        /// Starts a server, and returns its URL.
        private static func serve(
            _ words: [String], environment: [String: String] = [:]
        ) throws -> (child: ChildProcess, url: String) {
            let child = try ChildProcess(
                program(), ["serve", "--listen", "127.0.0.1:0", "-o", "json"] + words, environment: environment)
            let line = try #require(child.line())
            return (child, try #require(JSONValue(parsing: line)["url"]?.string))
        }

        @Test("A server is started, used by commands, asked to end, and started again with what it had")
        func life() throws {
            let scratch = try Scratch()
            let token = try scratch.write("abc\n", to: "token")
            let reader = try scratch.write("def\n", to: "reader")
            let words = ["--store", scratch.path("jobs"), "--token-file", token, "--read-token-file", reader]
            let first = try Self.serve(words)
            let (mine, other) = (
                ["ROTA_URL": first.url, "ROTA_TOKEN": "abc"], ["ROTA_URL": first.url, "ROTA_TOKEN": "x"]
            )
            let created = try Self.run(
                [
                    "jobs", "create", "--name", "x", "--cron", "0 0 1 1 *", "--url", first.url + "/_rota/health", "-o",
                    "json",
                ],
                environment: mine)
            #expect(created.ending == .exited(0))
            // The server reaches itself: requests to this machine are allowed at a loopback address.
            #expect(
                try Self.run(["jobs", "run", "x", "--wait", "--timeout", "1h"], environment: mine).ending == .exited(0)
            )
            #expect(try Self.run(["jobs", "list"], environment: other).ending == .exited(4))
            let reading = ["ROTA_URL": first.url, "ROTA_TOKEN": "def"]
            #expect(try Self.run(["jobs", "list"], environment: reading).output.contains("x"))
            #expect(try Self.run(["jobs", "delete", "x"], environment: reading).ending == .exited(4))
            #expect(try Self.run(["--store", scratch.path("jobs"), "jobs", "pause", "x"]).ending == .exited(5))
            kill(first.child.id, SIGTERM)
            #expect(first.child.wait() == .exited(0))
            #expect(try Self.run(["jobs", "list"], environment: mine).ending == .exited(7))
            let second = try Self.serve(words + ["--read-only"])
            let again = ["ROTA_URL": second.url, "ROTA_TOKEN": "abc"]
            #expect(
                try Self.run(["executions", "list", "--status", "succeeded"], environment: again).output.contains(
                    "manual"))
            #expect(try Self.run(["jobs", "delete", "x"], environment: again).ending == .exited(4))
            kill(second.child.id, SIGINT)
            #expect(second.child.wait() == .exited(0))
        }

        @Test("A crontab is imported at the start, an open server needs no token, and a taken port is told")
        func open() throws {
            let scratch = try Scratch()
            let crontab = try scratch.write("@daily https://example.com/daily # Daily\n", to: "crontab")
            let server = try Self.serve(["--store", ":memory:", "--crontab", crontab, "--profile", "krafter"])
            let environment = ["ROTA_URL": server.url]
            #expect(try Self.run(["jobs", "list"], environment: environment).output.contains("Daily"))
            let port = try #require(server.url.split(separator: ":").last)
            let taken = try Self.run(["serve", "--store", ":memory:", "--listen", "127.0.0.1:\(port)"])
            #expect(taken.ending == .exited(5))
            let waiting = try ChildProcess(Self.program(), ["tail", "-f", "--url", server.url])
            let interrupted = try ChildProcess(Self.program(), ["tail", "-f", "--url", server.url])
            // It has begun to wait once it has printed what happened so far.
            #expect(try Self.run(["jobs", "run", "Daily"], environment: environment).ending == .exited(0))
            #expect(waiting.line()?.contains("Daily") == true && interrupted.line()?.contains("Daily") == true)
            kill(interrupted.id, SIGINT)
            #expect(interrupted.wait() == .exited(130))
            kill(server.child.id, SIGTERM)
            #expect(server.child.wait() == .exited(0))
            // It waits for the server to come back.
            kill(waiting.id, SIGINT)
            #expect(waiting.wait() == .exited(130))
        }

        #if os(Linux)
            @Test("Output that cannot be written is not lost in silence")
            func fullDevice() throws {
                let scratch = try Scratch()
                let server = try Self.serve(["--store", scratch.path("jobs")])
                kill(server.child.id, SIGTERM)
                #expect(server.child.wait() == .exited(0))
                for words in ["store export \(scratch.path("jobs"))", "zones"] {
                    let child = try ChildProcess("/bin/sh", ["-c", "exec '\(Self.program())' \(words) > /dev/full"])
                    #expect(child.wait() == .exited(1), "\(words)")
                }
            }
        #endif

        @Test("A server tells where its page and its API are, below its prefix")
        func places() throws {
            let child = try ChildProcess(
                Self.program(),
                ["serve", "--listen", "127.0.0.1:0", "--store", ":memory:", "--prefix", "/r", "--profile", "krafter"],
                environment: ["ROTA_READ_TOKEN": "abc"])
            let lines = try (0..<6).map { _ in try #require(child.line()) }
            let url = try #require(lines[0].split(separator: " ").last)
            #expect(url.hasSuffix("/r") && lines[1] == "  Page: \(url)/_rota/")
            #expect(lines[2].hasSuffix("'s API under /r/v1, Rota's own under /r/_rota/") || lines[2].contains(" /r/"))
            #expect(lines[5].contains("$ROTA_READ_TOKEN"))
            kill(child.id, SIGTERM)
            #expect(child.wait() == .exited(0))
        }

        @Test("A server that cannot have its port does nothing")
        func takenPort() throws {
            let scratch = try Scratch()
            let server = try Self.serve(["--store", ":memory:"])
            let port = try #require(server.url.split(separator: ":").last)
            let crontab = try scratch.write("@daily https://example.com/daily # Daily\n", to: "crontab")
            let path = scratch.path("jobs")
            let taken = try Self.run(
                ["serve", "--store", path, "--crontab", crontab, "--listen", "127.0.0.1:\(port)"])
            #expect(taken.ending == .exited(5))
            #expect(try Self.run(["store", "status", path, "-o", "json"]).output.contains("\"jobs\": 0"))
            kill(server.child.id, SIGTERM)
            #expect(server.child.wait() == .exited(0))
        }

        @Test("The crontab is read again on SIGHUP, and what changed is printed")
        func reload() throws {
            let scratch = try Scratch()
            let crontab = try scratch.write("@daily https://example.com/daily # Daily\n", to: "crontab")
            let server = try ChildProcess(
                Self.program(), ["serve", "--listen", "127.0.0.1:0", "--store", ":memory:", "--crontab", crontab])
            /// The lines until one that begins with a text.
            func lines(to beginning: String) -> [String] {
                var lines: [String] = []
                while let line = server.line() {
                    lines.append(line)
                    if line.hasPrefix(beginning) { break }
                }
                return lines
            }
            #expect(lines(to: "Crontab:") == ["Crontab: 1 jobs are new, 0 lost their line."])
            _ = lines(to: "  Try:")
            _ = try scratch.write("@weekly https://example.com/weekly # Weekly\n", to: "crontab")
            kill(server.id, SIGHUP)
            #expect(
                lines(to: "Crontab:") == ["+ Weekly", "- Daily", "Crontab: 1 jobs are new, 1 lost their line."])
            kill(server.id, SIGTERM)
            #expect(server.wait() == .exited(0))
        }

        @Test("Strait's workers report with tokens that survive a restart, and Krafter's failures have a channel")
        func profiles() async throws {
            let scratch = try Scratch()
            func send(
                _ url: String, _ target: String, _ body: JSONValue, token: String? = nil
            ) async throws -> (status: Int, json: JSONValue) {
                let request = APIRequest(
                    method: "POST", target: target, headers: [("Content-Type", "application/json")],
                    body: Data(body.text.utf8))
                let answer = try await HTTPConnection(url, token: token, timeout: .seconds(3_600)).respond(to: request)
                return (answer.status, (try? JSONValue(parsing: Array(answer.body))) ?? .null)
            }
            let words = ["--profile", "strait", "--store", scratch.path("jobs")]
            let first = try Self.serve(words)
            let job = try await send(
                first.url, "/v1/jobs",
                ["project_id": "p", "name": "a", "slug": "a", "endpoint_url": .string(first.url + "/health")])
            let id = try #require(job.json["id"]?.string, "\(job.json)")
            let run = try await send(
                first.url, "/v1/jobs/\(id)/trigger",
                ["scheduled_at": .string(ISO8601.milliseconds(Date().addingTimeInterval(3_600)))])
            let (token, name) = (try #require(run.json["run_token"]?.string), try #require(run.json["id"]?.string))
            let target = "/sdk/v1/runs/\(name)/heartbeat"
            // It is not waiting for its end yet, which only its own token can learn.
            #expect(try await send(first.url, target, [:], token: token).status == 409)
            #expect(try await send(first.url, target, [:], token: "other").status == 401)
            kill(first.child.id, SIGTERM)
            #expect(first.child.wait() == .exited(0))
            let second = try Self.serve(words)
            #expect(try await send(second.url, target, [:], token: token).status == 409)
            kill(second.child.id, SIGTERM)
            #expect(second.child.wait() == .exited(0))

            let check: JSONValue = [
                "name": "a", "url": "https://example.com", "schedule_type": "interval", "schedule": "every_5m",
                "failure_notify": true,
            ]
            for (words, status) in [(["--notify-url", "https://hooks.example.com/"], 201), ([], 422)] {
                let server = try Self.serve(["--profile", "krafter", "--store", ":memory:"] + words)
                #expect(try await send(server.url, "/api/v1/cron/jobs", check).status == status)
                kill(server.child.id, SIGTERM)
                #expect(server.child.wait() == .exited(0))
            }
        }

        @Test("Without a command there is help, and a wrong one exits with 2")
        func help() throws {
            let help = try Self.run([])
            #expect(help.ending == .exited(0) && help.output.contains("Usage: rota COMMAND"))
            #expect(try Self.run(["jobz"]).ending == .exited(2))
            #expect(try Self.run(["next", "@daily", "-n", "1", "--utc"]).output.contains(" 00:00:00Z"))
        }

        @Test("The version is told, and is the one that the changelog's first section is about")
        func version() throws {
            #expect(try Self.run(["version"]).output == "rota \(Version.text)\n")
            let root = (0..<4).reduce(URL(filePath: #filePath)) { path, _ in path.deletingLastPathComponent() }
            let changelog = try String(contentsOf: root.appending(path: "CHANGELOG.md"), encoding: .utf8)
            let sections = changelog.split(separator: "\n## ").dropFirst()
            let heading = try #require(sections.first?.split(separator: "\n").first)
            // "Unreleased: 0.1.0-dev", or "0.1.0 - 2026-12-01".
            let names = heading == "Unreleased: \(Version.text)" || heading.hasPrefix("\(Version.text) - ")
            #expect(names, "\(heading)")
        }
    }
#endif
