import Foundation
import RotaSchedule
import RotaTestSupport
import RotaTesting
import Testing

@Suite struct ScheduleCodingTests {
    private func json(_ schedule: Schedule) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(schedule), as: UTF8.self)
    }

    private func decode(_ text: String) throws -> Schedule {
        try JSONDecoder().decode(Schedule.self, from: Data(text.utf8))
    }

    @Test("The JSON form is stable")
    func forms() throws {
        let instant = Date(timeIntervalSince1970: 1_773_568_800)
        let forms: [(Schedule, String)] = [
            (
                try .cron("30 9 * * 1-5", in: "America/New_York"),
                #"{"cron":"30 9 * * 1-5","timezone":"America/New_York"}"#
            ),
            (
                try .cron("0 0 12 ? * MON", dialect: .quartz, daylightSaving: .missing(.skip, repeated: .both)),
                #"{"cron":"0 0 12 ? * MON","daylightSaving":{"missing":"skip","repeated":"both"},"dialect":"quartz","timezone":"UTC"}"#
            ),
            (try .cron("H H * * *", hashSeed: "job-7"), #"{"cron":"H H * * *","hashSeed":"job-7","timezone":"UTC"}"#),
            (.every(.seconds(900), anchor: instant), #"{"anchor":"2026-03-15T10:00:00Z","every":"15m"}"#),
            (.every(.seconds(5_400)), #"{"every":"1h30m"}"#), (.every(.milliseconds(250)), #"{"every":"250ms"}"#),
            (.afterCompletion(.seconds(600)), #"{"afterCompletion":"10m"}"#),
            (.once(at: instant), #"{"once":"2026-03-15T10:00:00Z"}"#),
            (.once(at: instant.addingTimeInterval(0.5)), #"{"once":"2026-03-15T10:00:00.500Z"}"#),
            (.immediately, #"{"immediately":true}"#),
            (.immediately.anchored(at: instant), #"{"immediately":"2026-03-15T10:00:00Z"}"#),
            (.union([.immediately, .every(.seconds(1))]), #"{"union":[{"immediately":true},{"every":"1s"}]}"#),
            (
                try .cron("@daily").limited(toRuns: 3).starting(at: instant).smoothed(over: .seconds(60), key: "a"),
                #"{"cron":"@daily","maximumRuns":3,"smoothing":{"key":"a","window":"1m"},"start":"2026-03-15T10:00:00Z","timezone":"UTC"}"#
            ),
            (
                try .cron("0 9 * * *", in: "Europe/Berlin")
                    .excluding(try .annual(["12-25"]).union(try .dates(["2026-04-03"])).union(.weekends))
                    .within(try .cron(CronExpression("* 8-18 * * *"))).onBusinessDays(.next),
                #"{"businessDays":{"shift":"next","timezone":"Europe/Berlin"},"calendars":[{"exclude":{"annual":["12-25"],"dates":["2026-04-03"],"weekdays":["SUN","SAT"]},"timezone":"Europe/Berlin"},{"timezone":"Europe/Berlin","within":{"cron":["* 8-18 * * *"]}}],"cron":"0 9 * * *","timezone":"Europe/Berlin"}"#
            ),
        ]
        for (schedule, form) in forms {
            #expect(try json(schedule) == form)
            #expect(try decode(form) == schedule)
        }
    }

    @Test("An anchor with any fraction survives encoding")
    func fractions() throws {
        var random = SeededGenerator(seed: 77)
        for _ in 0..<500 {
            let anchor = Date(timeIntervalSinceReferenceDate: Double.random(in: 5e8...2e9, using: &random))
            let schedule = Schedule.every(.seconds(60), anchor: anchor)
            #expect(try decode(json(schedule)) == schedule)
        }
    }

    @Test(
        "Optional values may be missing, and a duration may be a number of seconds", .rows("T-10", "T-11", "S-24"),
        arguments: [
            (
                #"{"cron":"30 9 * * 1-5","timezone":"America/New_York"}"#,
                try? .cron("30 9 * * 1-5", in: "America/New_York")
            ),
            (#"{"cron":"0 2 * * *"}"#, try? .cron("0 2 * * *", in: "UTC")),
            (#"{"cron":"0 2 * * *","once":null}"#, try? .cron("0 2 * * *")),
            (#"{"every":900}"#, .every(.seconds(900))),
            (
                #"{"cron":"@every 5m","anchor":"2026-01-01T00:00:00Z"}"#,
                .every(.seconds(300), anchor: utc("2026-01-01T00:00:00Z"))
            ),
        ] as [(String, Schedule?)])
    func optionals(text: String, schedule: Schedule?) throws {
        #expect(try decode(text) == #require(schedule))
    }

    @Test(
        "The services' spellings are not Rota's",
        arguments: [
            #"{"every_n_minutes":15}"#, #"{"cron_expr":"0 9 * * *"}"#, #"{"run_at":"2026-03-15T10:00:00Z"}"#,
            #"{"schedule":"0 9 * * *"}"#,
        ])
    func otherSpellings(text: String) {
        #expect(throws: DecodingError.self) { try decode(text) }
    }

    @Test(
        "An invalid schedule, or one with two rules or none, is a decoding error that says why", .rows("I-4"),
        arguments: [
            (#"{}"#, "exactly one"), (#"{"cron":"0 9 * * *","once":"2026-03-15T10:00:00Z"}"#, "cron and once"),
            (#"{"cron":"61 * * * *"}"#, "61 is too large"),
            (#"{"cron":"0 9 * * *","timezone":"Mars/Base"}"#, "Mars/Base"),
            (#"{"every":"5 minutes"}"#, "not a duration"), (#"{"every":"0s"}"#, "1 ms to 100 years"),
            (#"{"every":-5}"#, "1 ms to 100 years"),
            (#"{"once":"tomorrow"}"#, "ISO 8601"),
            (#"{"cron":"0 9 * * *","maximumRuns":0}"#, "at least 1"), (#"{"union":[]}"#, "at least one"),
            (#"{"cron":"0 9 * * *","calendars":[{"exclude":{"dates":["2026-02-30"]}}]}"#, "2026-02-30"),
            (#"{"cron":"0 9 * * *","calendars":[{}]}"#, "either"),
            (#"{"cron":"0 9 * * *","dialect":"klingon"}"#, "klingon"), (#"{"every":1e300}"#, ""), (#"{"once":5}"#, ""),
        ])
    func refused(text: String, part: String) {
        let error = #expect(throws: DecodingError.self) { try decode(text) }
        #expect(part.isEmpty || "\(error.map { "\($0)" } ?? "")".contains(part), "\(String(describing: error))")
    }

    @Test("A date with milliseconds is encoded with milliseconds and decoded as the same date")
    func milliseconds() throws {
        for text in ["2026-03-15T10:00:00.123Z", "2026-03-15T10:00:00.001Z", "1969-12-31T23:59:59.999Z"] {
            let schedule = try Schedule.once(atText: text)
            #expect(schedule.summary == "Once at \(text)")
            #expect(try JSONDecoder().decode(Schedule.self, from: JSONEncoder().encode(schedule)) == schedule)
        }
        for count in 0..<2_000 {
            let exact = Date(timeIntervalSinceReferenceDate: (7e8 + Double(count) * 0.000_123_7).nextUp)
            let schedule = Schedule.once(at: exact)
            #expect(try JSONDecoder().decode(Schedule.self, from: JSONEncoder().encode(schedule)) == schedule)
        }
    }

    @Test(
        "A null counts as missing", arguments: ["smoothing", "businessDays", "calendars", "start", "maximumRuns"])
    func null(key: String) throws {
        #expect(try decode(#"{"every": "5m", "\#(key)": null}"#) == .every(.seconds(300)))
    }

    @Test(
        "A decoder of stored values accepts an unknown zone, and nothing else that is invalid",
        arguments: [
            #"{"cron":"0 9 * * *","timezone":"Mars/Base"}"#,
            #"{"every":"1h","calendars":[{"exclude":{"weekdays":["SUN"]},"timezone":"Mars/Base"}]}"#,
            #"{"union":[{"cron":"0 9 * * *","timezone":"Mars/Base"}]}"#,
            #"{"every":"1h","businessDays":{"shift":"next","timezone":"Mars/Base"}}"#,
        ])
    func stored(text: String) throws {
        let decoder = JSONDecoder()
        decoder.readStoredValues()
        let schedule = try decoder.decode(Schedule.self, from: Data(text.utf8))
        #expect(throws: DecodingError.self) { try decode(text) }
        let error = #expect(throws: ScheduleError.self) { try schedule.validate() }
        #expect(error?.code == .timeZone && error?.value == "Mars/Base")
        #expect(throws: ScheduleError.self) { try schedule.checkZones() }
        #expect(try decoder.decode(Schedule.self, from: Data(json(schedule).utf8)) == schedule)
        for invalid in [#"{"cron":"61 * * * *"}"#, #"{"every":"0s"}"#, #"{"union":[]}"#, #"{}"#] {
            #expect(throws: DecodingError.self) { try decoder.decode(Schedule.self, from: Data(invalid.utf8)) }
        }
        #expect(throws: Never.self) { try Schedule.cron("0 9 * * *", in: "Europe/Berlin").checkZones() }
    }
}
