import Foundation
import RotaStore
import RotaTesting

/// Records for tests.
enum StoreSamples {
    static let start = Date(timeIntervalSince1970: 1_767_225_600)

    static func job(
        _ number: Int, retention: Retention = .last(5), overlap: OverlapPolicy = .allow, state: JobState = .active
    ) throws -> Job {
        Job(
            id: JobID(bits: UInt128(number)),
            definition: JobDefinition(
                name: "job \(number)",
                schedule: .every(.seconds(60), anchor: start),
                action: number.isMultiple(of: 2)
                    ? .http(try .post("https://example.com/\(number)", headers: ["X-A": "b"]))
                    : try .handler("work", payload: ["n": number]),
                overlap: overlap, retention: retention, metadata: ["n": "\(number)"]),
            createdAt: start,
            scheduleState: ScheduleState(state: state, decidedThrough: start, next: start.addingTimeInterval(60)))
    }

    static func execution(_ number: Int, of job: Job, at date: Date) -> Execution {
        job.execution(
            id: ExecutionID(bits: UInt128(number)), source: .schedule, scheduledFor: date, createdAt: date)
    }

    static func attempt(_ number: Int, failure: ExecutionFailure? = nil) -> Attempt {
        Attempt(
            number: number, startedAt: start, duration: .milliseconds(12), failure: failure,
            statusCode: failure == nil ? 200 : 503, bodyPreview: "body", responseHeaders: ["date": "today"])
    }
}

/// A field by its number, for records as other versions write them.
struct RawField: RecordField {
    var rawValue: UInt64

    init(_ number: UInt64) { rawValue = number }

    init(rawValue: UInt64) { self.rawValue = rawValue }
}
