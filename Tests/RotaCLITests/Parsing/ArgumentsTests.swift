import Foundation
import Rota
import RotaCLI
import RotaHTTP
import RotaStore
import RotaTesting
import Testing

@Suite("Spans and dates on the command line")
struct ArgumentsTests {
    @Test(
        "A span of time is read exactly",
        arguments: [
            ("1ms", 1), ("5ms", 5), ("100ms", 100), ("333ms", 333), ("999ms", 999), ("1s7ms", 1_007), ("0.007", 7),
            ("0.29", 290), ("90s", 90_000), ("1h30m", 5_400_000), ("2w", 1_209_600_000),
        ])
    func spans(_ text: String, _ milliseconds: Int) async throws {
        let bench = CLIBench()
        let result = await bench.run("jobs", "create", "--name", "a", "--every", text, "--url", "https://example.com/")
        #expect(result.exit == .done, "\(result)")
        let job = try #require(try await bench.scheduler.jobs().items.first)
        guard case .every(let interval, _) = job.definition.schedule.kind else { Issue.record("\(job)"); return }
        #expect(interval == .milliseconds(milliseconds))
    }

    @Test(
        "Other texts than spans of time are refused",
        arguments: ["ms", "1x", "99999999999999999999s", "9223372036854775807w", "99999999999s", "-5s", "1s-", "s1"])
    func noSpans(_ text: String) async throws {
        let result = await CLIBench().run(
            "jobs", "create", "--name", "a", "--every=\(text)", "--url", "https://example.com/")
        #expect(result.exit == .usage, "\(result)")
    }

    @Test(
        "A local date is on the wall clock of the zone",
        arguments: [
            ("2027-03-15 10:00", "Europe/Berlin", "2027-03-15T09:00:00.000Z"),
            ("2027-07-15T10:00:30", "Europe/Berlin", "2027-07-15T08:00:30.000Z"),
            ("2027-07-15", "America/New_York", "2027-07-15T04:00:00.000Z"),
            ("2027-07-15 10:00", "UTC", "2027-07-15T10:00:00.000Z"),
            ("2027-07-15T10:00:00+05:30", "Europe/Berlin", "2027-07-15T04:30:00.000Z"),
        ])
    func local(_ text: String, _ zone: String, _ date: String) async throws {
        let bench = CLIBench()
        let created = await bench.run(
            "jobs", "create", "--name", "a", "--at", text, "--zone", zone, "--url", "https://example.com/", "-o", "json"
        )
        #expect(created.member("nextRunAt") == date, "\(created)")
        let other = await bench.run(
            "--zone", zone, "jobs", "create", "--name", "a", "--at", text, "--url", "https://example.com/", "-o", "json"
        )
        #expect(other.member("nextRunAt") == date, "\(other)")
    }

    @Test("A local time that the clocks skip, or show twice, is refused with those that may be meant")
    func changes() async throws {
        let bench = CLIBench()
        func create(_ text: String) async -> CLIBench.Result {
            await bench.run(
                "jobs", "create", "--name", "a", "--at", text, "--zone", "Europe/Berlin", "--url",
                "https://example.com/")
        }
        let gap = await create("2027-03-28 02:30")
        #expect(gap.exit == .usage && gap.errors.contains("skip 2027-03-28 02:30"), "\(gap)")
        #expect(gap.errors.contains("2027-03-28T03:00:00+02:00") && gap.errors.contains("2027-03-28T03:30:00+02:00"))
        let twice = await create("2027-10-31 02:30")
        #expect(twice.exit == .usage && twice.errors.contains("twice"), "\(twice)")
        #expect(
            twice.errors.contains("2027-10-31T02:30:00+02:00") && twice.errors.contains("2027-10-31T02:30:00+01:00"))
        for wrong in ["2027-02-30", "2027-3-1", "10:00", "2027-03-15 25:00", "2027-03-15 10:00 x", "tomorrow"] {
            #expect(await create(wrong).exit == .usage, "\(wrong)")
        }
        let next = await bench.run("next", "0 9 * * *", "--zone", "Europe/Berlin", "--from", "2027-03-01", "-n", "1")
        #expect(next.output.contains("2027-03-01 09:00:00+01:00"), "\(next)")
    }
}
