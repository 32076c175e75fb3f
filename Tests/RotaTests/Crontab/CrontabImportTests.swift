import Foundation
import RotaTestSupport
import RotaTesting
import Testing

@Suite("Crontab import")
struct CrontabImportTests {
    static let text = """
        MAILTO="ops@example.com"
        CRON_TZ = 'America/New_York'
        30 9 * * 1-5 https://api.example.com/report Daily report
        TZ=UTC
        0 2 * * * https://api.example.com/cleanup # Clean up
        0 2 * * * https://api.example.com/cleanup # Clean up
        @hourly # Ping
        """

    @Test("An import applies zones, names and the default URL, and creates all jobs in one step", .rows("T-51", "T-52"))
    func imported() async throws {
        let bench = Bench()
        let result = try await bench.scheduler.importCrontab(
            Self.text, defaultURL: "https://api.example.com/ping", attributes: JobAttributes(group: "imported"),
            author: "ann")
        #expect(result.added == 4)
        #expect(result.jobs.map(\.name) == ["Daily report", "Clean up", "Clean up", "Ping"])
        #expect(result.jobs.map { $0.schedule.timeZoneIdentifier } == ["America/New_York", "UTC", "UTC", "UTC"])
        #expect(result.jobs.last?.action.request?.url == "https://api.example.com/ping")
        #expect(result.jobs.allSatisfy { $0.attributes.group == "imported" && $0.createdBy == "ann" })
        #expect(result.settings.map(\.name) == ["MAILTO", "CRON_TZ", "TZ"])
        #expect(result.settings.map(\.value) == ["ops@example.com", "America/New_York", "UTC"])
        #expect(result.settings.map(\.isTimeZone) == [false, true, true])
    }

    @Test("Importing a crontab again adds only its new lines")
    func repeated() async throws {
        let bench = Bench()
        let url = "https://api.example.com/ping"
        let first = try await bench.scheduler.importCrontab(Self.text, defaultURL: url)
        let second = try await bench.scheduler.importCrontab(Self.text, defaultURL: url)
        #expect(second.added == 0)
        #expect(second.jobs == first.jobs)
        // Lines may move, because their text identifies them.
        let third = try await bench.scheduler.importCrontab(
            "# moved\n\n@daily https://api.example.com/new\n" + Self.text, defaultURL: url)
        #expect(third.added == 1)
        #expect(try await bench.scheduler.jobs().items.count == 5)
    }

    @Test("A crontab with invalid lines imports nothing or its valid lines, by the policy", .rows("T-54"))
    func policies() async throws {
        let bench = Bench()
        let text = "61 * * * * https://a.example.com/\n@daily https://b.example.com/\n@daily\n"
        let error = await #expect(throws: CrontabError.self) { try await bench.scheduler.importCrontab(text) }
        #expect(error?.problems.map(\.line) == [1, 3])
        #expect(try await bench.scheduler.jobs().items.isEmpty)
        let result = try await bench.scheduler.importCrontab(text, policy: .validLines)
        #expect(result.added == 1)
        #expect(result.problems.map(\.line) == [1, 3])
        #expect(try await bench.scheduler.jobs().items.map(\.name) == ["https://b.example.com/"])
    }

    @Test("An unknown time zone is reported where it is set and for every line that uses it")
    func unknownZone() {
        let crontab = Crontab(
            validLinesOf: "TZ=Mars/X\n@daily https://a.example.com/\nTZ=UTC\n@daily https://b.example.com/")
        #expect(crontab.problems.map(\.line) == [1, 2])
        #expect(crontab.entries.map(\.line) == [4])
    }

    @Test("A slug shared by all lines is refused")
    func slug() async throws {
        let error = await #expect(throws: SchedulerError.self) {
            try await Bench().scheduler.importCrontab(
                "@daily https://a.example.com/", attributes: JobAttributes(slug: "x"))
        }
        #expect(error?.code == .invalidRequest)
    }

    @Test("A line that is too long is reported without failing the whole crontab")
    func longLine() async throws {
        let bench = Bench()
        let long = "https://e.com/" + String(repeating: "a", count: 5000)
        let imported = try await bench.scheduler.importCrontab(
            "@daily https://e.com/\n@daily \(long)\n", policy: .validLines)
        #expect(imported.added + imported.problems.count == 2 && imported.added >= 1)
    }
}
