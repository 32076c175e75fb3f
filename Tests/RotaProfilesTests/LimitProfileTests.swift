import Foundation
import Rota
import RotaProfiles
import RotaTestSupport
import RotaTesting
import Testing

@Suite("Limits of services")
struct LimitProfileTests {
    @Test("Strait keeps timeouts, crashes and failures of the system for 90 days, all others for 30", .rows("SX-14"))
    func retention() throws {
        let retention = try #require(ServiceProfile.strait.retention)
        for status in [ExecutionStatus.succeeded, .canceled, .expired] {
            #expect(retention.age(of: status) == .seconds(30 * 86_400))
        }
        for kind in [FailureKind.timeout, .crashed, .interrupted, .missingSecret, .outOfMemory, .unknown] {
            #expect(retention.age(of: .failed, failure: kind) == .seconds(90 * 86_400))
        }
        for kind in [FailureKind.httpStatus, .connection, .handlerError, FailureKind("own")] {
            #expect(retention.age(of: .failed, failure: kind) == .seconds(30 * 86_400))
        }
        for profile in ServiceProfile.allCases where profile != .strait { #expect(profile.retention == nil) }
    }

    @Test("A request may state a time to live of up to 30 days in Strait", .rows("SX-6"))
    func timeToLive() throws {
        let range = try #require(ServiceProfile.strait.timeToLiveRange)
        #expect(range.contains(.zero) && range.contains(.seconds(2_592_000)))
        #expect(!range.contains(.seconds(-1)) && !range.contains(.seconds(2_592_001)))
        for profile in ServiceProfile.allCases where profile != .strait { #expect(profile.timeToLiveRange == nil) }
    }

    @Test("Without heartbeats for a minute, Strait's attempts have crashed and are retried", .rows("SX-15"))
    func heartbeats() async throws {
        let strait = ServiceProfile.strait
        #expect(strait.heartbeatInterval == .seconds(10) && strait.heartbeatLimit == .seconds(60))
        for profile in ServiceProfile.allCases where profile != .strait {
            #expect(profile.heartbeatInterval == nil && profile.heartbeatLimit == nil)
        }
        let clock = ManualClock()
        let scheduler = Scheduler(
            store: InMemoryJobStore(), transport: ScriptedTransport(.status(200)), clock: clock)
        try await scheduler.handle("import") { context in
            guard context.attempt == 1 else { return }
            context.heartbeat()
            try await clock.sleep(until: clock.now.addingTimeInterval(86_400))
        }
        let job = try await scheduler.create(
            JobDraft(
                name: "import", schedule: .onDemand,
                action: .handler("import", heartbeatLimit: strait.heartbeatLimit), retry: strait.retryPolicy))
        let run = Task { try await scheduler.run() }
        let id = try await scheduler.trigger(job.id).id
        await clock.advance(by: .seconds(59), driving: [scheduler])
        #expect(try await scheduler.execution(id).status == .running)
        await clock.advance(by: .seconds(10), driving: [scheduler])
        let execution = try await scheduler.execution(id)
        run.cancel()
        #expect(execution.status == .succeeded && execution.attempts.count == 2)
        let failure = try #require(execution.attempts.first?.failure)
        #expect(strait.name(of: .failed, failure: failure.kind) == "crashed")
    }
}
