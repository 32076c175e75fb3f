import Foundation
import RotaHTTP
import RotaRetry
import RotaSchedule
import RotaStore
import RotaTesting
import Testing

/// How the definitions of jobs are written to the store's files: exactly, and small enough for a million of them.
@Suite struct DefinitionTests {
    private static let date = Date(timeIntervalSinceReferenceDate: 700_000_000.25)

    /// Schedules of every rule, some in plain fields and some in JSON.
    static func schedules() throws -> [Schedule] {
        let plain: [Schedule] = [
            try .cron("30 9 * * 1-5"), try .cron("0 0 1 1 *", in: "America/New_York"),
            try .cron("H H * * *", hashSeed: "a job"), .every(.milliseconds(1)),
            .every(.seconds(900), anchor: date), .once(at: date), .immediately, .immediately.anchored(at: date),
            .afterCompletion(.seconds(60)), .afterCompletion(.seconds(60)).anchored(at: date),
            try .cron("0 0 0 ? * 2", dialect: .quartz), try .cron("5 4 * * sun", dialect: .vixie),
            try .cron("30 2 * * *", in: "Europe/Berlin", daylightSaving: .missing(.skip, repeated: .both)),
        ]
        return plain + plain.prefix(3).map { $0.limited(toRuns: 3).starting(at: date) } + [
            .union(Array(plain.prefix(5)))
        ]
    }

    /// Actions of every kind, with each part at its default and not.
    static func actions() throws -> [JobAction] {
        let url = "https://example.com/{{job_id}}"
        return [
            .handler("h"),
            .handler("a handler with a long name", timeout: .milliseconds(1), heartbeatLimit: .seconds(9)),
            try .handler("h", payload: ["a": [1, 2]]), .http(try .get(url)),
            .http(try .post(url, headers: ["Authorization": "Bearer secret://k", "X": ""], body: .text("ä"))),
            .http(try .put(url, body: .json(JSONValue(parsing: #"{"b":1.0,"a":[]}"#)), timeout: .milliseconds(1500))),
            .http(
                try .patch(
                    url, headers: HTTPHeaders([.init("k", "v", isSensitive: true)]), body: .bytes(Data([0, 255])))),
            .http(try .post(url, signature: "secret://hook", fallback: "https://other.example/{{uuid}}")),
            .http(
                try RequestTemplate(
                    method: .delete, url: url, success: SuccessRule(statuses: [404]),
                    output: OutputMapping(["x": JSONPath("$.a.b")]))),
        ]
    }

    static func definitions() throws -> [JobDefinition] {
        var definitions = [RecordTests.definition]
        for schedule in try schedules() {
            definitions.append(JobDefinition(name: "", schedule: schedule, action: .handler("h")))
        }
        for action in try actions() {
            definitions.append(JobDefinition(name: "job", schedule: .every(.seconds(1)), action: action))
            var rich = RecordTests.definition
            rich.action = action
            definitions.append(rich)
        }
        for retry in [RetryPolicy.none, .standardWebhooks, .delays([.seconds(1), .seconds(5)])] {
            var definition = JobDefinition(name: "n", schedule: .immediately, action: .handler("h"), retry: retry)
            definitions.append(definition)
            definition.misfire = .skip
            definition.overlap = .replace
            definitions.append(definition)
        }
        return definitions
    }

    static func changes() throws -> [Change] {
        try definitions().enumerated().flatMap { number, definition in
            let id = JobID(bits: UInt128(number + 1))
            return [
                Change.putJob(
                    Job(
                        id: id, definition: definition, createdAt: date,
                        scheduleState: ScheduleState(state: .active, decidedThrough: date, next: date))),
                .putVersion(JobVersion(jobID: id, version: 1, definition: definition, createdAt: date)),
            ]
        }
    }

    @Test("Definitions of every form round-trip, alone and after others that share their parts")
    func roundTrip() throws {
        let changes = try Self.changes()
        for change in changes { #expect(try RecordTests.read(RecordTests.write([change])) == [change]) }
        #expect(try RecordTests.read(RecordTests.write(changes + changes)) == changes + changes)
        let texts = try Self.definitions().map { String(describing: $0.schedule.timeZoneIdentifier) }
        let back = try RecordTests.read(RecordTests.write(changes)).compactMap { change -> String? in
            guard case .putJob(let job) = change else { return nil }
            return String(describing: job.definition.schedule.timeZoneIdentifier)
        }
        #expect(back == texts)
    }

    @Test("A definition without a part, or with one that is out of its range, is refused")
    func incomplete() throws {
        func record(_ body: (inout RecordWriter) -> Void) -> [UInt8] {
            var payload = RecordWriter()
            payload.record(RawField(21)) { job in
                job.put(RawField(1), RecordTests.jobID)
                job.put(RawField(4), Self.date)
                job.record(RawField(6)) { state in
                    state.put(RawField(1), 1)
                    state.put(RawField(3), Self.date)
                    state.put(RawField(8), 1)
                }
                job.record(RawField(11), body)
            }
            return payload.bytes
        }
        func name(_ definition: inout RecordWriter) { definition.put(RawField(1), "n") }
        func schedule(_ definition: inout RecordWriter, _ interval: Duration) {
            definition.record(RawField(2)) { $0.put(RawField(4), interval) }
        }
        func action(_ definition: inout RecordWriter) {
            definition.record(RawField(3)) { $0.put(RawField(1), "h") }
        }
        let whole = record {
            name(&$0)
            schedule(&$0, .seconds(1))
            action(&$0)
        }
        #expect(try RecordTests.read(whole).count == 1)
        let broken = [
            record { _ in },
            record {
                schedule(&$0, .seconds(1))
                action(&$0)
            },
            record {
                name(&$0)
                action(&$0)
            },
            record {
                name(&$0)
                schedule(&$0, .seconds(1))
            },
            record {
                name(&$0)
                schedule(&$0, .zero)
                action(&$0)
            },
            record {
                name(&$0)
                $0.record(RawField(2)) { $0.put(RawField(1), "99 * * * *") }
                action(&$0)
            },
        ]
        for bytes in broken { #expect(throws: (any Error).self) { try RecordTests.read(bytes) } }
    }

    @Test("A job takes at most 400 bytes of the journal and of the snapshot, also with a policy of its own")
    func size() async throws {
        let files = FaultyFileSystem()
        let store = try await FileJobStore(path: "/store", environment: .inMemory(files))
        let count = 1000
        let jobs = try (0..<count).map { number in
            var definition = JobDefinition(
                name: "job \(number)", schedule: try .cron("\(number % 60) 4 * * *", in: "America/New_York"),
                action: number % 2 == 0
                    ? .handler("work") : .http(try .post("https://example.com/hook", body: .text("go"))))
            if number % 4 == 0 { definition.misfire = .skip }
            return Job(
                id: JobID(bits: UInt128(number + 1)), definition: definition, createdAt: Self.date,
                scheduleState: ScheduleState(state: .active, decidedThrough: Self.date, next: Self.date))
        }
        for first in stride(from: 0, to: count, by: 100) {
            _ = try await store.insert(jobs[first..<first + 100].map { JobInsertion($0) })
        }
        let journal = try #require(files.bytes(of: "/store/journal-0000000000000001")).count
        #expect(journal / count <= 400)
        try await store.compact()
        let snapshot = try #require(files.bytes(of: "/store/snapshot-0000000000000002")).count
        #expect(snapshot / count <= 400)
        try await store.close()
        let again = try await FileJobStore(path: "/store", environment: .inMemory(files))
        for job in jobs { #expect(try await again.job(job.id) == job) }
        try await again.close()
    }
}
