import Foundation
import Rota
import RotaAPI
import RotaCLI
import RotaHTTP
import RotaStore
import RotaTesting
import Testing

@Suite("rota calendars")
struct CalendarCommandTests {
    private static let job = """
        [{"name": "report", "url": "https://example.com/", "schedule": {"cron": "0 9 * * *", "calendars": [
          {"exclude": {"named": ["holidays"]}}]}}]
        """

    @Test("A calendar is set, used by a job, changed for it, and deleted once no job names it")
    func life() async throws {
        let bench = CLIBench()
        #expect(await bench.run("calendars", "list").errors == "There are no calendars.\n")
        #expect(await bench.run("jobs", "apply", "-f", "-", input: Self.job).errors.contains("calendar \"holidays\""))
        let set = await bench.run("calendars", "set", "holidays", "--annual", "12-25", "--date", "2026-04-03")
        #expect(set.output == "Set holidays. Jobs that name it: 0. Of those, run next at another date: 0.\n", "\(set)")
        #expect(await bench.run("jobs", "apply", "-f", "-", input: Self.job).output.contains("1 created"))
        let shown = await bench.run("jobs", "get", "report", "--utc").output
        #expect(shown.contains("2026-03-16 09:00:00Z"))

        let scratch = try Scratch()
        let file = try scratch.write(#"{"dates": ["2026-03-16"], "weekdays": ["SUN"]}"#, to: "days.json")
        let changed = await bench.run("calendars", "set", "holidays", "-f", file)
        #expect(
            changed.output == "Set holidays. Jobs that name it: 1. Of those, run next at another date: 1.\n",
            "\(changed)")
        #expect(await bench.run("jobs", "get", "report", "--utc").output.contains("2026-03-17 09:00:00Z"))
        let explained = await bench.run("jobs", "explain", "report", "--at", "2026-03-16T09:00:00Z").output
        #expect(explained.contains("excluded by the calendar \"holidays\""), "\(explained)")
        #expect(await bench.run("calendars", "set", "holidays", "-f", file).output == "holidays is so already.\n")
        #expect(await bench.run("calendars", "get", "holidays").output.contains("2026-03-16"))
        #expect(await bench.run("calendars", "list").output.contains("dates 2026-03-16; weekdays SUN"))

        let used = await bench.run("calendars", "delete", "holidays")
        #expect(used.exit == .conflict && used.errors.contains("report"), "\(used)")
        #expect(await bench.run("jobs", "delete", "report").exit == .done)
        #expect(await bench.run("calendars", "delete", "holidays").output == "Deleted holidays.\n")
        #expect(await bench.run("calendars", "delete", "holidays").exit == .notFound)
        #expect(await bench.run("calendars", "get", "holidays").exit == .notFound)
    }

    @Test("A calendar with a mistake, or without days, is refused")
    func mistakes() async throws {
        let bench = CLIBench()
        #expect(await bench.run("calendars", "set", "a").exit == .usage)
        let date = await bench.run("calendars", "set", "a", "--date", "2026-02-30")
        #expect(date.exit == .refused && date.errors.contains("2026-02-30"), "\(date)")
        let key = await bench.run("calendars", "set", "a", "-f", "-", input: #"{"date": ["2026-02-03"]}"#)
        #expect(key.exit == .refused && key.errors.contains("Did you mean dates?"), "\(key)")
        #expect(await bench.run("calendars", "set", "a", "-f", "-", input: "{").exit == .refused)
        let reader = CLIBench(scopes: [.read])
        #expect(await reader.run("calendars", "set", "a", "--annual", "12-25").exit == .notAllowed)
    }
}
