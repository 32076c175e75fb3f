import Foundation
import RotaStore
import RotaTestSupport
import RotaTesting
import Synchronization
import Testing

@testable import Rota

/// Jobs whose handler and payload are one type.
@Suite struct ScheduledJobTests {
    struct Backup: ScheduledJob {
        static let handlerName = "backup"
        static let done = Mutex<[String]>([])
        var bucket: String

        func run(_ context: HandlerContext) async throws {
            Self.done.withLock { $0.append("\(bucket) \(context.attempt)") }
        }
    }

    /// What `Backup` was before an upgrade.
    struct OldBackup: HandlerPayload {
        static let handlerName = "backup"
        var folder: String
    }

    let bench = Bench()
    var scheduler: Scheduler { bench.scheduler }

    @Test("A job type is registered, declared and run with its payload")
    func jobType() async throws {
        try await scheduler.handle(Backup.self)
        let bench = bench
        try await bench.running {
            let draft = try JobDraft(Backup(bucket: "main"), schedule: .every(.seconds(60)), timeout: .seconds(5))
            let job = try await scheduler.declare([draft], owner: "app").jobs[0]
            #expect(job.name == "backup")
            #expect(job.action.handler?.timeout == .seconds(5))
            await bench.advance(.seconds(60))
            #expect(Backup.done.withLock(\.self) == ["main 1"])
        }
        await #expect(throws: SchedulerError.self) { try await scheduler.handle(Backup.self) }
    }

    @Test("A payload type names its handler, whose closure has the services it needs")
    func payloadType() async throws {
        let seen = Mutex<[String]>([])
        try await scheduler.handle(OldBackup.self) { backup, _ in seen.withLock { $0.append(backup.folder) } }
        let bench = bench
        try await bench.running {
            let job = try await scheduler.create(
                JobDraft(OldBackup(folder: "a"), name: "nightly", schedule: .every(.seconds(60))))
            #expect(job.name == "nightly" && job.action.handler?.name == "backup")
            try await scheduler.trigger(job.id, payload: JSONPayload(OldBackup(folder: "b")))
            await bench.advance(.seconds(60))
            #expect(Set(seen.withLock(\.self)) == ["a", "b"])
        }
    }

    @Test("A payload that no longer decodes after an upgrade is reported when the scheduler starts, before it fires")
    func upgraded() async throws {
        let good = try await scheduler.create(JobDraft(Backup(bucket: "x"), schedule: .every(.seconds(60))))
        let bad = try await scheduler.create(
            JobDraft(OldBackup(folder: "y"), name: "old backup", schedule: .every(.seconds(60))))
        try await scheduler.handle(Backup.self)
        let events = scheduler.events()
        let log = Recorder()
        scheduler.observe(log)
        let bench = bench
        try await bench.running { await bench.advance(.seconds(1)) }
        var messages: [JobID: String] = [:]
        for await event in events where event.kind == .payloadUnreadable { messages[event.jobID] = event.message }
        #expect(messages.keys.sorted() == [bad.id])
        let message = try #require(messages[bad.id])
        #expect(message.hasPrefix("Job \"old backup\" will fail: The payload cannot be decoded as the Backup"))
        #expect(message.contains("bucket"))
        #expect(log.jobs.withLock(\.self) == ["old backup"])
        #expect(try await bench.executions().isEmpty)
        // A preview says it too.
        let preview = try await scheduler.preview(updating: bad.id)
        #expect(preview.warnings.map(\.code) == [.unreadablePayload])
        #expect(try await scheduler.preview(updating: good.id).warnings.isEmpty)
    }

    private final class Recorder: SchedulerObserver {
        let jobs = Mutex<[String]>([])

        func payloadUnreadable(of job: Job, because reason: String, at date: Date) {
            jobs.withLock { $0.append(job.name) }
        }
    }

    @Test("A preview warns of the unknown handler of a notification")
    func unknownNotificationHandler() async throws {
        try await scheduler.handle(Backup.self)
        var draft = try JobDraft(Backup(bucket: "x"), schedule: .every(.seconds(60)))
        draft.notifications = [NotificationRule(on: .failure, .handler("tell"))]
        let warnings = try await scheduler.preview(draft).warnings
        #expect(
            warnings.map(\.message) == [
                "A notification of the job calls handler \"tell\", which is not registered here. Register it with "
                    + "`handle(\"tell\") { … }` before `run()`."
            ])
    }
}
