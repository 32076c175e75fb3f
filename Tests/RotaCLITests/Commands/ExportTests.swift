import Foundation
import Rota
import RotaCLI
import RotaHTTP
import RotaStore
import RotaTesting
import Testing

@Suite("rota jobs export")
struct ExportTests {
    private static func create(_ bench: CLIBench, _ name: String, _ words: String...) async {
        let result = await bench.run(
            ["jobs", "create", "--name", name, "--url", "https://example.com/\(name)"] + words)
        #expect(result.exit == .done, "\(result)")
    }

    @Test("What was exported and is applied to the same server changes nothing, whether or not jobs have slugs")
    func same() async throws {
        let bench = CLIBench()
        await Self.create(bench, "plain", "--every", "90s")
        await Self.create(bench, "twin", "--cron", "0 9 * * *")
        await Self.create(bench, "twin", "--cron", "0 10 * * *")
        await Self.create(bench, "named", "--cron", "0 9 * * *", "--slug", "s", "--project", "p")
        await Self.create(bench, "kept", "--cron", "0 9 * * *", "-H", "Authorization: Bearer abc", "--slug", "k")
        await Self.create(bench, "once", "--at", "now+1m")
        try await bench.running { await bench.clock.advance(by: .seconds(120), driving: [bench.scheduler]) }
        let before = try await bench.scheduler.jobs().items
        let runs = try await bench.scheduler.executions().items.count
        #expect(before.contains { $0.state == .completed } && runs > 0)

        let file = await bench.run("jobs", "export").output
        let applied = await bench.run("jobs", "apply", "-f", "-", input: file)
        #expect(applied.exit == .done && !applied.output.contains("created"), "\(applied)")
        let after = try await bench.scheduler.jobs().items
        #expect(after.map(\.id) == before.map(\.id) && after.map(\.definition) == before.map(\.definition))
        #expect(after.map(\.version) == before.map(\.version) && after.map(\.state) == before.map(\.state))
        #expect(after.allSatisfy { $0.declaredBy == "rota-apply" })
        // The second time they are the owner's already.
        let again = await bench.run("jobs", "export").output
        #expect(await bench.run("jobs", "apply", "-f", "-", input: again).output == "6 unchanged\n")
        try await bench.running { await bench.clock.advance(by: .milliseconds(1), driving: [bench.scheduler]) }
        #expect(try await bench.scheduler.executions().items.count == runs)

        let changed = again.replacing("0 9 * * *", with: "5 9 * * *")
        let update = await bench.run("jobs", "apply", "-f", "-", input: changed)
        #expect(update.output.contains("3 updated") && update.output.contains("- schedule.cron: \"0 9 * * *\""))
        let kept = try #require(try await bench.scheduler.jobs(JobQuery().with { $0.slug = "k" }).items.first)
        #expect(kept.definition.action.request?.headers["Authorization"] == "Bearer abc")
    }

    @Test("On another server the jobs are new, but for those that are completed")
    func other() async throws {
        let (bench, other) = (CLIBench(), CLIBench())
        await Self.create(bench, "plain", "--every", "90s")
        await Self.create(bench, "once", "--at", "now+1m")
        try await bench.running { await bench.clock.advance(by: .seconds(61), driving: [bench.scheduler]) }
        let file = await bench.run("jobs", "export").output
        // Identifiers begin with the time, so those of the two differ.
        await other.clock.advance(by: .seconds(3_600), driving: [])
        for expected in ["1 created (plain)", "1 unchanged"] {
            let applied = await other.run("jobs", "apply", "-f", "-", input: file)
            #expect(applied.exit == .done && applied.output.contains(expected), "\(applied)")
            #expect(applied.output.contains("left out: \"once\" is completed"))
        }
        #expect(try await other.scheduler.jobs().items.map(\.name) == ["plain"])
    }

    @Test("The jobs of another owner are refused, and an export of one owner's jobs names it")
    func owners() async throws {
        let bench = CLIBench()
        let file = #"{"owner": "web", "jobs": [{"name": "a", "schedule": "@daily", "url": "https://example.com/"}]}"#
        #expect(await bench.run("jobs", "apply", "-f", "-", input: file).exit == .done)
        let exported = await bench.run("jobs", "export").output
        #expect(await bench.run("jobs", "apply", "-f", "-", input: exported).output == "1 unchanged\n")
        let foreign = await bench.run("jobs", "apply", "-f", "-", "--owner", "other", input: exported)
        #expect(foreign.exit == .refused && foreign.errors.contains("\"web\" declares it already"), "\(foreign)")
    }
}
