import Foundation
import RotaHTTP
import RotaTesting
import Testing

@testable import RotaCLI

@Suite("Commands about schedules")
struct ScheduleCommandTests {
    @Test("The next dates of an expression are told in its zone, with notes on changes of the clocks")
    func next() async throws {
        let bench = CLIBench()
        let next = await bench.run(
            "next", "30 2 * * *", "--zone", "Europe/Berlin", "--from", "2026-03-28T00:00:00Z", "-n", "2")
        #expect(next.lines.count == 4, "\(next)")
        #expect(next.lines[2].contains("2026-03-28 02:30:00+01:00"))
        #expect(next.lines[3].contains("2026-03-29 03:00:00+02:00") && next.lines[3].contains("does not exist"))
        let until = await bench.run("next", "@hourly", "--to", "now+5h", "-o", "json")
        #expect(until.json["items"]?[-1]?["nominal"] == "2026-03-15T14:00:00.000Z")
        #expect(await bench.run("next", "every_5m", "-n", "1", "--utc").output.contains("2026-03-15 10:05:00Z"))
        let wrong = await bench.run("next", "61 * * * *")
        #expect(wrong.exit == .refused && wrong.errors.contains("^^"))
        #expect(await bench.run("next", "2020-01-01T00:00:00Z").exit == .failed)
    }

    @Test("An expression is explained, and a zone too")
    func explain() async {
        let bench = CLIBench()
        let told = await bench.run("explain", "* 9 * * 1-5", "--zone", "America/New_York").output
        #expect(told.contains("America/New_York") && told.contains("Better: 0 9 * * 1-5"))
        #expect(told.contains("2026-03-16 09:00:00-04:00 (in 1 d 3 h)"))
        let zone = await bench.run("zones", "Europe/Berlin").output
        #expect(zone.contains("2026-03-15 11:00:00 +01:00") || zone.contains("+01:00"))
        #expect(zone.contains("2026-03-29 01:00:00Z: +01:00 to +02:00"))
        #expect(await bench.run("zones").lines.contains("Europe/Berlin"))
        let missing = await bench.run("zones", "Europe/Berln")
        #expect(missing.exit == .notFound && missing.errors.contains("Did you mean Europe/Berlin?"))
    }

    private static let crontab = """
        # comment
        CRON_TZ=Europe/Berlin
        30 2 * * * /usr/bin/backup
        * 9 * * * https://example.com/x   # every minute
          61 * * * * late
        0 0 30 2 * never
        @daily ok
        @reboot start
        CRON_TZ=Mars/Base
        0 9 * * MOX x
        """

    @Test("Lint tells line and column of mistakes and pitfalls, and decides by its exit code")
    func lint() async throws {
        let bench = CLIBench()
        let found = LintCommand.findings(
            in: Self.crontab, zone: "UTC", dialect: .standard, now: bench.clock.now)
        #expect(
            found.map { "\($0.line):\($0.column) \($0.isError) \($0.code)" } == [
                "3:4 false missingTime", "4:1 false everyMinuteOfHour", "5:3 true outOfRange",
                "6:1 true neverMatches", "9:1 true timeZone", "10:9 true unknownName",
            ], "\(found.map { "\($0.line):\($0.column) \($0.isError) \($0.code)" })")
        let scratch = try Scratch()
        let file = try scratch.write(Self.crontab, to: "crontab")
        let plain = await bench.run("lint", file)
        #expect(plain.exit == .failed && plain.output.contains("\(file):5:3: error: minute: 61 is too large"))
        #expect(plain.output.contains("    61 * * * * late\n    ^^\n"))
        #expect(plain.output.hasSuffix("4 errors, 2 warnings\n"))
        let github = await bench.run("lint", file, "-o", "github").lines
        #expect(
            github.count == 6 && github[2].hasPrefix("::error file=\(file),line=5,col=3,title=outOfRange::minute: 61"))
        let warned = await bench.run("lint", "-", input: "* 9 * * * x\n")
        #expect(warned.exit == .done)
        #expect(await bench.run("lint", "-", "--strict", input: "* 9 * * * x\n").exit == .failed)
        #expect(await bench.run("lint", "-", "--strict", input: "0 9 * * * x\n").exit == .done)
        let json = await bench.run("lint", "-", "-o", "json", input: "61 * * * *").json
        #expect(json["items"]?[0]?["line"] == 1 && json["items"]?[0]?["severity"] == "error")
    }

    @Test(
        "Lint judges whole expressions: with seconds, and with a year",
        arguments: [
            ("*/10 * * * * * cmd", "standard", 0), ("99 0 9 * * * cmd", "standard", 1),
            ("0 9 * * 9 cmd", "standard", 1),
            ("0 9 * * 1 7z x", "standard", 0), ("0 0 9 ? * 2 1801 cmd", "quartz", 1),
            ("0 0 9 ? * 2 2090 x", "quartz", 0),
            ("*/10 * * * * * cmd", "vixie", 1),
        ])
    func wholeExpressions(_ line: String, _ dialect: String, _ count: Int) async throws {
        let result = await CLIBench().run("lint", "-", "--dialect", dialect, "-o", "jsonl", input: line)
        let errors = try result.lines.map { try JSONValue(parsing: $0) }.filter { $0["severity"] == "error" }
        #expect(errors.count == count, "\(result)")
    }

    @Test("A file that lint cannot read, or that has no expressions, is told from one with mistakes")
    func unreadable() async throws {
        let missing = await CLIBench().run("lint", "/nonexistent/crontab")
        #expect(missing.exit == .notFound && missing.errors.contains("does not exist"), "\(missing)")
        let scratch = try Scratch()
        let folder = await CLIBench().run("lint", scratch.path(""))
        #expect(folder.exit == .failed && !folder.errors.contains("exist"), "\(folder)")
        let empty = await CLIBench().run("lint", "-", input: "# nothing\nMAILTO=x\n")
        #expect(empty.exit == .done && empty.errors.contains("no expressions"), "\(empty)")
        #expect(await CLIBench().run("lint", "-", "--strict", input: "").exit == .failed)
    }

    @Test("A crontab is compared, imported, imported again after an edit, and exported")
    func crontab() async throws {
        let bench = CLIBench()
        let text = """
            CRON_TZ=Europe/Berlin
            30 9 * * 1-5 https://example.com/report # Report
            @every 5m https://example.com/ping
            @every 5m https://example.com/ping
            """
        let diff = await bench.run("crontab", "diff", "-", input: text)
        #expect(diff.exit == .done && diff.lines.count == 4 && diff.lines[0].hasPrefix("+ Report: "), "\(diff)")
        #expect(try await bench.scheduler.jobs().items.isEmpty)
        #expect(await bench.run("crontab", "import", "-", input: text).output.contains("3 created"))
        #expect(await bench.run("crontab", "import", "-", input: text).output == "3 unchanged\n")
        let exported = await bench.run("crontab", "export")
        #expect(
            exported.lines == [
                "CRON_TZ=Europe/Berlin", "30 9 * * 1-5 https://example.com/report # Report",
                "@every 5m https://example.com/ping # https://example.com/ping",
                "@every 5m https://example.com/ping # https://example.com/ping (2)",
            ])
        let edited = text.replacing("30 9", with: "45 9").replacing(
            "\n@every 5m https://example.com/ping", with: "", maxReplacements: 1)
        let changed = await bench.run("crontab", "import", "-", input: edited)
        #expect(changed.lines.contains(#"    + schedule.cron: "45 9 * * 1-5""#), "\(changed)")
        #expect(changed.output.contains("- https://example.com/ping (2): paused"))
        let wrong = await bench.run("crontab", "import", "-", input: "61 * * * * https://x.example/")
        #expect(wrong.exit == .refused && wrong.errors.contains("line 1"))
    }

    @Test("What an import refuses is found on request, and a short line is told to be short")
    func urls() async throws {
        let bench = CLIBench()
        let text = """
            0 9 * * * https://example.com/ok
            0 9 * * *
            0 9 * * * ftp://example.com/x
            @reboot https://example.com/boot

            """
        #expect(await bench.run("lint", "-", input: text).exit == .done)
        let found = await bench.run("lint", "-", "--urls", "-o", "json", input: text)
        #expect(found.exit == .failed)
        let lines = (0..<3).map { found.json["items"]?[$0]?["line"] }
        #expect(lines == [2, 3, 4] && found.json["items"]?[3] == nil, "\(found)")
        #expect(await bench.run("crontab", "import", "-", input: text).exit == .refused)
        for short in ["0 9 * * https://example.com/", "0 9 * * /usr/bin/backup"] {
            let result = await bench.run("lint", "-", input: short)
            #expect(result.exit == .failed && result.output.contains("4 fields; expected 5"), "\(result)")
        }
    }
}
