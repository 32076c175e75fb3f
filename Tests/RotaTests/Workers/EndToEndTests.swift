import Foundation
import RotaTestSupport
import RotaTesting
import Testing

/// The platform's transport and real loopback sockets under a manual clock.
@Suite("End to end")
struct EndToEndTests {
    func scheduler(_ clock: ManualClock, policy: AddressPolicy = .allowing(hosts: ["127.0.0.1"])) -> Scheduler {
        Scheduler(
            store: InMemoryJobStore(), transport: .automatic(addressPolicy: policy), clock: clock,
            random: SeededGenerator(seed: 1))
    }

    @Test("A job's request is delivered, retried until the endpoint recovers, and recorded", .rows("T-1", "T-70"))
    func delivery() async throws {
        let server = try await LoopbackServer { request in
            request.headers["X-Cron-Service-Attempt"] == "3"
                ? .status(200, headers: ["Content-Type": "application/json"], text: #"{"ok":true}"#)
                : .status(503, text: "busy")
        }
        let clock = ManualClock()
        let scheduler = scheduler(clock)
        try await scheduler.running {
            let job = try await scheduler.create(
                .init(
                    name: "health-check", schedule: .every(.seconds(60)),
                    action: .http(
                        .post(
                            server.address("/check?x=1"), headers: ["X-Team": "a"], body: .text("{{execution_id}}"),
                            timeout: .seconds(300))),
                    retry: .fixed(.seconds(2), maxAttempts: 3)))
            await clock.advance(by: .seconds(70), driving: [scheduler])
            let execution = try #require(try await scheduler.executions(.init(jobID: job.id)).items.first)
            #expect(execution.status == .succeeded)
            #expect(execution.attempts.map(\.statusCode) == [503, 503, 200])
            #expect(execution.attempts.map(\.bodyPreview) == ["busy", "busy", #"{"ok":true}"#])
            #expect(execution.attempts.last?.responseHeaders["content-type"] == "application/json")
            #if os(Linux)
                #expect(execution.attempts.map(\.trace?.peer) == ["127.0.0.1", "127.0.0.1", "127.0.0.1"])
                #expect(execution.attempts.allSatisfy { $0.trace?.connect != nil && $0.trace?.firstByte != nil })
            #endif
            let requests = server.requests
            #expect(requests.map(\.target) == Array(repeating: "/check?x=1", count: 3))
            #expect(requests.allSatisfy { $0.method == "POST" && $0.headers["X-Team"] == "a" })
            #expect(requests.allSatisfy { $0.text == execution.id.description })
            #expect(requests.allSatisfy { $0.headers["X-Cron-Service-Execution-Id"] == execution.id.description })
        }
        await server.stop()
    }

    @Test("The record names the redirects and what stayed behind, and keeps every value of a repeated field")
    func redirects() async throws {
        let other = try await LoopbackServer { _ in
            .status(200, headers: ["Retry-After": "1", "retry-after": "2"])
        }
        let address = other.address("/there")
        let server = try await LoopbackServer { _ in .redirect(to: address, status: 307) }
        let clock = ManualClock()
        let scheduler = Scheduler(
            store: InMemoryJobStore(),
            transport: .automatic(addressPolicy: .allowing(hosts: ["127.0.0.1"]), redirects: .following()),
            clock: clock,
            random: SeededGenerator(seed: 1))
        try await scheduler.running {
            let job = try await scheduler.create(
                .init(
                    name: "moved", schedule: .immediately,
                    action: .http(
                        .get(server.address("/"), headers: ["Authorization": "Bearer x"], timeout: .seconds(300)))))
            await clock.advance(by: .seconds(5), driving: [scheduler])
            let execution = try #require(try await scheduler.executions(.init(jobID: job.id)).items.first)
            let attempt = try #require(execution.attempts.first)
            #expect(attempt.succeeded)
            #expect(attempt.trace?.redirects == ["307: GET \(address) without Authorization (another origin)"])
            #expect(attempt.responseHeaders["retry-after"] == "1, 2")
            #expect(other.requests.first?.headers.contains("Authorization") == false)
        }
        await server.stop()
        await other.stop()
    }

    @Test("An endpoint that refuses the connection fails the attempt as a connection error")
    func refused() async throws {
        let clock = ManualClock()
        let scheduler = scheduler(clock)
        try await scheduler.running {
            try await scheduler.create(
                .init(
                    name: "nobody", schedule: .immediately,
                    action: .http(.get(LoopbackServer.refusingAddress(), timeout: .seconds(300))),
                    retry: .fixed(.seconds(1), maxAttempts: 2)))
            await clock.advance(by: .seconds(5), driving: [scheduler])
            let execution = try #require(try await scheduler.executions().items.first)
            #expect(execution.status == .failed)
            #expect(execution.attempts.map(\.failure?.kind) == [.connection, .connection])
            #if os(Linux)
                #expect(execution.attempts.map(\.trace?.peer) == ["127.0.0.1", "127.0.0.1"])
            #endif
        }
    }

    @Test("A private address is refused by default, and the error says how to allow it", .rows("T-31"))
    func forbidden() async throws {
        let server = try await LoopbackServer { _ in .status(200) }
        let clock = ManualClock()
        let scheduler = scheduler(clock, policy: .publicInternet)
        try await scheduler.running {
            try await scheduler.create(
                .init(
                    name: "inside", schedule: .immediately,
                    action: .http(.get(server.address(), timeout: .seconds(300)))))
            await clock.advance(by: .seconds(5), driving: [scheduler])
            let execution = try #require(try await scheduler.executions().items.first)
            #expect(execution.failure?.kind == .forbiddenAddress)
            #expect(execution.failure?.message.contains("addressPolicy") == true)
            #expect(server.requests.isEmpty)
        }
        await server.stop()
    }

    @Test("A scheduler canceled while requests hang releases them and returns")
    func canceled() async throws {
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
        let server = try await LoopbackServer { _ in
            arrived.yield()
            return .status(200).delayed(by: .seconds(3600))
        }
        let clock = ManualClock()
        let scheduler = scheduler(clock)
        for number in 0..<20 {
            try await scheduler.create(
                .init(
                    name: "job \(number)", schedule: .immediately,
                    action: .http(.get(server.address(), timeout: .seconds(300)))))
        }
        try await scheduler.running {
            var count = 0
            for await _ in arrivals {
                count += 1
                if count == 20 { break }
            }
        }
        let executions = try await scheduler.executions().items
        #expect(executions.count == 20)
        #expect(executions.allSatisfy { $0.status == .queued && $0.attempts.map(\.failure?.kind) == [.interrupted] })
        await server.stop()
    }
}
