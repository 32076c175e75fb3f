import Foundation
import Rota
import RotaCLI
import RotaHTTP
import RotaTestSupport
import RotaTesting
import Testing

@Suite("rota executions")
struct ExecutionCommandTests {
    @Test("Executions are listed, of one job too, shown and replayed", .rows("T-115 to T-118"))
    func seeds() async throws {
        let bench = CLIBench()
        let job = try await bench.job("my-job")
        _ = try await bench.job("other")
        let id = try #require(await bench.run("jobs", "run", job, "-o", "json").member("id"))
        _ = await bench.run("jobs", "run", "other")
        #expect(await bench.run("executions", "list").lines.count == 3)
        let ofJob = await bench.run("executions", "list", "--job", job)
        #expect(ofJob.lines.count == 2 && ofJob.output.contains("manual") && ofJob.output.contains("my-job"))
        #expect(await bench.run("executions", "get", id).output.contains("manual"))
        let replay = await bench.run("executions", "replay", id, "-o", "json")
        #expect(replay.exit == .done && replay.member("source") == "replay")
        #expect(await bench.run("executions", "list", "--source", "replay", "-o", "ids").lines == [replay.member("id")])
    }

    @Test("Waiting ends with the execution: 0 if it succeeded, 1 if not, 124 if it takes too long")
    func waiting() async throws {
        let bench = CLIBench()
        _ = try await bench.job("x")
        let late = await bench.run("jobs", "run", "x", "--wait", "--timeout", "12s", skipsWaits: true)
        #expect(late.exit == .timedOut && late.errors.contains("still queued"))
        #expect(bench.clock.now == Date(timeIntervalSince1970: 1_773_568_812))
        let queued = try #require(await bench.run("executions", "list", "-o", "ids").lines.first)
        try await bench.running {
            #expect(await bench.run("executions", "wait", queued).exit == .done)
            bench.transport.script("/x", .status(500))
            let failed = await bench.run("jobs", "run", "x", "--wait")
            #expect(failed.exit == .failed && failed.output.contains("500"), "\(failed)")
        }
        let tail = await bench.run("tail")
        #expect(tail.exit == .done && tail.output.contains("x: "))
        let events = await bench.run("executions", "tail", "-n", "2", "-o", "jsonl")
        #expect(events.lines.count == 2)
        #expect(await bench.run("stats").output.contains("1 succeeded, 1 failed"))
        #expect(await bench.run("executions", "list", "--status", "failed", "--dead").lines.count == 2)
    }

    @Test("Executions are canceled one by one or by a filter, and a running wait sees it")
    func canceling() async throws {
        let bench = CLIBench()
        _ = try await bench.job("x")
        let first = try #require(await bench.run("jobs", "run", "x", "--at", "now+1h", "-o", "json").member("id"))
        for _ in 0..<3 { _ = await bench.run("jobs", "run", "x", "--at", "now+1h") }
        #expect(await bench.run("executions", "cancel", first, "--reason", "no").output.contains("canceled"))
        let bulk = await bench.run("executions", "cancel", "--job", "x", "--status", "queued", "-y")
        #expect(bulk.output == "Canceled 3 of 3 executions.\n")
        #expect(await bench.run("executions", "wait", first).exit == .failed)
        #expect(await bench.run("executions", "explain", first).output.contains("canceled"))
        // What has ended stays as it ended.
        #expect(await bench.run("executions", "cancel", first).output == "\(first) is canceled.\n")
    }
}
