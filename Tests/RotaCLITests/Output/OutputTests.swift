import Foundation
import RotaHTTP
import Testing

@testable import RotaCLI

@Suite("Output of commands")
struct OutputTests {
    @Test("Columns are aligned by what a terminal shows, and cut where it is too narrow")
    func table() {
        var table = Table(titles: ["ID", "NAME", "N"])
        table.rows = [
            [.init(text: "1"), .init(text: "日本語"), .init(text: "x")],
            [.init(text: "22"), .init(text: "plain"), .init(text: "y")],
        ]
        #expect(table.lines() == ["ID  NAME    N", "1   日本語  x", "22  plain   y"])
        table.rows[1][1].text = String(repeating: "a", count: 60)
        let cut = table.lines(columns: 30)
        #expect(cut[2] == "22  " + String(repeating: "a", count: 22) + "…  y")
        #expect(cut.allSatisfy { SafeText.width($0) <= 30 })
    }

    @Test("What could control a terminal is escaped, in text and in JSON")
    func safety() throws {
        let hostile = "a\u{1B}[31mb\u{7}\u{9B}2J\u{202E}c\u{2066}\u{FEFF}\nd\r\t\u{0}é日"
        let line = SafeText.line(hostile)
        #expect(!line.unicodeScalars.contains(where: SafeText.isUnsafe))
        #expect(line.hasPrefix("a\\u{1b}[31mb\\u{7}\\u{9b}2J\\u{202e}c") && line.hasSuffix("\\nd\\r\\t\\u{0}é日"))
        #expect(SafeText.lines("a\r\nb\u{1B}c\td").components(separatedBy: "\n") == ["a", "b\\u{1b}c\td"])
        let json = JSONValue.object([.init(hostile, .array([.string(hostile), .null, 1.5, .object([]), .array([])]))])
        for text in [json.safeText, json.prettyText.replacing("\n", with: "")] {
            #expect(!text.unicodeScalars.contains(where: SafeText.isUnsafe))
            #expect(try JSONValue(parsing: text) == json)
        }
        #expect(JSONValue.object([.init("a", [1, 2])]).prettyText == "{\n  \"a\": [\n    1,\n    2\n  ]\n}")
        let tag = JSONValue.string("\u{E0041}")
        #expect(tag.safeText == "\"\\udb40\\udc41\"")
        #expect(try JSONValue(parsing: tag.safeText) == tag)
    }

    @Test("Dates are written on the wall clock of a zone, with how far away they are")
    func times() throws {
        let now = Date(timeIntervalSince1970: 1_773_568_800)
        let berlin = Times(zone: try #require(TimeZone(identifier: "Europe/Berlin")), now: now)
        #expect(berlin.text(now) == "2026-03-15 11:00:00+01:00")
        #expect(berlin.text(Date(timeIntervalSince1970: 1_780_000_000)) == "2026-05-28 22:26:40+02:00")
        let utc = Times(zone: try #require(TimeZone(secondsFromGMT: 0)), now: now)
        #expect(utc.text(Date(timeIntervalSince1970: -1)) == "1969-12-31 23:59:59Z")
        #expect(
            Times(zone: try #require(TimeZone(secondsFromGMT: -12_600)), now: now).text(now)
                == "2026-03-15 06:30:00-03:30")
        for (seconds, text) in [
            (0, "now"), (0.5, "now"), (1, "in 1 s"), (-1, "1 s ago"), (59, "in 59 s"), (60, "in 1 min"),
            (61, "in 1 min 1 s"), (3_600, "in 1 h"), (3_601, "in 1 h"), (11_100, "in 3 h 5 min"),
            (-90_000, "1 d 1 h ago"),
            (86_400 * 400, "in 400 d"),
        ] as [(Double, String)] {
            #expect(utc.relative(now.addingTimeInterval(seconds)) == text)
        }
        #expect(HTTPDate.text(Date(timeIntervalSince1970: 784_111_777)) == "Sun, 06 Nov 1994 08:49:37 GMT")
    }

    @Test("Colors are for terminals, unless NO_COLOR or an option forbids them")
    func colors() async throws {
        let bench = CLIBench()
        _ = try await bench.job("x")
        let escape = "\u{1B}["
        #expect(await bench.run("jobs", "list", isTerminal: true).output.contains(escape))
        #expect(await !bench.run("jobs", "list").output.contains(escape))
        #expect(
            await !bench.run("jobs", "list", isTerminal: true, environment: ["NO_COLOR": "1"]).output.contains(escape))
        #expect(await !bench.run("jobs", "list", "--no-color", isTerminal: true).output.contains(escape))
    }

    @Test("A job whose name is made to deceive is shown with its escapes")
    func hostileName() async throws {
        let bench = CLIBench()
        let name = "x\u{1B}]0;owned\u{7}\u{202E}y"
        let id = try await bench.job("z")
        _ = await bench.run("jobs", "edit", id, "--name", name)
        for words in [
            ["jobs", "list"], ["jobs", "get", id], ["timers"], ["jobs", "pause", id], ["tail"], ["crontab", "export"],
        ] {
            let result = await bench.run(words)
            #expect(result.exit == .done)
            let shown = (result.output + result.errors).unicodeScalars.filter { $0 != "\n" }
            #expect(!shown.contains(where: SafeText.isUnsafe), "\(words)")
        }
        let json = await bench.run("jobs", "get", id, "-o", "json")
        #expect(json.member("name") == name && !json.output.contains("\u{1B}"))
    }
}
