import Foundation
import Rota
import RotaAPI
import RotaCLI
import RotaHTTP
import RotaStore
import RotaTesting
import Testing

@Suite("rota crontab export")
struct CrontabExportTests {
    private static func job(_ name: String, _ url: String, _ change: (inout JobDraft) throws -> Void = { _ in }) throws
        -> JobDraft
    {
        var draft = JobDraft(name: name, schedule: try .cron("0 9 * * *"), action: .http(try .get(url)))
        try change(&draft)
        return draft
    }

    @Test("URLs are written whole: with their query, and with an at sign in the path")
    func urls() async throws {
        let bench = CLIBench()
        for url in ["https://x.example/hook?id=1", "https://x.example/@scope/p", "https://x.example/{{job_id}}"] {
            try await bench.scheduler.create(Self.job("job", url))
        }
        #expect(
            await bench.run("crontab", "export").lines == [
                "0 9 * * * https://x.example/hook?id=1 # job", "0 9 * * * https://x.example/@scope/p # job",
                "0 9 * * * https://x.example/{{job_id}} # job",
            ])
    }

    @Test("A token that may only read gets a comment in place of a URL that it may not see")
    func reader() async throws {
        let bench = CLIBench(scopes: [.read])
        try await bench.scheduler.create(Self.job("a", "https://x.example/hook?id=1"))
        try await bench.scheduler.create(Self.job("b", "https://x.example/b"))
        let lines = await bench.run("crontab", "export").lines
        #expect(
            lines.count == 2 && lines[0].hasPrefix("# a: ") && lines[0].hasSuffix("its URL is not shown to this token.")
        )
        #expect(lines[1] == "0 9 * * * https://x.example/b # b")
    }

    @Test("What no line can say is left out with the reason, and what was written is imported as the same jobs")
    func roundTrip() async throws {
        let (bench, other) = (CLIBench(), CLIBench())
        let url = "https://x.example/"
        try await bench.scheduler.create(Self.job("plain", url))
        try await bench.scheduler.create(
            Self.job("paris", url) { $0.definition.schedule = try .cron("5 9 * * 1", in: "Europe/Paris") })
        try await bench.scheduler.create(Self.job("every", url) { $0.definition.schedule = .every(.seconds(300)) })
        try await bench.scheduler.create(
            Self.job("seconds", url) { $0.definition.schedule = try .cron("*/10 0 9 * * *") })
        try await bench.scheduler.create(
            Self.job("once", url) { $0.definition.schedule = .once(at: bench.clock.now.addingTimeInterval(9)) })
        try await bench.scheduler.create(
            Self.job("limited", url) { $0.definition.schedule = try .cron("0 9 * * *").limited(toRuns: 3) })
        try await bench.scheduler.create(
            Self.job("quartz", url) { $0.definition.schedule = try .cron("0 0 9 ? * 2", dialect: .quartz) })
        try await bench.scheduler.create(
            Self.job("headers", url) { $0.definition.action = .http(try .get(url, headers: ["X-A": "b"])) })
        try await bench.scheduler.create(
            Self.job("timeout", url) { $0.definition.action = .http(try .get(url, timeout: .seconds(3))) })
        try await bench.scheduler.create(
            Self.job("post", url) { $0.definition.action = .http(try .post(url, body: .text("x"))) })
        try await bench.scheduler.create(Self.job("retry", url) { $0.definition.retry = .none })
        try await bench.scheduler.create(Self.job("handler", url) { $0.definition.action = .handler("h") })
        let exported = await bench.run("crontab", "export")
        let (comments, lines) = (
            exported.lines.filter { $0.hasPrefix("#") }, exported.lines.filter { !$0.hasPrefix("#") }
        )
        #expect(
            lines == [
                "0 9 * * * https://x.example/ # plain", "CRON_TZ=Europe/Paris", "5 9 * * 1 https://x.example/ # paris",
                "@every 5m https://x.example/ # every",
            ], "\(exported.output)")
        let reasons = comments.map { $0.split(separator: ": ").last.map(String.init) ?? "" }
        #expect(
            reasons == [
                "a crontab has five fields and a plain URL.", "its schedule is not a cron expression.",
                "no line can say its schedule.", "a crontab has five fields and a plain URL.",
                "no line can say its action.", "no line can say its action.", "no line can say its action.",
                "no line can say its retry.", "it sends no request.",
            ], "\(exported.output)")
        #expect(await other.run("crontab", "import", "-", input: exported.output).output.contains("3 created"))
        let (mine, theirs) = try await (bench.scheduler.jobs().items, other.scheduler.jobs().items)
        #expect(mine.prefix(2).map(\.definition.schedule) == theirs.prefix(2).map(\.definition.schedule))
        #expect(mine.prefix(3).map(\.definition.action) == theirs.map(\.definition.action))
        let json = await bench.run("crontab", "export", "-o", "json").json["items"]
        #expect(json?[1]?["zone"] == "Europe/Paris" && json?[1]?["line"] == "5 9 * * 1 https://x.example/ # paris")
        #expect(json?[11]?["reason"] == "it sends no request" && json?[11]?["line"] == nil)
    }
}
