import Foundation
import Rota
import RotaAPI
import RotaCLI
import RotaHTTP
import RotaStore
import RotaTesting
import Testing

@Suite("rota jobs edit and deps")
struct EditCommandTests {
    private static let create = [
        "jobs", "create", "--name", "report", "--url", "https://example.com", "--cron", "0 * * * *",
        "--zone", "Europe/Paris", "-H", "Authorization: Bearer abc", "--tag", "a=b", "--slug", "report",
    ]

    /// The environment with an editor that is a shell script: `$1` is the file.
    private static func editor(_ script: String, in scratch: Scratch) throws -> [String: String] {
        ["EDITOR": "sh \(try scratch.write(script, to: "editor"))"]
    }

    /// The file that a refusal names.
    private static func kept(_ result: CLIBench.Result) -> String? {
        result.errors.firstMatch(of: #/--definition (\S+)/#).map { String($0.1) }
    }

    private static func forget(_ path: String) {
        try? FileManager.default.removeItem(at: URL(filePath: path).deletingLastPathComponent())
    }

    @Test("An editor changes and removes members, and what it leaves stays")
    func editing() async throws {
        let (bench, scratch) = (CLIBench(), try Scratch())
        _ = await bench.run(Self.create)
        let script = """
            cp "$1" '\(scratch.path("seen"))'
            sed -i.bak -e 's/0 \\* \\* \\* \\*/5 4 * * */' -e '/"a": "b"/d' "$1"
            """
        let result = await bench.run("jobs", "edit", "report", environment: try Self.editor(script, in: scratch))
        #expect(result.exit == .done, "\(result.errors)")
        #expect(result.output == "Changed attributes, schedule of report. It is version 2.\n")
        let seen = try String(contentsOfFile: scratch.path("seen"), encoding: .utf8)
        #expect(seen.contains("[redacted]") && !seen.contains("Bearer abc"))
        let job = try #require(try await bench.scheduler.jobs().items.first)
        #expect(job.definition.schedule == (try .cron("5 4 * * *", in: "Europe/Paris")))
        #expect(job.definition.attributes == JobAttributes(slug: "report"))
        #expect(job.definition.action.request?.headers["Authorization"] == "Bearer abc")
    }

    @Test("Another rule, and members that are gone, replace what was there")
    func replacing() async throws {
        let (bench, scratch) = (CLIBench(), try Scratch())
        _ = await bench.run(Self.create)
        let text = """
            {"name": "other", "schedule": {"every": "1h"}, "action": {"http": {"url": "https://example.com/x"}}}
            """
        let script = "printf '%s' '\(text)' > \"$1\""
        let result = await bench.run("jobs", "edit", "report", environment: try Self.editor(script, in: scratch))
        #expect(result.exit == .done, "\(result.errors)")
        let definition = try #require(try await bench.scheduler.jobs().items.first).definition
        #expect(definition.name == "other" && definition.attributes == .none)
        #expect(definition.schedule.timeZoneIdentifier == nil && definition.schedule.kind != .onDemand)
        #expect(definition.action.request?.headers.fields.isEmpty == true)
        #expect(definition.action.request?.url == "https://example.com/x")
    }

    @Test(
        "A text that is no JSON, that the server refuses, or that comes too late is kept and can be tried again",
        arguments: [
            (#"echo '{' > "$1""#, ExitCode.usage), (#"sed -i.bak 's/0 \* \* \* \*/99 * * * */' "$1""#, .refused),
            (#"sed -i.bak 's/0 \* \* \* \*/7 * * * */' "$1""#, .conflict), (#"echo '{}' > "$1"; exit 3"#, .failed),
        ])
    func refused(_ script: String, _ exit: ExitCode) async throws {
        let (bench, scratch) = (CLIBench(), try Scratch())
        _ = await bench.run(Self.create)
        let job = try #require(try await bench.scheduler.jobs().items.first)
        let environment = try Self.editor(script, in: scratch)
        let result = await bench.run("jobs", "edit", "report", environment: environment) {
            [scheduler = bench.scheduler] in
            guard exit == .conflict, $0.method == "PATCH" else { return }
            _ = try? await scheduler.update(job.id) { $0.priority = 7 }
        }
        #expect(result.exit == exit, "\(result.errors)")
        let file = try #require(Self.kept(result), "\(result.errors)")
        defer { Self.forget(file) }
        #expect(FileManager.default.fileExists(atPath: file))
        #expect(try await bench.scheduler.job(job.id).definition.schedule == job.definition.schedule)
        guard exit == .conflict else { return }
        let again = await bench.run("jobs", "edit", "report", "--definition", file)
        #expect(again.exit == .done, "\(again.errors)")
        #expect(
            try await bench.scheduler.job(job.id).definition.schedule == (try .cron("7 * * * *", in: "Europe/Paris")))
    }

    @Test("Options never open an editor, and keep the zone that a job has without a schedule for it")
    func options() async throws {
        let (bench, scratch) = (CLIBench(), try Scratch())
        _ = await bench.run(Self.create)
        let editor = try Self.editor("exit 1", in: scratch)
        let same = await bench.run(["jobs", "edit", "report", "--tag", "a=b"], environment: editor)
        #expect(same.exit == .done && same.output == "Nothing was changed.\n", "\(same)")
        var definition = JobDefinition(
            name: "tick", schedule: .every(.seconds(60)), action: .http(try .get("https://example.com/")))
        definition.attributes.timeZone = "Asia/Tokyo"
        let job = try await bench.scheduler.create(JobDraft(definition))
        #expect(await bench.run("jobs", "edit", "tick", "--cron", "30 9 * * *").exit == .done)
        #expect(
            try await bench.scheduler.job(job.id).definition.schedule == (try .cron("30 9 * * *", in: "Asia/Tokyo")))
    }

    @Test("An editor that changes nothing changes nothing, and without one an option is needed")
    func unchanged() async throws {
        let (bench, scratch) = (CLIBench(), try Scratch())
        _ = await bench.run(Self.create)
        let none = await bench.run("jobs", "edit", "report", environment: try Self.editor(":", in: scratch))
        #expect(none.exit == .done && none.output == "Nothing was changed.\n")
        #expect(await bench.run("jobs", "edit", "report").exit == .usage)
        #expect(try await bench.scheduler.jobs().items.first?.version == 1)
        let visual = ["VISUAL": "sh \(try scratch.write("exit 0", to: "visual"))", "EDITOR": "false"]
        #expect(await bench.run("jobs", "edit", "report", environment: visual).exit == .done)
    }

    @Test("Dependencies are added, listed and removed, by name or identifier")
    func dependencies() async throws {
        let bench = CLIBench()
        let (first, second) = (try await bench.job("first"), try await bench.job("second"))
        let added = await bench.run("jobs", "deps", "second", "--add", "first", "--condition", "any", "-o", "json")
        let id = try #require(added.member("id"), "\(added.errors)")
        #expect(added.member("dependsOn") == first)
        let listed = await bench.run("jobs", "deps", "second").output
        #expect(listed.contains(first) && listed.contains("any") && listed.contains(id))
        #expect(try await bench.scheduler.dependencies(of: #require(JobID(second))).map(\.condition) == [.any])
        #expect(await bench.run("jobs", "deps", "first", "--add", "second").exit == .refused)
        #expect(await bench.run("jobs", "deps", "second", "--condition", "any").exit == .usage)
        // A dependency of another job is not this one's to remove.
        #expect(await bench.run("jobs", "deps", "first", "--remove", "second").exit == .notFound)
        #expect(await bench.run("jobs", "deps", "second", "--remove", "first").exit == .done)
        #expect(try await bench.scheduler.dependencies(of: #require(JobID(second))).isEmpty)
        #expect(await bench.run("jobs", "deps", "second", "--remove", id).exit == .notFound)
    }
}
