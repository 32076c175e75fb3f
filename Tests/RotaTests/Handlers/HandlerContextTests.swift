import Foundation
import RotaCore
import RotaStore
import RotaTestSupport
import RotaTesting
import Testing

@Suite("Handler context")
struct HandlerContextTests {
    @Test("The context has the nominal, effective, previous and next dates, lateness, metadata and key", .rows("T-69"))
    func context() async throws {
        let bench = Bench(clock: ManualClock(now: try Date(utc: "2026-03-02T09:00:00Z")))
        let seen = Recorded<HandlerContext>()
        try await bench.scheduler.handle("look") { seen.add($0) }
        try await bench.running {
            try await bench.scheduler.create(
                .init(
                    name: "looking",
                    schedule: .cron("30 9 * * *").smoothed(over: .seconds(600), key: "x"),
                    action: .handler("look")
                ).with { $0.metadata = ["team": "red"] })
            await bench.advance(.seconds(3600))
        }
        let context = try #require(seen.all.first)
        #expect(context.scheduledFor == (try Date(utc: "2026-03-02T09:30:00Z")))
        #expect(context.previous == (try Date(utc: "2026-03-01T09:30:00Z")))
        #expect(context.next == (try Date(utc: "2026-03-03T09:30:00Z")))
        #expect(context.effective == context.execution.dueAt)
        #expect(context.effective > context.scheduledFor)
        #expect(context.lateness == context.startedAt.elapsed(since: context.scheduledFor))
        #expect(context.metadata == ["team": "red"])
        #expect(context.idempotencyKey == context.execution.id.description)
    }

    @Test("Of a schedule that counts from the end of each execution, the context knows no other date")
    func afterCompletion() async throws {
        let bench = Bench()
        let seen = Recorded<HandlerContext>()
        try await bench.scheduler.handle("look") { seen.add($0) }
        try await bench.running {
            try await bench.scheduler.create(
                .init(name: "looking", schedule: .afterCompletion(.seconds(60)), action: .handler("look")))
            await bench.advance(.seconds(130))
        }
        #expect(seen.all.count == 2)
        #expect(seen.all.allSatisfy { $0.previous == nil && $0.next == nil })
    }

    @Test(
        "A handler's result is the execution's output, and its beginning the attempt's preview", .rows("S-57")
    )
    func output() async throws {
        struct Sum: Codable, Equatable, Sendable { var total: Int }
        let bench = Bench()
        try await bench.scheduler.handle("add", payload: [Int].self) { numbers, _ in Sum(total: numbers.reduce(0, +)) }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "adding", schedule: .immediately, action: .handler("add", payload: [1, 2, 3])))
            await bench.advance(.zero)
            let execution = try #require(try await bench.executions(of: job.id).first)
            #expect(try execution.output?.decode(Sum.self) == Sum(total: 6))
            #expect(execution.attempts.first?.bodyPreview == #"{"total":6}"#)
            #expect(execution.attempts.first?.bodyWasTruncated == false)
        }
    }

    @Test("An output preview ends with a whole character within 64 KiB", .rows("T-87"))
    func preview() async throws {
        let bench = Bench()
        // With the quotation mark before them, the last of the two-byte characters is cut in half.
        let text = String(repeating: "ü", count: 40_000)
        try await bench.scheduler.handle("write") { _ in text }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "writing", schedule: .immediately, action: .handler("write")))
            await bench.advance(.zero)
            let attempt = try #require(try await bench.executions(of: job.id).first?.attempts.first)
            #expect(attempt.bodyPreview == "\"" + String(repeating: "ü", count: 32_767))
            #expect(attempt.bodyWasTruncated)
        }
    }

    @Test("An output over the limit fails the execution and states its size", .rows("S-57"), arguments: [99, 100])
    func outputLimit(limit: Int) async throws {
        let bench = Bench(configuration: Bench.configuration { $0.maximumOutputBytes = limit })
        try await bench.scheduler.handle("write") { _ in String(repeating: "x", count: 98) }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "writing", schedule: .immediately, action: .handler("write")))
            await bench.advance(.seconds(60))
            let execution = try #require(try await bench.executions(of: job.id).first)
            #expect(execution.status == (limit < 100 ? .failed : .succeeded))
            #expect(execution.failure?.kind == (limit < 100 ? .tooLarge : nil))
            #expect(execution.attempts.count == 1)
            #expect(execution.output?.json.count == (limit < 100 ? nil : 100))
        }
    }

    @Test("Values mapped from a response become the output, without secrets", .rows("S-57"))
    func httpOutput() async throws {
        let body = #"{"id": 7, "echo": "s3cr3t-value", "other": [1]}"#
        let bench = Bench { _ in try .status(200, body: body) }
        let request = try RequestTemplate(
            method: .get, url: "https://example.com/", headers: ["Authorization": "secret://key"],
            output: ["number": JSONPath("$.id"), "echo": JSONPath("$.echo")])
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "mapping", schedule: .immediately, action: .http(request)))
            await bench.advance(.zero)
            let execution = try #require(try await bench.executions(of: job.id).first)
            let output = try #require(execution.output)
            let text = String(decoding: output.json, as: UTF8.self)
            #expect(text.contains("\"number\":7"))
            #expect(!text.contains("s3cr3t"))
        }
    }

    @Test("A handler chooses the delay of the next attempt, within the job's attempts")
    func retryLater() async throws {
        let bench = Bench()
        let starts = Recorded<Date>()
        let begin = bench.clock.now
        try await bench.scheduler.handle("later") { context in
            starts.add(context.startedAt)
            throw RetryLater(after: .seconds(100 * context.attempt), reason: "not yet")
        }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "later", schedule: .immediately, action: .handler("later"),
                    retry: .fixed(.seconds(1), maxAttempts: 3)))
            await bench.advance(.seconds(1000))
            let execution = try #require(try await bench.executions(of: job.id).first)
            #expect(starts.all == [0, 100, 300].map { begin.addingTimeInterval($0) })
            #expect(execution.status == .failed)
            #expect(execution.failure == ExecutionFailure(kind: .handlerError, message: "not yet"))
        }
    }

    @Test("A handler prevents another attempt")
    func doNotRetry() async throws {
        let bench = Bench()
        try await bench.scheduler.handle("never") { _ in throw DoNotRetry("the account is closed") }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "never", schedule: .immediately, action: .handler("never"),
                    retry: .fixed(.seconds(1), maxAttempts: 9)))
            await bench.advance(.seconds(60))
            let execution = try #require(try await bench.executions(of: job.id).first)
            #expect(execution.status == .failed)
            #expect(execution.attempts.map(\.failure?.message) == ["the account is closed"])
        }
    }

    @Test(
        "A handler waits for an external completion, which finishes or continues its execution",
        .rows("T-73"))
    func parking() async throws {
        let bench = Bench()
        let isAnswered = Recorded<Bool>()
        try await bench.scheduler.handle("ask") { _ in
            if isAnswered.all.isEmpty { throw WaitForCompletion() }
        }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "asking", schedule: .immediately, action: .handler("ask"), retry: .none))
            let other = try await bench.scheduler.create(
                .init(name: "asking too", schedule: .immediately, action: .handler("ask"), retry: .none))
            await bench.advance(.seconds(60))
            let first = try #require(try await bench.executions(of: job.id).first)
            let second = try #require(try await bench.executions(of: other.id).first)
            #expect(first.status == .waiting)
            #expect(first.attempts.isEmpty)
            isAnswered.add(true)
            let now = bench.clock.now
            _ = try await bench.store.completeWaiting([
                ExternalCompletion(first.id, next: .queued(at: now.addingTimeInterval(5)), date: now),
                ExternalCompletion(second.id, next: .succeeded, output: try JSONPayload("yes"), date: now),
            ])
            // Makes the scheduler poll the store, which it also does every 30 seconds by itself.
            try await bench.scheduler.trigger(other.id)
            await bench.advance(.seconds(60))
            #expect(try await bench.scheduler.execution(first.id).status == .succeeded)
            #expect(try await bench.scheduler.execution(first.id).attempts.map(\.number) == [1])
            #expect(try await bench.scheduler.execution(second.id).output == JSONPayload("yes"))
        }
    }

    @Test("An execution's own timeout replaces that of the handler and of the request", .rows("S-74"))
    func timeoutOverride() async throws {
        let bench = Bench()
        let clock = bench.clock
        try await bench.scheduler.handle("slow") { _ in
            try await clock.sleep(until: clock.now.addingTimeInterval(3600))
        }
        var details = ExecutionDetails.none
        details.overrides = RetryOverrides(maxAttempts: 1, timeout: .seconds(7))
        try await bench.running {
            for action in [.handler("slow", timeout: .seconds(100)), try .http(.get("https://example.com/"))]
                as [JobAction]
            {
                let job = try await bench.scheduler.create(
                    .init(name: "slow", schedule: .every(.seconds(86_400)), action: action, retry: .none))
                let now = clock.now
                try await bench.store.enqueue([
                    job.execution(
                        id: ExecutionID(bits: job.id.bits), source: .manual, scheduledFor: now, createdAt: now,
                        details: details)
                ])
            }
            await bench.advance(.seconds(60))
            let durations = try await bench.executions().map { $0.attempts.first?.duration }
            #expect(durations.first == .seconds(7))
            #expect(bench.transport.requests.map(\.timeout) == [.seconds(7)])
        }
    }

    @Test("Messages of failures and reports are clipped", arguments: [0, 1, 2])
    func longMessages(way: Int) async throws {
        struct Loud: Error, CustomStringConvertible {
            let description: String
        }
        let text = String(repeating: "é", count: 1 << 20)
        let bench = Bench()
        try await bench.scheduler.handle("loud") { context in
            context.report(0.5, text)
            try await bench.clock.sleep(until: bench.clock.now.addingTimeInterval(15))
            switch way {
            case 0: throw Loud(description: text)
            case 1: throw DoNotRetry(text)
            default: throw RetryLater(after: .seconds(1), reason: text)
            }
        }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "x", schedule: .immediately, action: .handler("loud"), retry: .none))
            await bench.advance(.seconds(60))
            let run = try #require(try await bench.executions(of: job.id).first)
            let message = try #require(run.failure?.message)
            #expect(message.utf8.count < 20_000 && message.hasPrefix("éé"))
            #expect(run.attempts.first?.failure?.message == message)
            let report = try #require(run.report?.message)
            #expect(report.utf8.count < 20_000 && report.hasPrefix("éé"))
        }
    }
}
