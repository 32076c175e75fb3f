import Foundation
import RotaSchedule
import RotaTestSupport
import RotaTesting
import Testing

@Suite struct ScheduleTests {
    private let creation = utc("2026-03-15T10:03:20Z")

    @Test(
        "An interval in minutes is 1–1440", .rows("T-2"),
        arguments: [(0, false), (1, true), (1_440, true), (1_441, false), (-5, false)])
    func minutes(count: Int, allowed: Bool) {
        guard !allowed else {
            #expect(throws: Never.self) { try Schedule.everyMinutes(count) }
            return
        }
        let error = #expect(throws: ScheduleError.self) { try Schedule.everyMinutes(count) }
        #expect(error?.code == .interval && error?.value == "\(count)")
    }

    @Test("An interval counts from the job's creation", .rows("T-3", "C-14"))
    func anchored() throws {
        let schedule = try Schedule.everyMinutes(15).anchored(at: creation)
        #expect(text(schedule.next(after: creation)) == "2026-03-15T10:18:20Z")
        #expect(text(schedule.next(after: utc("2026-03-15T10:18:20Z"))) == "2026-03-15T10:33:20Z")
        #expect(
            text(schedule.next(after: utc("2026-01-01T00:00:00Z"))) == "2026-03-15T10:18:20Z", "n is at least 1")
        #expect(text(schedule.previous(before: utc("2026-03-15T10:33:20Z"))) == "2026-03-15T10:18:20Z")
        #expect(schedule.previous(before: utc("2026-03-15T10:18:20Z")) == nil)
        #expect(schedule.anchored(at: .distantPast) == schedule, "an anchor stays")
    }

    @Test(
        "A preset is an interval", .rows("K-4", "K-6", "K-7", "KX-2"),
        arguments: [("every_30s", 30), ("every_5m", 300), ("every_1h", 3_600), ("every_1d", 86_400)])
    func presets(name: String, length: Int) throws {
        let schedule = try Schedule.preset(name).anchored(at: creation)
        #expect(schedule.next(after: creation) == creation.addingTimeInterval(Double(length)))
        #expect(try Schedule.parse(name) == Schedule.preset(name))
    }

    @Test(
        "Other texts are not presets",
        arguments: ["every_", "every_5", "every_0m", "every_5x", "every_m", "every_-5m", "every_99999999999999999999m"])
    func badPresets(name: String) {
        #expect(throws: ScheduleError.self) { try Schedule.preset(name) }
        #expect(throws: ScheduleError.self) { try Schedule.parse(name) }
    }

    @Test("A date fires exactly once", .rows("T-5", "I-4", "KX-1", "C-15"))
    func once() throws {
        let due = utc("2026-03-15T10:00:00Z")
        for text in [
            "2026-03-15T10:00:00Z", "2026-03-15T10:00:00.000Z", "2026-03-15T12:00:00+02:00", "2026-03-15 10:00:00z",
        ] {
            let schedule = try Schedule.parse(text)
            #expect(schedule == .once(at: due))
            #expect(schedule.next(after: .distantPast) == due)
            #expect(schedule.next(after: due) == nil)
            #expect(schedule.previous(before: .distantFuture) == due)
            #expect(schedule.previous(before: due) == nil)
        }
    }

    @Test(
        "Texts without a valid date or zone are refused",
        arguments: [
            "2026-03-15T10:00:00", "2026-02-29T10:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01",
            "0000-01-01T00:00:00Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00Zx",
        ])
    func badInstants(text: String) {
        let error = #expect(throws: ScheduleError.self) { try Schedule.once(atText: text) }
        #expect(error?.code == .date)
        if text == "2026-03-15T10:00:00" { #expect(error?.message.contains("add Z") == true) }
    }

    @Test("Immediately fires once, at the job's creation", .rows("T-6"))
    func immediately() {
        #expect(Schedule.immediately.next(after: creation) == nil)
        let schedule = Schedule.immediately.anchored(at: creation)
        #expect(schedule.next(after: creation.addingTimeInterval(-0.001)) == creation)
        #expect(schedule.next(after: creation) == nil)
    }

    @Test("A delay counts from the end of the previous execution")
    func afterCompletion() {
        let schedule = Schedule.afterCompletion(.seconds(600)).anchored(at: creation)
        #expect(schedule.completionDelay == .seconds(600))
        #expect(schedule.next(after: .distantPast) == creation.addingTimeInterval(600))
        let end = creation.addingTimeInterval(5_000)
        #expect(schedule.next(after: end) == end.addingTimeInterval(600))
        #expect(Schedule.immediately.completionDelay == nil)
    }

    @Test("Intervals do not drift", arguments: [0.001, 0.25, 1, 7, 900, 86_400, 2_592_000])
    func intervals(length: Double) {
        var random = SeededGenerator(seed: UInt64(length * 1_000))
        let schedule = Schedule.every(.milliseconds(Int(length * 1_000)), anchor: creation)
        for _ in 0..<200 {
            let count = random.int(1...50_000)
            let nth = creation.addingTimeInterval(Double(count) * length)
            #expect(schedule.next(after: nth) == creation.addingTimeInterval(Double(count + 1) * length))
            #expect(schedule.next(after: nth.addingTimeInterval(-length / 2)) == nth)
            #expect(schedule.previous(before: nth.addingTimeInterval(length / 2)) == nth)
            #expect(
                schedule.previous(before: nth)
                    == (count == 1 ? nil : creation.addingTimeInterval(Double(count - 1) * length)))
        }
    }

    @Test("An aligned interval counts from 1970")
    func aligned() {
        let schedule = Schedule.everyAligned(.seconds(900))
        #expect(text(schedule.next(after: creation)) == "2026-03-15T10:15:00Z")
    }

    @Test(
        "Validation refuses what factories without throws accept",
        arguments: [
            (Schedule.every(.zero), .interval), (.every(.seconds(-1)), .interval),
            (.every(.seconds(Int64.max)), .interval),
            (.every(.microseconds(1_500)), .interval), (.afterCompletion(.zero), .interval),
            (.once(at: Date(timeIntervalSince1970: .nan)), .date),
            (.once(at: Date(timeIntervalSince1970: 1e15)), .date),
            (.union([]), .empty), (.every(.seconds(1)).limited(toRuns: 0), .limit),
            (
                .every(.seconds(1)).starting(at: Date(timeIntervalSince1970: 9)).ending(
                    at: Date(timeIntervalSince1970: 9)), .limit
            ),
            // Too long for the `components` of a duration.
            (.every(.seconds(1e20)), .interval),
            (.every(.seconds(1e20), anchor: Date(timeIntervalSince1970: 0)), .interval),
            (.every(.seconds(-1e20)), .interval), (.afterCompletion(.seconds(1e20)), .interval),
            (.every(.seconds(1)).smoothed(over: .seconds(1e20), key: "a"), .smoothing),
            (.every(.seconds(1)).smoothed(over: .zero, key: "a"), .smoothing),
            (.every(.seconds(1)).smoothed(over: .microseconds(1_500), key: "a"), .smoothing),
            (.every(.seconds(1)).excluding(.weekends, in: "Mars/Base"), .timeZone),
            (.every(.seconds(1)).excluding(.weekdays([])), .calendar),
            (.union([.every(.zero), .immediately]), .interval),
        ] as [(Schedule, ScheduleError.Code)])
    func invalid(schedule: Schedule, code: ScheduleError.Code) {
        let error = #expect(throws: ScheduleError.self) { try schedule.validate() }
        #expect(error?.code == code)
        // Using an invalid schedule must not trap.
        _ = schedule.next(after: creation)
        _ = schedule.previous(before: creation)
        _ = schedule.nextOccurrence(after: creation)
        _ = schedule.anchored(at: creation).next(after: creation)
        _ = schedule.summary
        _ = try? JSONEncoder().encode(schedule)
    }

    @Test("A union has every occurrence of its parts, once")
    func union() throws {
        let union = Schedule.union([
            try .cron("0 9 * * *"), try .cron("0 9,17 * * 1-5"), .once(at: utc("2026-03-16T12:00:00Z")),
        ])
        var found: [String] = []
        var cursor = utc("2026-03-15T00:00:00Z")
        for _ in 0..<5 {
            cursor = try #require(union.next(after: cursor))
            found.append(text(cursor))
        }
        #expect(
            found == [
                "2026-03-15T09:00:00Z", "2026-03-16T09:00:00Z", "2026-03-16T12:00:00Z", "2026-03-16T17:00:00Z",
                "2026-03-17T09:00:00Z",
            ])
        #expect(union.previous(before: cursor) == utc("2026-03-16T17:00:00Z"))
    }

    @Test("The start is included, the end is not")
    func startAndEnd() throws {
        let schedule = try Schedule.cron("0 9 * * *").starting(at: utc("2026-03-15T09:00:00Z"))
            .ending(at: utc("2026-03-17T09:00:00Z"))
        #expect(text(schedule.next(after: .distantPast)) == "2026-03-15T09:00:00Z", "the start counts")
        #expect(text(schedule.next(after: utc("2026-03-15T09:00:00Z"))) == "2026-03-16T09:00:00Z")
        #expect(schedule.next(after: utc("2026-03-16T09:00:00Z")) == nil, "the end does not")
        #expect(text(schedule.previous(before: .distantFuture)) == "2026-03-16T09:00:00Z")
        #expect(schedule.previous(before: utc("2026-03-15T09:00:00Z")) == nil)
        #expect(schedule.limited(toRuns: 3).maximumRuns == 3 && schedule.maximumRuns == nil)
    }

    @Test("The zone is UTC by default and checked immediately", .rows("T-11", "K-8", "I-8", "S-33", "C-13"))
    func zones() throws {
        #expect(try Schedule.cron("0 9 * * *").timeZoneIdentifier == "UTC")
        #expect(try Schedule.cron("0 9 * * *", in: "Asia/Shanghai").timeZoneIdentifier == "Asia/Shanghai")
        let error = #expect(throws: ScheduleError.self) { try Schedule.cron("0 9 * * *", in: "Asia/Shangha") }
        #expect(error?.code == .timeZone && error?.value == "Asia/Shangha")
        let zone = try #require(TimeZone(identifier: "Europe/Berlin"))
        #expect(try Schedule.cron(CronExpression("0 9 * * *"), in: zone) == .cron("0 9 * * *", in: "Europe/Berlin"))
    }

    @Test("Smoothing keeps the nominal date and moves the effective one by a stable amount")
    func smoothing() throws {
        let plain = try Schedule.cron("0 9 * * *")
        var offsets: Set<Duration> = []
        for index in 0..<500 {
            let schedule = plain.smoothed(over: .seconds(60), key: "job-\(index)")
            let offset = schedule.smoothingOffset
            #expect(offset >= .zero && offset < .seconds(60))
            let occurrence = try #require(schedule.nextOccurrence(after: creation))
            #expect(occurrence.nominal == plain.next(after: creation))
            let difference = occurrence.effective.timeIntervalSince(occurrence.nominal)
            #expect(
                abs(difference - Double(offset.components.attoseconds) / 1e18 - Double(offset.components.seconds))
                    < 1e-6)
            #expect(schedule.next(after: creation) == occurrence.nominal)
            offsets.insert(offset)
        }
        #expect(offsets.count > 400, "keys spread over the window")
        // Computed independently (FNV-1a, SplitMix64). A change of the hash would move every job of every user.
        let report = plain.smoothed(over: .seconds(60), key: "daily-report")
        #expect(report.smoothingOffset == .milliseconds(48807))
        #expect(plain.nextOccurrence(after: creation)?.effective == plain.next(after: creation))
        #expect(plain.previousOccurrence(before: creation)?.nominal == plain.previous(before: creation))
    }

    @Test("An execution window contains whole minutes and has a next opening", .rows("S-32", "SX-3"))
    func window() throws {
        let window = try ExecutionWindow("* 9-16 * * 1-5", in: "America/New_York")
        #expect(window.contains(utc("2026-03-16T13:00:30Z")))
        #expect(!window.contains(utc("2026-03-16T12:59:59Z")))
        #expect(!window.contains(utc("2026-03-15T14:00:00Z")))
        let inside = utc("2026-03-16T13:00:30.500Z")
        #expect(window.nextOpening(from: inside) == inside)
        #expect(text(window.nextOpening(from: utc("2026-03-14T14:00:00Z"))) == "2026-03-16T13:00:00Z")
        let again = try JSONDecoder().decode(ExecutionWindow.self, from: JSONEncoder().encode(window))
        #expect(again == window)
        #expect(throws: ScheduleError.self) { try ExecutionWindow("@every 5m") }
        #expect(throws: ScheduleError.self) { try ExecutionWindow("* * * * *", in: "Mars/Base") }
        #expect(throws: ScheduleError.self) { try ExecutionWindow("61 * * * *") }
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(ExecutionWindow.self, from: Data(#"{"cron":"61 * * * *"}"#.utf8))
        }
    }

    @Test(
        "A summary says in English when a schedule fires",
        arguments: [
            (
                try? Schedule.cron("30 9 * * 1-5", in: "America/New_York"),
                "At 09:30, Monday to Friday (America/New_York)"
            ),
            (.every(.seconds(900)), "Every 15 minutes"),
            (.afterCompletion(.seconds(600)), "10 minutes after the end of each execution"),
            (.once(at: Date(timeIntervalSince1970: 0)), "Once at 1970-01-01T00:00:00Z"),
            (.immediately, "Once, immediately"),
            (
                .every(.seconds(60)).limited(toRuns: 3).excluding(.weekends),
                "Every minute, except on Sunday and Saturday, 3 times"
            ),
            (
                .every(.seconds(60)).excluding(.weekends, in: "Asia/Tokyo").within(.weekdays([.monday])),
                "Every minute, except on Sunday and Saturday (Asia/Tokyo), only on Monday"
            ),
            (
                try? Schedule.cron("0 9 * * *", in: "Asia/Tokyo").excluding(.weekends)
                    .within(.weekdays([.monday]), in: "UTC").onBusinessDays(.nearest, in: "Europe/Berlin")
                    .everyWeeks(2, from: "2026-01-05", in: "America/New_York"),
                "At 09:00 (Asia/Tokyo), every 2 weeks from 2026-01-05 (America/New_York), "
                    + "moved to the nearest business day (Europe/Berlin), except on Sunday and Saturday, "
                    + "only on Monday (UTC)"
            ),
        ] as [(Schedule?, String)])
    func summaries(schedule: Schedule?, summary: String) {
        #expect(schedule?.summary == summary)
    }

    @Test("Tabs around a text are ignored", arguments: ["every_5m\t", "\t2026-03-15T10:00:00Z \t"])
    func tabs(text: String) throws {
        #expect(try Schedule.parse(text) == Schedule.parse(text.trimmingCharacters(in: .whitespaces)))
    }
}
