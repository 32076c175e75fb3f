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
        let error = await #expect(throws: Crontab.ParseError.self) { try await bench.scheduler.importCrontab(text) }
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

    private static let lines = [
        "0 1 * * * https://a.example.com/", "0 2 * * * https://b.example.com/", "0 3 * * * https://c.example.com/",
    ]

    private static func text(_ lines: String...) -> String { lines.joined(separator: "\n") }

    @Test("Importing an edited crontab under the same name pauses the jobs of the lines that are gone")
    func edited() async throws {
        let bench = Bench()
        let (a, b, c) = (Self.lines[0], Self.lines[1], Self.lines[2])
        let other = try await bench.scheduler.importCrontab(Self.text(a, b), named: "web-2")
        let first = try await bench.scheduler.importCrontab(Self.text(a, b), named: "web-1")
        #expect(first.added == 2 && first.removed.isEmpty)
        #expect(first.jobs.allSatisfy { $0.attributes.tags == ["crontab": "web-1"] })

        let edited = "30 2 * * * https://b.example.com/"
        let second = try await bench.scheduler.importCrontab(Self.text(a, edited, c), named: "web-1", author: "ann")
        #expect(second.added == 2)
        #expect(second.removed.map(\.id) == [first.jobs[1].id])
        let gone = try await bench.scheduler.job(first.jobs[1].id)
        #expect(gone.state == .paused && gone.updatedBy == "ann")
        #expect(gone.scheduleState.reason?.contains("no longer in the crontab \"web-1\"") == true)

        // The same text again changes nothing.
        let third = try await bench.scheduler.importCrontab(Self.text(a, edited, c), named: "web-1")
        #expect(third.added == 0 && third.removed.isEmpty && third.jobs == second.jobs)

        // The line returns.
        let fourth = try await bench.scheduler.importCrontab(Self.text(a, b), named: "web-1")
        #expect(fourth.added == 0 && fourth.jobs.map(\.id) == first.jobs.map(\.id))
        #expect(fourth.jobs.allSatisfy { $0.state == .active })
        #expect(fourth.removed.map(\.id) == second.jobs.dropFirst().map(\.id))

        // The other crontab was left alone.
        for job in other.jobs { #expect(try await bench.scheduler.job(job.id) == job) }
    }

    @Test("Jobs of removed lines can be deleted or kept")
    func removedLines() async throws {
        let bench = Bench()
        let (a, b, c) = (Self.lines[0], Self.lines[1], Self.lines[2])
        let first = try await bench.scheduler.importCrontab(Self.text(a, b, c), named: "web")
        let kept = try await bench.scheduler.importCrontab(Self.text(a, b), named: "web", removedLines: .keep)
        #expect(kept.removed.isEmpty)
        #expect(try await bench.scheduler.job(first.jobs[2].id).state == .active)
        let deleted = try await bench.scheduler.importCrontab(Self.text(a), named: "web", removedLines: .delete)
        #expect(deleted.removed.map(\.id) == first.jobs.dropFirst().map(\.id))
        #expect(try await bench.scheduler.jobs().items.map(\.id) == [first.jobs[0].id])
        let empty = try await bench.scheduler.importCrontab("", named: "web")
        #expect(empty.removed.map(\.id) == [first.jobs[0].id])
    }

    @Test("A line with a mistake is not a removed line")
    func mistakeIsNotRemoval() async throws {
        let bench = Bench()
        let (a, b) = (Self.lines[0], Self.lines[1])
        let first = try await bench.scheduler.importCrontab(Self.text(a, b), named: "web")
        let second = try await bench.scheduler.importCrontab(
            Self.text(a, "0 25 * * * https://b.example.com/"), named: "web", policy: .validLines)
        #expect(second.problems.map(\.line) == [2] && second.removed.isEmpty)
        #expect(try await bench.scheduler.job(first.jobs[1].id).state == .active)
    }

    @Test("A job that was paused by hand stays as it is when its line is removed and returns")
    func pausedByHand() async throws {
        let bench = Bench()
        let (a, b) = (Self.lines[0], Self.lines[1])
        let job = try await bench.scheduler.importCrontab(Self.text(a, b), named: "web").jobs[1]
        let paused = try await bench.scheduler.pause(job.id, reason: "holiday")
        #expect(try await bench.scheduler.importCrontab(a, named: "web").removed.isEmpty)
        #expect(try await bench.scheduler.importCrontab(Self.text(a, b), named: "web").jobs[1] == paused)
        // A pause that ends by itself would let it fire again.
        let end = bench.clock.now.addingTimeInterval(60)
        _ = try await bench.scheduler.pause(job.id, until: end)
        let removed = try await bench.scheduler.importCrontab(a, named: "web").removed
        #expect(removed.map(\.id) == [job.id] && removed.first?.scheduleState.resumesAt == nil)
    }

    @Test("Without a name, an import removes nothing")
    func unnamed() async throws {
        let bench = Bench()
        let first = try await bench.scheduler.importCrontab(Self.text(Self.lines[0], Self.lines[1]))
        let second = try await bench.scheduler.importCrontab(Self.lines[0])
        #expect(second.removed.isEmpty)
        #expect(try await bench.scheduler.job(first.jobs[1].id).state == .active)
        let error = await #expect(throws: SchedulerError.self) {
            try await bench.scheduler.importCrontab(Self.lines[0], named: "")
        }
        #expect(error?.code == .invalidRequest)
    }
}
