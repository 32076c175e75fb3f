import Foundation
import RotaTesting
import Testing

@Suite("Handlers")
struct HandlerTests {
    struct Order: Codable, Sendable, Equatable {
        var number: Int
        var items: [String]
    }

    struct Refusal: Error, CustomStringConvertible {
        var description: String { "out of stock" }
    }

    @Test("A handler receives its context and a typed payload")
    func payload() async throws {
        let bench = Bench()
        let seen = Recorded<(Order, Date, Int, String)>()
        try await bench.scheduler.handle("ship", payload: Order.self) { order, context in
            seen.add((order, context.scheduledFor, context.attempt, context.job.name))
        }
        let order = Order(number: 7, items: ["a", "ü"])
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "shipping", schedule: .every(.seconds(60)), action: .handler("ship", payload: order)))
            await bench.advance(.seconds(60))
            let other = Order(number: 8, items: [])
            try await bench.scheduler.trigger(job.id, payload: JSONPayload(other))
            await bench.advance(.seconds(1))
            #expect(seen.all.map(\.0) == [order, other])
            #expect(
                seen.all.map(\.1) == [bench.clock.now.addingTimeInterval(-1), bench.clock.now.addingTimeInterval(-1)])
            #expect(seen.all.map(\.2) == [1, 1])
            #expect(seen.all.map(\.3) == ["shipping", "shipping"])
        }
    }

    @Test("A handler's error fails the attempt with its description, and the retry policy decides")
    func failure() async throws {
        let bench = Bench()
        try await bench.scheduler.handle("fail") { _ in throw Refusal() }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "failing", schedule: .immediately, action: .handler("fail"),
                    retry: .fixed(.seconds(1), maxAttempts: 2)))
            await bench.advance(.seconds(10))
            let execution = try #require(try await bench.executions(of: job.id).first)
            #expect(execution.status == .failed)
            #expect(execution.failure == ExecutionFailure(kind: .handlerError, message: "out of stock"))
            #expect(execution.attempts.count == 2)
        }
    }

    @Test("A handler that takes too long is canceled and fails with a timeout")
    func timeout() async throws {
        let bench = Bench()
        let clock = bench.clock
        try await bench.scheduler.handle("slow") { _ in
            try await clock.sleep(until: clock.now.addingTimeInterval(3600))
        }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "slow", schedule: .immediately, action: .handler("slow", timeout: .seconds(10)), retry: .none)
            )
            await bench.advance(.seconds(11))
            let execution = try #require(try await bench.executions(of: job.id).first)
            #expect(execution.status == .failed)
            #expect(execution.failure?.kind == .timeout)
            #expect(execution.attempts.first?.duration == .seconds(10))
        }
    }

    @Test("A payload that cannot be decoded fails the execution without a retry")
    func wrongPayload() async throws {
        let bench = Bench()
        try await bench.scheduler.handle("ship", payload: Order.self) { _, _ in }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "odd", schedule: .immediately, action: .handler("ship", payload: ["x": 1])))
            await bench.advance(.seconds(60))
            let execution = try #require(try await bench.executions(of: job.id).first)
            #expect(execution.status == .failed)
            #expect(execution.attempts.count == 1)
            #expect(execution.failure?.kind == .invalidRequest)
        }
    }

    @Test("Handlers run within the configured concurrency")
    func concurrency() async throws {
        let bench = Bench(configuration: Bench.configuration { $0.maximumConcurrency = 3 })
        let clock = bench.clock
        let levels = Recorded<Int>()
        let running = Recorded<Int>()
        try await bench.scheduler.handle("work") { _ in
            running.add(1)
            levels.add(running.all.reduce(0, +))
            try await clock.sleep(until: clock.now.addingTimeInterval(1))
            running.add(-1)
        }
        try await bench.running {
            for number in 0..<20 {
                try await bench.scheduler.create(
                    .init(name: "job \(number)", schedule: .immediately, action: .handler("work")))
            }
            await bench.advance(.seconds(10))
            let done = try await bench.executions()
            #expect(done.count == 20)
            #expect(done.allSatisfy { $0.status == .succeeded })
            #expect(levels.all.max() == 3)
        }
    }

    @Test("A handler may delete, pause and update its own job, and shut its scheduler down")
    func reentrant() async throws {
        let bench = Bench()
        let scheduler = bench.scheduler
        try await scheduler.handle("x") { context in
            try await scheduler.update(context.job.id) { $0.name += "!" }
            try await scheduler.trigger(context.job.id)
            try await scheduler.delete(context.job.id)
            scheduler.beginShutdown()
        }
        try await scheduler.create(.init(name: "j", schedule: .immediately, action: .handler("x")))
        try await scheduler.run()
        #expect(try await bench.executions().isEmpty)
    }

    @Test("A handler that throws its own CancellationError has failed")
    func ownCancellation() async throws {
        let bench = Bench { _ in throw CancellationError() }
        try await bench.scheduler.handle("work") { _ in throw CancellationError() }
        try await bench.running {
            for action in [
                JobAction.handler("work"), .handler("work", timeout: .seconds(5)), .http(try .get("https://e.com/")),
            ] {
                let job = try await bench.scheduler.create(
                    .init(name: "j", schedule: .immediately, action: action, retry: .fixed(.seconds(1), maxAttempts: 2))
                )
                await bench.advance(.seconds(30))
                let execution = try #require(try await bench.executions(of: job.id).first)
                #expect(execution.status == .failed)
            }
        }
    }
}
