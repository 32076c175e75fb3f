import Foundation
import Rota
import RotaCLI
import RotaHTTP
import RotaStore
import Testing

@Suite("Command lines that contradict themselves, or say nothing")
struct ContradictionTests {
    @Test(
        "They are refused with exit code 2, and change nothing",
        arguments: [
            (["jobs", "list", "--store", "a", "--url", "http://b"], "contradict"),
            (["jobs", "list", "--all", "--limit", "3"], "contradict"), (["timers", "--all", "-n", "3"], "contradict"),
            (["jobs", "apply", "-f", "-", "--prune", "--orphans", "keep"], "contradict"),
            (
                [
                    "jobs", "create", "--name", "y", "--every", "1h", "--url", "https://x.example", "--draft",
                    "--paused",
                ],
                "contradict"
            ), (["jobs", "run", "x", "--timeout", "5s"], "--timeout needs --wait"),
            (["lint", "-", "--zone", "Nowhere"], "no time zone"),
            (["jobs", "pause", "x", "--search", "x"], "not both"),
            (["jobs", "delete", "x", "--tag", "a=b"], "not both"),
            (["executions", "cancel", "x", "--job", "x"], "not both"),
            (["jobs", "preview", "x", "--cron", "1 * * * *", "--from", "now"], "--from needs a JOB"),
            (["jobs", "preview", "--cron", "1 * * * *", "--to", "now"], "--to needs a JOB"),
            (["jobs", "get", ""], "JOB is empty"), (["executions", "wait", ""], "EXECUTION is empty"),
            (["jobs", "pause", "x", ""], "JOB is empty"), (["jobs", "get", ".."], "names nothing"),
            (["executions", "cancel", "--job", "", "-y"], "--job is empty"),
            (["jobs", "delete", "--search", " ", "-y"], "--search is empty"),
            (["tail", "--job", ""], "--job is empty"),
        ])
    func refused(_ words: [String], _ message: String) async throws {
        let bench = CLIBench()
        _ = try await bench.job("x")
        let result = await bench.run(words, input: "0 9 * * *")
        #expect(result.exit == .usage && result.errors.contains(message), "\(result)")
        #expect(result.output.isEmpty)
        let jobs = try await bench.scheduler.jobs().items
        #expect(jobs.map(\.name) == ["x"] && jobs[0].state == .active)
        #expect(try await bench.scheduler.executions().items.isEmpty)
    }

    @Test("A preview of a job obeys the options that would change it, and changes nothing")
    func preview() async throws {
        let bench = CLIBench()
        let id = try await bench.job("x")
        _ = await bench.run("jobs", "edit", "x", "-H", "Authorization: Bearer abc")
        let preview = await bench.run("jobs", "preview", "x", "--cron", "30 9 * * *", "--count", "1", "--utc")
        #expect(preview.exit == .done && preview.output.contains("2026-03-16 09:30:00Z"), "\(preview)")
        let job = try #require(try await bench.scheduler.jobs().items.first)
        #expect(job.id.description == id && job.version == 2)
    }

    @Test("Identifiers are printed alone, and what has none prints no line")
    func identifiers() async throws {
        let bench = CLIBench()
        let id = try await bench.job("x")
        #expect(await bench.run("timers", "-o", "ids").output == id + "\n")
        #expect(await bench.run("jobs", "pause", "--search", "x", "-y", "-o", "ids").output.isEmpty)
        #expect(await bench.run("jobs", "explain", "x", "-o", "ids").output.isEmpty)
        let file = #"[{"name": "y", "schedule": "@daily", "url": "https://x.example/"}]"#
        #expect(await bench.run("apply", "-f", "-", "-o", "ids", input: file).lines.count == 1)
        #expect(await bench.run("apply", "-f", "-", "-o", "ids", input: file).output.isEmpty)
    }

    @Test("The JSON of several changes is one list, with what was done before a failure")
    func several() async throws {
        let bench = CLIBench()
        for name in ["a", "b"] { _ = try await bench.job(name) }
        let paused = await bench.run("jobs", "pause", "a", "b", "-o", "json").json["items"]
        #expect(paused?[0]?["name"] == "a" && paused?[1]?["state"] == "paused")
        #expect(await bench.run("jobs", "resume", "a", "-o", "json").member("state") == "active")
        let deleted = await bench.run("jobs", "delete", "a", "nope", "b", "-o", "json")
        #expect(deleted.exit == .notFound && deleted.json["items"]?[0]?["deleted"] == true, "\(deleted)")
        #expect(try await bench.scheduler.jobs().items.map(\.name) == ["b"])
    }

    @Test("A list that is cut says so")
    func cut() async throws {
        let bench = CLIBench()
        for number in 0..<3 { _ = try await bench.job("x\(number)") }
        let timers = await bench.run("timers", "-n", "2")
        #expect(timers.lines.count == 3 && timers.errors.contains("There is more"))
        #expect(await bench.run("timers", "--all").lines.count == 4)
        let next = await bench.run("next", "* * * * *", "--to", "now+10d", "-o", "jsonl")
        #expect(next.lines.count == 10_000 && next.errors.contains("There are more before"), "\(next.errors)")
        let whole = await bench.run("next", "* * * * *", "--to", "now+5d", "-o", "jsonl")
        #expect(whole.lines.count == 7_199 && whole.errors.isEmpty)
    }
}
