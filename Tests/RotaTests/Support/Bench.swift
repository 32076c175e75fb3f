import Foundation
import RotaHTTP
import RotaStore
import RotaTesting
import Synchronization
import Testing

/// A scheduler on a manual clock, with a transport whose responses come from a closure.
struct Bench {
    let clock: ManualClock
    let store: any JobStore
    let transport: ClosureTransport
    let scheduler: Scheduler

    /// The value of `secret://hook`, for signed webhooks.
    static let hookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    static func configuration(_ change: (inout SchedulerConfiguration) -> Void) -> SchedulerConfiguration {
        var configuration = SchedulerConfiguration()
        configuration.maximumConcurrency = 8
        change(&configuration)
        return configuration
    }

    init(
        clock: ManualClock = ManualClock(),
        store: some JobStore = InMemoryJobStore(),
        seed: UInt64 = 1,
        configuration: SchedulerConfiguration = Bench.configuration { _ in },
        respond: @escaping @Sendable (HTTPRequest) async throws -> HTTPResponse = { _ in try .status(200) }
    ) {
        self.clock = clock
        self.store = store
        transport = ClosureTransport(respond: respond)
        scheduler = Scheduler(
            store: store, transport: transport,
            secrets: InMemorySecrets(["key": "s3cr3t-value", "hook": SecretValue(Self.hookSecret)]),
            configuration: configuration, clock: clock,
            ids: TimeOrderedIDGenerator(random: SeededGenerator(seed: seed)), random: SeededGenerator(seed: seed))
    }

    func running<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        try await scheduler.running(body)
    }

    func advance(_ duration: Duration) async {
        await clock.advance(by: duration, driving: [scheduler])
    }

    /// All executions, the oldest first.
    func executions(of job: JobID? = nil) async throws -> [Execution] {
        try await store.allExecutions(of: job)
    }
}

extension Scheduler {
    /// Runs the scheduler during `body`, then cancels it and the work it is doing.
    nonisolated func running<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.run() }
            let result: Result<Value, any Error>
            do { result = .success(try await body()) } catch { result = .failure(error) }
            group.cancelAll()
            try await group.waitForAll()
            return try result.get()
        }
    }
}

extension JobStore {
    func allExecutions(of job: JobID? = nil) async throws -> [Execution] {
        var query = ExecutionQuery(jobID: job, order: .ascending, limit: 1000)
        var all: [Execution] = []
        repeat {
            let page = try await executions(query)
            all += page.items
            query.after = page.next
        } while query.after != nil
        return all
    }
}

/// A transport that responds from a closure and records the requests.
final class ClosureTransport: HTTPTransport {
    private let respond: @Sendable (HTTPRequest) async throws -> HTTPResponse
    private let sent = Mutex<[HTTPRequest]>([])

    init(respond: @escaping @Sendable (HTTPRequest) async throws -> HTTPResponse) {
        self.respond = respond
    }

    var requests: [HTTPRequest] { sent.withLock(\.self) }

    func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        sent.withLock { $0.append(request) }
        return try await respond(request)
    }
}

extension HTTPResponse {
    static func status(_ status: Int, _ headers: HTTPHeaders = [:], body: String = "") throws -> HTTPResponse {
        HTTPResponse(status: status, headers: headers, body: Data(body.utf8))
    }
}

extension Date {
    /// The date written as `2026-03-08T10:00:00Z`.
    init(utc text: String) throws {
        self = try Date(text, strategy: .iso8601)
    }
}

extension Schedule {
    /// A schedule of every hour that smoothing delays by more than five minutes.
    static func smoothedHourly() throws -> Schedule {
        let schedules = (0..<1000).lazy.map {
            Schedule.every(.seconds(3600)).smoothed(over: .seconds(1800), key: "\($0)")
        }
        return try #require(schedules.first { $0.smoothingOffset > .seconds(300) })
    }
}
