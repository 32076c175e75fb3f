import Foundation
import RotaTesting
import Testing

@Suite("Job previews against what happens")
struct JobPreviewPropertyTests {
    static func schedules(from now: Date, using random: inout SeededGenerator) throws -> [Schedule] {
        func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
        let hour = 3600.0
        return [
            try .cron("\(number(0...59)) */\(number(1...5)) * * *", in: "America/New_York"),
            try .cron("\(number(0...59)) \(number(0...23)) * * *", in: "Australia/Lord_Howe"),
            try .cron("\(number(0...59)) \(number(0...4)),\(number(5...23)) * * 1-5", in: "Europe/Berlin"),
            .every(.seconds(number(1000...20_000))),
            .every(.seconds(number(1000...20_000)), anchor: now.addingTimeInterval(Double(number(-100_000...100_000)))),
            .everyAligned(.seconds(7200)),
            Schedule.every(.seconds(number(1000...9000))).limited(toRuns: number(1...5)),
            Schedule.every(.seconds(3600)).starting(at: now.addingTimeInterval(hour * 20)).ending(
                at: now.addingTimeInterval(hour * 40)),
            try Schedule.cron("0 */3 * * *", in: "Asia/Tokyo").excluding(.weekends),
            try Schedule.cron("30 9 1,2,3,4 * *", in: "Asia/Tokyo").onBusinessDays(.next),
            Schedule.every(.seconds(5400)).smoothed(over: .seconds(2400), key: "\(number(0...99))"),
            .union([.every(.seconds(7000)), try .cron("15 */4 * * *")]),
            .once(at: now.addingTimeInterval(Double(number(1...100_000)))),
            .immediately,
            try .cron("30 2 * * *", in: "America/New_York", daylightSaving: .missing(.skip, repeated: .both)),
            .afterCompletion(.seconds(number(1000...20_000))),
            Schedule.afterCompletion(.seconds(number(1000...9000))).smoothed(over: .seconds(2400), key: "a"),
            Schedule.afterCompletion(.seconds(number(1000...9000))).excluding(.weekends),
        ]
    }

    /// Compares a job's executions from a date to now with its preview.
    func expect(
        _ preview: JobPreview, of id: JobID, since now: Date, on bench: Bench, _ text: String
    ) async throws {
        let end = bench.clock.now
        let runs = try await bench.executions(of: id).filter { ($0.startedAt ?? .distantPast) >= now }
        let foreseen = preview.occurrences.map(\.occurrence).filter { $0.effective <= end }
        // Of a delay after completion, only the next occurrence is known.
        let known = preview.definition.schedule.completionDelay == nil ? 10 : 1
        #expect(runs.prefix(known).map(\.scheduledFor) == foreseen.map(\.nominal), "\(text)")
        #expect(runs.prefix(known).map(\.startedAt) == foreseen.map(\.effective), "\(text)")
    }

    @Test(
        "A preview matches what happens, for new, changed, paused and skipping jobs", arguments: 1...3)
    func property(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        // Sometimes around daylight-saving changes.
        let days = [66, 299, 93, 150][Int(seed) % 4]
        let begin = ManualClock().now.addingTimeInterval(Double(days) * 86_400 + 1234.5)
        let bench = Bench(clock: ManualClock(now: begin), seed: seed)
        let clock = bench.clock
        try await bench.scheduler.handle("work") { _ in }
        let schedules = try Self.schedules(from: begin, using: &random)
        try await bench.running {
            var jobs: [JobID: (JobPreview, Date)] = [:]
            for schedule in schedules {
                let draft = JobDraft(
                    name: "x", schedule: schedule, action: .handler("work"), retention: .last(10_000))
                let preview = try await bench.scheduler.preview(draft)
                jobs[try await bench.scheduler.create(draft).id] = (preview, clock.now)
            }
            await bench.advance(.seconds(Int.random(in: 80_000...120_000, using: &random)))
            for (id, (preview, date)) in jobs {
                try await expect(preview, of: id, since: date, on: bench, "new: \(preview.definition.schedule)")
            }
            // Executions that started by now were in the earlier preview.
            await bench.advance(.milliseconds(250))
            for id in jobs.keys.sorted(by: { $0.bits < $1.bits }) {
                guard let job = try? await bench.scheduler.job(id), job.state == .active else {
                    jobs[id] = nil
                    continue
                }
                switch Int.random(in: 0..<3, using: &random) {
                case 0: try await bench.scheduler.skipNext(Int.random(in: 0...4, using: &random), of: id)
                case 1:
                    let end = clock.now.addingTimeInterval(Double.random(in: 1...80_000, using: &random))
                    try await bench.scheduler.pause(id, until: end)
                default:
                    let preview = try await bench.scheduler.preview(updating: id) {
                        $0.schedule = .every(.seconds(4321))
                    }
                    try await bench.scheduler.update(id) { $0.schedule = .every(.seconds(4321)) }
                    jobs[id] = (preview, clock.now)
                    continue
                }
                jobs[id] = (try await bench.scheduler.preview(updating: id), clock.now)
            }
            await bench.advance(.seconds(150_000))
            for (id, (preview, date)) in jobs {
                try await expect(preview, of: id, since: date, on: bench, "changed: \(preview.definition.schedule)")
            }
        }
    }
}
