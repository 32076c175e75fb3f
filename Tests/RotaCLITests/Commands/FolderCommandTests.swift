import Foundation
import Rota
import RotaCLI
import RotaHTTP
import RotaStore
import RotaTesting
import Testing

@Suite("Commands on a folder")
struct FolderCommandTests {
    /// A folder with a job, and the scheduler of the process that has it open.
    private struct Folder {
        let scratch: Scratch
        let bench = CLIBench()
        let store: FileJobStore
        let scheduler: Scheduler
        var path: String { scratch.path("jobs") }

        init(_ names: String...) async throws {
            scratch = try Scratch()
            store = try await FileJobStore(directory: URL(filePath: scratch.path("jobs")))
            scheduler = Scheduler(store: store, clock: bench.clock)
            for name in names {
                try await scheduler.create(
                    JobDraft(name: name, schedule: .cron("0 * * * *"), action: .http(.get("https://api.example.com/"))))
            }
        }

        func run(_ words: String..., input: String = "") async -> CLIBench.Result {
            await bench.run(["--store", path] + words, input: input, isConnected: false)
        }
    }

    @Test("A wait sees what the process that writes does meanwhile")
    func waiting() async throws {
        let folder = try await Folder("x")
        let job = try #require(try await folder.scheduler.jobs().items.first)
        let id = try await folder.scheduler.trigger(job.id).id
        let (bench, words) = (folder.bench, ["--store", folder.path, "executions", "wait", id.description])
        async let waiting = bench.run(words, isConnected: false)
        while folder.bench.clock.sleeperCount == 0 { await Task.yield() }
        _ = try await folder.scheduler.cancel(id)
        await folder.bench.clock.advance(by: .seconds(1), driving: [])
        let result = await waiting
        #expect(result.exit == .failed && result.output.contains("canceled"), "\(result)")
        try await folder.store.close()
    }

    @Test(
        "What only a running server knows is refused, and changes nothing",
        arguments: [
            ["jobs", "run", "x", "--wait"], ["tail"], ["executions", "tail"], ["stats"], ["metrics"],
        ])
    func needsServer(_ words: [String]) async throws {
        let folder = try await Folder("x")
        try await folder.store.close()
        let result = await folder.bench.run(["--store", folder.path] + words, isConnected: false)
        #expect(result.exit == .usage && result.errors.contains("needs a server"), "\(result)")
        #expect(await folder.run("executions", "list", "-o", "ids").lines.isEmpty)
    }

    @Test("Dry runs and counts read beside the process that writes, and what changes something does not")
    func besideWriter() async throws {
        let folder = try await Folder("x")
        let file = #"[{"name": "y", "schedule": "@daily", "url": "https://x.example/"}]"#
        let dry = await folder.run("jobs", "apply", "-f", "-", "--dry-run", input: file)
        #expect(dry.exit == .done && dry.output.contains("1 created"), "\(dry)")
        let diff = await folder.run("crontab", "diff", "-", input: "@daily https://x.example/")
        #expect(diff.exit == .done && diff.output.contains("1 created"), "\(diff)")
        let count = await folder.run("jobs", "pause", "--search", "x")
        #expect(count.exit == .usage && count.errors.contains("1 job matches."), "\(count)")
        let preview = await folder.run("jobs", "preview", "x", "--cron", "1 * * * *")
        #expect(preview.exit == .done, "\(preview)")
        for words in [["jobs", "pause", "--search", "x", "-y"], ["jobs", "apply", "-f", "-"]] {
            let result = await folder.bench.run(["--store", folder.path] + words, input: file, isConnected: false)
            #expect(result.exit == .conflict, "\(result)")
        }
        try await folder.store.close()
    }

    @Test("A job that is called like a route is changed like any other")
    func previewNames() async throws {
        let folder = try await Folder("preview-report", "preview")
        try await folder.store.close()
        #expect(await folder.run("jobs", "pause", "preview-report").output == "Paused preview-report.\n")
        #expect(await folder.run("jobs", "list", "--state", "paused", "-o", "ids").lines.count == 1)
    }
}
