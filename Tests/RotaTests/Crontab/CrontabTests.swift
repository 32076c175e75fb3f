import Foundation
import RotaTestSupport
import RotaTesting
import Testing

@Suite("Crontab")
struct CrontabTests {
    @Test("Lines become jobs; comments and blank lines do not", .rows("T-51", "T-52", "T-53"))
    func lines() async throws {
        let crontab = try Crontab(
            """
            # health
            */5 * * * * https://api.example.com/health

              0 2 * * *   https://api.example.com/cleanup
            @hourly https://api.example.com/hourly
            @every 90s https://api.example.com/often
            """)
        #expect(crontab.entries.map(\.line) == [2, 4, 5, 6])
        #expect(crontab.entries.map(\.request.url).first == "https://api.example.com/health")
        let bench = Bench()
        let jobs = try await bench.scheduler.create(crontab.entries.map { $0.draft() })
        let start = bench.clock.now
        #expect(jobs.map { $0.nextRunAt?.timeIntervalSince(start) } == [300, 7200, 3600, 90])
        #expect(jobs.first?.name == "https://api.example.com/health")
    }

    @Test("A line without a URL uses the default URL, or is an error that names the line", .rows("T-54"))
    func defaultURL() throws {
        let text = "*/5 * * * * https://a.example.com/\r\n0 2 * * *\r\n"
        let crontab = try Crontab(text, defaultURL: "https://api.example.com/fallback")
        #expect(crontab.entries.map(\.request.url) == ["https://a.example.com/", "https://api.example.com/fallback"])
        let error = #expect(throws: Crontab.ParseError.self) { try Crontab(text) }
        #expect(error?.problems.map(\.line) == [2])
        #expect(error?.description.contains("no URL") == true)
    }

    @Test(
        "An invalid line is reported with its number and the reason",
        arguments: [
            ("61 * * * * https://a.example.com/", "61"),
            ("* * * * https://a.example.com/", "field"),
            ("* * * * * ftp://a.example.com/", "ftp"),
            ("* * * * * nightly clean-up", "nightly"),
            ("@yesterday https://a.example.com/", "@yesterday"),
        ])
    func problems(line: String, words: String) {
        let error = #expect(throws: Crontab.ParseError.self) {
            try Crontab("# first\n\(line)\n0 0 * * * https://ok.example.com/")
        }
        #expect(error?.problems.map(\.line) == [2])
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }

    @Test("Many jobs are created together or not at all")
    func allOrNothing() async throws {
        let bench = Bench()
        let good = JobDraft(name: "good", schedule: .every(.seconds(60)), action: .handler("x"))
        let bad = JobDraft(name: " ", schedule: .every(.seconds(60)), action: .handler("x"))
        await #expect(throws: SchedulerError.self) { try await bench.scheduler.create([good, bad]) }
        #expect(try await bench.scheduler.jobs().items.isEmpty)
    }

    @Test("Different lines have different keys")
    func keys() throws {
        let text = "@daily https://e.com/ a\n@daily https://e.com/ a\n@daily https://e.com/ a|2\n"
        let crontab = try Crontab(text)
        #expect(Set(crontab.entries.map(\.key)).count == 3)
    }

    @Test("A byte order mark is not part of the first line")
    func byteOrderMark() throws {
        let crontab = try Crontab("\u{FEFF}0 0 * * * https://e.com/\r\n")
        #expect(crontab.entries.count == 1)
    }

    @Test("The case of a macro does not matter", arguments: ["@every 90s", "@Every 90s", "@EVERY 90s"])
    func macroCase(expression: String) throws {
        let crontab = try Crontab("\(expression) https://api.example.com/often  Often")
        #expect(crontab.entries.map(\.schedule) == [.every(.seconds(90))])
        #expect(crontab.entries.map(\.name) == ["Often"])
    }

    @Test("An international host in a line is converted as in a request, or is an error that says why")
    func internationalHost() async throws {
        let bench = Bench()
        let crontab = try Crontab("@every 60s https://bücher.example/a")
        try await bench.running {
            try await bench.scheduler.create(crontab.entries.map { $0.draft() })
            await bench.advance(.seconds(60))
        }
        #expect(bench.transport.requests.first?.url.absoluteString == "https://xn--bcher-kva.example/a")
        let error = #expect(throws: Crontab.ParseError.self) { try Crontab("@daily https://b%C3%BCcher.example/a") }
        #expect(error?.problems.first?.message.contains("host") == true)
    }

    @Test("A byte order mark or a no-break space at the start of any line does not matter")
    func joinedFiles() throws {
        let crontab = try Crontab(
            "@daily https://a.e.com/\n\u{FEFF}@daily https://b.e.com/\n\u{A0}@daily https://c.e.com/")
        #expect(crontab.entries.map(\.line) == [1, 2, 3])
    }

    @Test(
        "After a line with a time zone that cannot be used, lines are refused until another one sets it",
        arguments: [
            ("CRON_TZ=Mars/Base", "Mars/Base"), ("TZ=BST", "Europe/London"), ("CRON_TZ=", "cannot be the name"),
            ("cron_tz=Asia/Tokyo", "Write CRON_TZ=Asia/Tokyo"), ("Tz = Asia/Tokyo", "CRON_TZ=Asia/Tokyo"),
            ("TIME_ZONE=Asia/Tokyo", "CRON_TZ=Asia/Tokyo"), ("export TZ=Asia/Tokyo", "without anything else"),
            ("CRON_TZ: Asia/Tokyo", "without anything else"), ("CRON-TZ=Asia/Tokyo", "without anything else"),
            ("CRON_TZ=Asia/Tokyo 0 9 * * * https://x.example.com/", "on a line of its own"),
            ("CRON_TZ=Asia/Tokyo # the office", "on a line of its own"),
        ])
    func badZone(line: String, words: String) throws {
        let crontab = Crontab(
            validLinesOf: """
                CRON_TZ=Europe/Berlin
                0 1 * * * https://a.example.com/
                \(line)
                0 2 * * * https://b.example.com/
                MAILTO=ops@example.com
                @every 5m https://c.example.com/
                CRON_TZ=America/New_York
                0 3 * * * https://d.example.com/
                """)
        #expect(crontab.entries.map(\.line) == [2, 8])
        #expect(crontab.entries.map { $0.schedule.timeZoneIdentifier } == ["Europe/Berlin", "America/New_York"])
        #expect(crontab.problems.map(\.line) == [3, 4, 6])
        #expect(crontab.problems.first?.message.contains(words) == true, "\(crontab.problems)")
        for problem in crontab.problems.dropFirst() {
            #expect(problem.message.contains("Line 3") && problem.message.contains("Correct line 3"))
        }
    }

    @Test("A line in another tool's notation is reported with the way out")
    func foreignNotation() {
        let crontab = Crontab(
            validLinesOf: "0 9 * * 1–5 https://a.example.com/\n0~59 * * * * https://b.example.com/")
        #expect(crontab.problems.map(\.line) == [1, 2])
        #expect(crontab.problems.first?.message.contains("an en dash") == true)
        #expect(crontab.problems.last?.message.contains("H(0-59)") == true)
    }
}
