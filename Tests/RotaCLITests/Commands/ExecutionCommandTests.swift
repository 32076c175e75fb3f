import Foundation
import Rota
import RotaCLI
import RotaHTTP
import RotaStore
import RotaTestSupport
import RotaTesting
import Synchronization
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

    @Test("The events that are shown are the latest, however many there were")
    func latestEvents() async throws {
        let bench = CLIBench()
        let id = try await bench.job("x")
        for _ in 0..<1_200 {
            _ = try await bench.scheduler.trigger(#require(JobID(id)))
        }
        let last = try #require(await bench.run("jobs", "run", "x", "-o", "json").member("id"))
        #expect(await bench.run("tail", "-n", "1", "-o", "ids").lines == [last])
    }

    @Test("A wait outlives a server that is started again, and gives up on one that stays away")
    func restarts() async throws {
        let bench = CLIBench()
        _ = try await bench.job("x")
        let id = try #require(await bench.run("jobs", "run", "x", "-o", "json").member("id"))
        _ = await bench.run("executions", "cancel", id)
        let failures = Mutex(3)
        bench.intercept.withLock { intercept in
            intercept = { _ in
                let isAway = failures.withLock { count in
                    count -= 1
                    return count >= 0
                }
                if isAway { throw Failure(.unreachable, "The server cannot be reached.") }
                return nil
            }
        }
        async let waiting = bench.run("executions", "wait", id)
        for pause in [1, 2] {
            while bench.clock.sleeperCount == 0 { await Task.yield() }
            await bench.clock.advance(by: .seconds(pause), driving: [])
        }
        let result = await waiting
        #expect(result.exit == .failed && result.output.contains("canceled"), "\(result)")
        #expect(result.errors == "The server cannot be reached. Trying again.\n")
        failures.withLock { $0 = .max }
        async let gone = bench.run("executions", "wait", id)
        for pause in [1, 2, 4, 8, 15] {
            while bench.clock.sleeperCount == 0 { await Task.yield() }
            await bench.clock.advance(by: .seconds(pause), driving: [])
        }
        #expect(await gone.exit == .unreachable)
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

    @Test("A source that no execution has is refused, and what has ended otherwise cannot be canceled")
    func refusals() async throws {
        let bench = CLIBench()
        _ = try await bench.job("x")
        let bogus = await bench.run("executions", "list", "--source", "manuel")
        #expect(bogus.exit == .refused && bogus.errors.contains("Did you mean manual?"), "\(bogus)")
        #expect(await bench.run("executions", "list", "--source", "backfill,chain").exit == .done)
        let id = try #require(await bench.run("jobs", "run", "x", "-o", "json").member("id"))
        try await bench.running {
            bench.transport.script("/x", .status(500))
            #expect(await bench.run("executions", "wait", id).exit == .failed)
        }
        let canceled = await bench.run("executions", "cancel", id)
        #expect(canceled.exit == .conflict && canceled.errors.contains("it has ended, as failed"), "\(canceled)")
    }

    @Test("The reason of a cancellation is shown, also of one by a filter")
    func reasons() async throws {
        let bench = CLIBench()
        _ = try await bench.job("x")
        for words in [[], ["--job", "x", "--yes"]] {
            let id = try #require(await bench.run("jobs", "run", "x", "--at", "now+1h", "-o", "json").member("id"))
            let given = words.isEmpty ? [id] : words
            #expect(await bench.run(["executions", "cancel"] + given + ["--reason", "not today"]).exit == .done)
            #expect(await bench.run("executions", "get", id).output.contains("not today"))
        }
    }

    @Test("A history is as long as asked, skips included; no latest event is no finding")
    func limits() async throws {
        let bench = CLIBench()
        let id = try await bench.job("x")
        try await bench.running {
            for _ in 0..<3 {
                try await bench.scheduler.skipNext(1, of: JobID(id) ?? JobID(bits: 0))
                await bench.clock.advance(by: .seconds(7_200), driving: [bench.scheduler])
            }
        }
        #expect(await bench.run("jobs", "history", "x", "-o", "jsonl").lines.count == 6)
        let short = await bench.run("jobs", "history", "x", "-n", "2")
        #expect(short.lines.count == 3 && short.errors.contains("There is more"), "\(short)")
        #expect(await bench.run("jobs", "history", "x", "--all").lines.count == 7)
        // What a program gets is whole, because it continues behind the page.
        let page = try await bench.scheduler.history(of: JobID(id) ?? JobID(bits: 0), limit: 2)
        #expect(page.next != nil && page.entries.count > 2)
        #expect(await bench.run("jobs", "history", "x", "-n", "2", "-o", "jsonl").lines.count == page.entries.count)
        let none = await bench.run("tail", "-n", "0")
        #expect(none.output == "" && none.errors == "", "\(none)")
    }
}
