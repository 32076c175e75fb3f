import Foundation
import RotaTesting
import Testing

@Suite("Attack: occurrences without a verdict, and wrong forecasts", .timeLimit(.minutes(20)))
struct VerdictGaps {
    let start = Date(timeIntervalSince1970: 1_767_225_600)

    func smoothed() throws -> Schedule {
        for key in 0..<1000 {
            let schedule = Schedule.every(.seconds(3600)).smoothed(over: .seconds(1800), key: "\(key)")
            if schedule.smoothingOffset > .seconds(300) { return schedule }
        }
        throw CancellationError()
    }

    @Test("An occurrence that is smoothed to a later instant is yet to come until then")
    func smoothedExplanation() async throws {
        let bench = Bench()
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "smooth", schedule: smoothed(), action: .http(.get("https://example.com/"))))
            await bench.advance(.seconds(3700))
            let verdict = try await bench.scheduler.explain(job.id, at: start.addingTimeInterval(3600))
            #expect(verdict.outcome == .future)
            let preview = try await bench.scheduler.preview(updating: job.id)
            #expect(preview.warnings.map(\.code) == [])
            #expect(preview.occurrences.first?.occurrence.nominal == start.addingTimeInterval(3600))
        }
    }

    @Test("The preview of a paused job does not show what its pause passed over", arguments: [true, false])
    func pausedPreview(endsByItself: Bool) async throws {
        let bench = Bench()
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "x", schedule: .every(.seconds(60)), action: .http(.get("https://example.com/"))))
            let end = endsByItself ? start.addingTimeInterval(600) : nil
            try await bench.scheduler.pause(job.id, until: end)
            await bench.advance(.seconds(300))
            let preview = try await bench.scheduler.preview(updating: job.id, count: 3)
            #expect(!preview.warnings.map(\.code).contains(.inThePast))
            let first = endsByItself ? 600.0 : 360
            #expect(
                preview.occurrences.map { $0.occurrence.nominal.timeIntervalSince(start) }
                    == [first, first + 60, first + 120])
            guard endsByItself else { return }
            await bench.advance(.seconds(430))
            let fired = try await bench.executions().map(\.scheduledFor)
            #expect(fired == preview.occurrences.map(\.occurrence.nominal))
        }
    }

    @Test("The preview of a job leaves out the occurrences that somebody asked to be skipped")
    func skippingPreview() async throws {
        let bench = Bench()
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "x", schedule: .every(.seconds(60)), action: .http(.get("https://example.com/"))))
            try await bench.scheduler.skipNext(2, of: job.id)
            let preview = try await bench.scheduler.preview(updating: job.id, count: 2)
            await bench.advance(.seconds(250))
            let fired = try await bench.executions().map(\.scheduledFor)
            #expect(fired == preview.occurrences.map(\.occurrence.nominal))
        }
    }
}
