import Foundation
import RotaSchedule
import Testing

@Suite struct JSONAttacks {
    private func read(_ json: String) throws -> Schedule {
        try JSONDecoder().decode(Schedule.self, from: Data(json.utf8))
    }

    @Test("Daylight saving, seed and anchor beside a schedule's text are not passed over")
    func besideText() throws {
        let cron = try read(
            #"""
            {"schedule": "30 2 * * *", "timezone": "America/New_York",
             "daylightSaving": {"missing": "skip", "repeated": "first"}}
            """#)
        #expect(
            cron
                == (try .cron(
                    "30 2 * * *", in: "America/New_York", daylightSaving: .missing(.skip, repeated: .first))))
        #expect(
            try read(#"{"schedule": "H H * * *", "hashSeed": "x"}"#) == .cron("H H * * *", hashSeed: "x"))
        let anchored = Schedule.every(.seconds(300), anchor: instant("2026-01-01T00:00:00Z"))
        #expect(try read(#"{"schedule": "every_5m", "anchor": "2026-01-01T00:00:00Z"}"#) == anchored)
        #expect(try read(#"{"cron": "@every 5m", "anchor": "2026-01-01T00:00:00Z"}"#) == anchored)
    }

    @Test(
        "A null is as good as nothing", arguments: ["smoothing", "businessDays", "calendars", "start", "maximumRuns"])
    func null(key: String) throws {
        #expect(try read(#"{"every": "5m", "\#(key)": null}"#) == .every(.seconds(300)))
    }

    @Test("Tabs after a text are spaces around it", arguments: ["every_5m\t", "\t2026-03-15T10:00:00Z \t"])
    func tabs(text: String) throws {
        #expect(try Schedule.parse(text) == Schedule.parse(text.trimmingCharacters(in: .whitespaces)))
    }
}
