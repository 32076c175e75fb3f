import Foundation
import RotaTestSupport
import RotaTesting
import Testing

@Suite("Handler cancellation", .timeLimit(.minutes(20)))
struct HandlerCancellationTests {
    enum Cause: Sendable, CaseIterable { case request, timeout, shutdown, cancellation, lostLease }
    struct Own: Error {}

    /// The reaction of a handler to its cancellation.
    enum Way: Sendable, CaseIterable { case returns, throwsItsOwn, throwsRetryLater, throwsFailure }

    @Test("A handler is canceled by each cause, and sees it", .rows("T-69"), arguments: Cause.allCases)
    func isCanceled(cause: Cause) async throws {
        let bench = Bench(configuration: Bench.configuration { $0.shutdownGrace = .seconds(2) })
        let clock = bench.clock
        let seen = Recorded<[Bool]>()
        try await bench.scheduler.handle("work") { context in
            var states = [context.isCanceled]
            try? await clock.sleep(until: clock.now.addingTimeInterval(3))
            states.append(context.isCanceled)
            try? await clock.sleep(until: clock.now.addingTimeInterval(300))
            states.append(context.isCanceled)
            seen.add(states)
        }
        let job = try await bench.scheduler.create(
            .init(
                name: "x", schedule: .every(.seconds(3600)),
                action: .handler("work", timeout: cause == .timeout ? .seconds(5) : nil), retry: .none))
        let run = try await bench.scheduler.trigger(job.id)
        let other = try await bench.scheduler.trigger(job.id)
        let task = Task { try await bench.scheduler.run() }
        await bench.advance(.seconds(4))
        switch cause {
        case .request: try await bench.scheduler.cancel(run.id)
        case .timeout: break
        case .shutdown: bench.scheduler.beginShutdown()
        case .cancellation: task.cancel()
        case .lostLease: try await bench.scheduler.delete(job.id)
        }
        await bench.advance(.seconds(20))
        let isOnlyOne = cause == .request
        #expect(seen.all == Array(repeating: [false, false, true], count: isOnlyOne ? 1 : 2))
        if isOnlyOne { #expect(try await bench.scheduler.execution(other.id).status == .running) }
        task.cancel()
        try await task.value
    }

    @Test(
        "A handler that throws after a cancellation is canceled, not failed or retried",
        arguments: Way.allCases)
    func throwsAfterCancel(way: Way) async throws {
        let bench = Bench()
        let clock = bench.clock
        let calls = Recorded<Int>()
        try await bench.scheduler.handle("work") { context in
            calls.add(context.attempt)
            try? await clock.sleep(until: clock.now.addingTimeInterval(100))
            switch way {
            case .returns: return
            case .throwsItsOwn: throw Own()
            case .throwsRetryLater: throw RetryLater(after: .seconds(1), reason: "busy")
            case .throwsFailure: throw AttemptFailure(.timeout)
            }
        }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "x", schedule: .every(.seconds(3600)), action: .handler("work"),
                    retry: .fixed(.seconds(1), maxAttempts: 5)))
            let run = try await bench.scheduler.trigger(job.id)
            await bench.advance(.seconds(1))
            try await bench.scheduler.cancel(run.id, reason: "enough")
            await bench.advance(.seconds(60))
            let ended = try await bench.scheduler.execution(run.id)
            // A success counts although a cancellation was requested.
            #expect(ended.status == (way == .returns ? .succeeded : .canceled))
            #expect(calls.all == [1])
        }
    }

    @Test("A handler that succeeds although its scheduler was canceled has succeeded")
    func successAfterCancel() async throws {
        for timeout in [Duration?.none, .seconds(600)] {
            let bench = Bench()
            let (begun, begin) = AsyncStream.makeStream(of: Void.self)
            let gate = Gate()
            try await bench.scheduler.handle("stubborn") { _ in
                begin.yield()
                await gate.wait()
            }
            let job = try await bench.scheduler.create(
                .init(name: "j", schedule: .immediately, action: .handler("stubborn", timeout: timeout)))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await bench.scheduler.run() }
                for await _ in begun { break }
                group.cancelAll()
                await gate.open()
                try await group.waitForAll()
            }
            #expect(try await bench.executions(of: job.id).map(\.status) == [.succeeded], "timeout: \(timeout as Any)")
        }
    }
}
