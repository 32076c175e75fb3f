import Foundation
import RotaProfiles
import RotaSchedule
import RotaTestSupport
import Testing

@Suite struct ScheduleProfileTests {
    private static let march15 = Date(timeIntervalSince1970: 1_773_568_800)

    @Test(
        "A service's spelling of a schedule is read",
        .rows("T-9", "T-10", "T-11", "K-4", "K-5", "K-6", "KX-1", "I-3", "I-4", "S-24"),
        arguments: [
            (.trigrun, #"{"every_n_minutes":15,"timezone":"UTC"}"#, try? Schedule.everyMinutes(15)),
            (
                .trigrun, #"{"cron":"30 9 * * 1-5","timezone":"America/New_York"}"#,
                try? .cron("30 9 * * 1-5", in: "America/New_York")
            ),
            (.strait, #"{"cron":"0 2 * * *"}"#, try? .cron("0 2 * * *", in: "UTC")),
            (
                .krafter, #"{"schedule_type":"interval","schedule":"every_5m","timezone":"UTC"}"#,
                .every(.seconds(300))
            ),
            (.krafter, #"{"schedule_type":"interval","schedule":"@every 5m"}"#, .every(.seconds(300))),
            (.krafter, #"{"schedule_type":"interval","schedule":"@Every 5m"}"#, .every(.seconds(300))),
            (.krafter, #"{"schedule_type":"cron","schedule":"0 9 * * *"}"#, try? .cron("0 9 * * *")),
            (.krafter, #"{"schedule_type":"once","schedule":"2026-03-15T10:00:00Z"}"#, .once(at: march15)),
            (.krafter, #"{"schedule_type":"once","schedule":"immediately"}"#, .immediately),
            (
                .infrai, #"{"cron_expr":"0 9 * * 1","timezone":"Asia/Shanghai"}"#,
                try? .cron("0 9 * * 1", in: "Asia/Shanghai")
            ),
            (.infrai, #"{"schedule":"0 9 * * *"}"#, try? .cron("0 9 * * *")),
            (.infrai, #"{"run_at":"2026-03-15T10:00:00.000Z"}"#, .once(at: march15)),
            (.infrai, #"{"run_at":null,"cron":"0 9 * * *"}"#, try? .cron("0 9 * * *")),
            (.infrai, #"{"run_at":null,"schedule":"0 9 * * *"}"#, try? .cron("0 9 * * *")),
            (
                .infrai, #"{"cron_expr":"0 9 * * *","maximumRuns":3}"#,
                try? Schedule.cron("0 9 * * *").limited(toRuns: 3)
            ),
        ] as [(ServiceProfile, String, Schedule?)])
    func spellings(profile: ServiceProfile, text: String, schedule: Schedule?) throws {
        #expect(try profile.schedule(from: Data(text.utf8)) == #require(schedule))
    }

    @Test("Daylight saving, seed and anchor beside a service's text are read")
    func besideText() throws {
        func read(_ text: String) throws -> Schedule {
            try ServiceProfile.krafter.schedule(from: Data(text.utf8))
        }
        let cron = try read(
            #"""
            {"schedule": "30 2 * * *", "timezone": "America/New_York",
             "daylightSaving": {"missing": "skip", "repeated": "first"}}
            """#)
        #expect(
            cron
                == (try .cron(
                    "30 2 * * *", in: "America/New_York", daylightSaving: .missing(.skip, repeated: .first))))
        #expect(try read(#"{"schedule": "H H * * *", "hashSeed": "x"}"#) == .cron("H H * * *", hashSeed: "x"))
        let anchored = Schedule.every(.seconds(300), anchor: Date(timeIntervalSince1970: 1_767_225_600))
        #expect(try read(#"{"schedule": "every_5m", "anchor": "2026-01-01T00:00:00Z"}"#) == anchored)
        #expect(try read(#"{"schedule": "@every 5m", "anchor": "2026-01-01T00:00:00Z"}"#) == anchored)
    }

    @Test(
        "An invalid spelling, or two rules, is a decoding error that says why", .rows("I-4"),
        arguments: [
            (.infrai, #"{}"#, "exactly one"),
            (.infrai, #"{"cron":"0 9 * * *","run_at":"2026-03-15T10:00:00Z"}"#, "cron and once"),
            (.infrai, #"{"cron_expr":"0 9 * * *","run_at":"2026-03-15T10:00:00Z"}"#, "cron_expr and run_at"),
            (.infrai, #"{"cron_expr":"0 9 * * *","cron":"0 9 * * *"}"#, "cron and cron_expr"),
            (.trigrun, #"{"every_n_minutes":0}"#, "1–1440"), (.trigrun, #"{"every_n_minutes":1441}"#, "1–1440"),
            (.trigrun, #"{"cron_expr":"0 9 * * *"}"#, "exactly one"),
            (.krafter, #"{"schedule_type":"interval","schedule":"0 9 * * *"}"#, "interval"),
            (.krafter, #"{"schedule_type":"once","schedule":"every_5m"}"#, "once"),
            (.krafter, #"{"schedule":"every_0m"}"#, "1 ms to 100 years"),
            (.krafter, #"{"schedule":"2026-03-15T10:00:00"}"#, "add Z"),
            (.krafter, #"{"schedule":5}"#, ""), (.krafter, "[]", ""),
        ] as [(ServiceProfile, String, String)])
    func refused(profile: ServiceProfile, text: String, part: String) {
        let error = #expect(throws: DecodingError.self) { try profile.schedule(from: Data(text.utf8)) }
        #expect(part.isEmpty || "\(error.map { "\($0)" } ?? "")".contains(part), "\(String(describing: error))")
    }
}
