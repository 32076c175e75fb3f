import Foundation
import Rota
import RotaAPI
import RotaCLI
import RotaHTTP
import RotaStore
import RotaTesting
import Testing

@Suite("rota apply")
struct ApplyTests {
    private static func file(_ members: String = "") -> String {
        #"{"owner": "web", "jobs": [{"name": "report", "schedule": "@daily", "url": "https://x.example/"\#(members)}]}"#
    }

    @Test("A state that the file names holds for a job that exists, and without one a job keeps its own")
    func states() async throws {
        let bench = CLIBench()
        _ = await bench.run("apply", "-f", "-", input: Self.file())
        func state() async throws -> JobState? { try await bench.scheduler.jobs().items.first?.state }
        let plan = await bench.run("apply", "-f", "-", "--dry-run", input: Self.file(#", "state": "paused""#))
        #expect(plan.lines.first == "~ report: active becomes paused", "\(plan)")
        #expect(try await state() == .active)
        #expect(await bench.run("apply", "-f", "-", input: Self.file(#", "state": "paused""#)).exit == .done)
        #expect(try await state() == .paused)
        #expect(await bench.run("apply", "-f", "-", input: Self.file()).output == "1 unchanged\n")
        #expect(try await state() == .paused)
        let resumed = await bench.run("apply", "-f", "-", input: Self.file(#", "state": "active""#))
        #expect(resumed.lines.first == "~ report: paused becomes active", "\(resumed)")
        #expect(try await state() == .active)
        // A job that runs cannot become a draft again.
        #expect(await bench.run("apply", "-f", "-", input: Self.file(#", "state": "draft""#)).exit == .conflict)
    }

    @Test("A job whose schedule has ended stays completed, whatever state an old file names")
    func completed() async throws {
        let bench = CLIBench()
        let file =
            #"[{"name": "once", "schedule": {"once": "2026-03-15T10:00:05Z"}, "url": "https://x.example/", "state": "active"}]"#
        try await bench.running {
            #expect(await bench.run("apply", "-f", "-", input: file).exit == .done)
            await bench.clock.advance(by: .seconds(10), driving: [bench.scheduler])
            let state = try await bench.scheduler.jobs().items.first?.state
            #expect(state == .completed)
            #expect(await bench.run("apply", "-f", "-", input: file).output == "1 unchanged\n")
        }
    }

    @Test("At a terminal it asks before it removes jobs, after the plan, and a no changes nothing")
    func questions() async throws {
        let bench = CLIBench()
        _ = await bench.run("apply", "-f", "-", input: Self.file())
        let other = Self.file().replacing("report", with: "other")
        let no = await bench.run("apply", "-f", "-", "--prune", input: other, answers: ["n"])
        #expect(no.exit == .failed && no.errors.contains("Delete 1 job that the file does not name? [y/N]"), "\(no)")
        #expect(no.lines.contains("- report: deleted"))
        #expect(try await bench.scheduler.jobs().items.map(\.name) == ["report"])
        #expect(await bench.run("apply", "-f", "-", "--prune", input: other, answers: ["y"]).exit == .done)
        #expect(try await bench.scheduler.jobs().items.map(\.name) == ["other"])
        _ = await bench.run("crontab", "import", "-", input: "@daily https://x.example/a\n@daily https://x.example/b")
        let import1 = await bench.run("crontab", "import", "-", input: "@daily https://x.example/a", answers: ["n"])
        #expect(import1.exit == .failed && import1.errors.contains("Pause 1 job"), "\(import1)")
        #expect(try await bench.scheduler.counts().jobs[.paused] ?? 0 == 0)
    }

    @Test("An empty file, as of a generator that broke, removes nothing without --yes")
    func empty() async throws {
        let bench = CLIBench()
        _ = await bench.run("apply", "-f", "-", input: Self.file())
        _ = await bench.run("crontab", "import", "-", input: "@daily https://x.example/")
        let empty = #"{"owner": "web", "jobs": []}"#
        for (words, input) in [(["apply", "-f", "-", "--prune"], empty), (["crontab", "import", "-"], "# nothing\n")] {
            let refused = await bench.run(words, input: input)
            #expect(refused.exit == .usage && refused.errors.contains("Add --yes"), "\(refused)")
            #expect(try await bench.scheduler.jobs(JobQuery(states: [.active])).items.count == 2)
        }
        #expect(await bench.run("apply", "-f", "-", input: empty).exit == .done)
        #expect(await bench.run("apply", "-f", "-", "--prune", "-y", input: empty).exit == .done)
        #expect(await bench.run("crontab", "import", "-", "-y", input: "").exit == .done)
        #expect(try await bench.scheduler.counts().jobs[.paused] == 1)
        #expect(try await bench.scheduler.jobs().items.count == 1)
    }

    @Test("What a reader exports warns of URLs that it may not see, and such a file is refused")
    func redacted() async throws {
        let (reader, bench) = (CLIBench(scopes: [.read]), CLIBench())
        try await reader.scheduler.create(
            JobDraft(name: "a", schedule: .cron("0 * * * *"), action: .http(.get("https://x.example/?token=s3cr3t"))))
        let exported = await reader.run("jobs", "export")
        #expect(exported.errors.contains("[redacted]") && !exported.output.contains("s3cr3t"), "\(exported)")
        let refused = await bench.run("apply", "-f", "-", input: exported.output)
        #expect(refused.exit == .refused && refused.errors.contains("Send the whole URL"), "\(refused)")
        #expect(try await bench.scheduler.jobs().items.isEmpty)
    }
}
