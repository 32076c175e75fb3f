import Foundation
import Rota
import RotaHTTP
import RotaStore
import RotaTesting
import Testing

@testable import RotaAPI

@Suite("Load")
struct LoadTests {
    private static func create(_ name: JSONValue, _ schedule: JSONValue, _ bench: APIBench) async throws -> JobID {
        let definition = NativeTests.hourly["definition"]?.with(["name": name, "schedule": schedule])
        let job = await bench.send("POST", "/_rota/jobs", ["definition": definition ?? .null])
        return try #require(JobID(job.id?.string ?? ""), "\(job.text)")
    }

    private static func hours(_ bench: APIBench, _ query: String) async -> [Int] {
        await bench.send("GET", "/_rota/load?" + query).hours?.elements.compactMap(\.int) ?? []
    }

    @Test("A job with a limit of runs is counted as often as it still runs, from whenever")
    func limits() async throws {
        let bench = APIBench(.trigrun)
        let id = try await Self.create("limited", ["every": "30m", "maximumRuns": 5], bench)
        #expect(await Self.hours(bench, "from=now&to=now%2B4h") == [1, 2, 2, 0])
        #expect(await Self.hours(bench, "from=now%2B2h&to=now%2B4h") == [2, 0])
        #expect(await Self.hours(bench, "from=now%2B9h&to=now%2B10h") == [0])
        // Two of the five have been.
        try await bench.running { await bench.advance(.seconds(3_700)) }
        #expect(try await bench.scheduler.job(id).scheduleState.firedCount == 2)
        #expect(await Self.hours(bench, "from=2026-03-15T11:00:00Z&to=2026-03-15T14:00:00Z") == [2, 2, 0])
        #expect(await Self.hours(bench, "from=2026-03-15T10:00:00Z&to=2026-03-15T11:00:00Z") == [1])
    }

    @Test("Occurrences that are to be skipped are not counted, and no runs of a limit")
    func skips() async throws {
        let bench = APIBench(.trigrun)
        let plain = try await Self.create("plain", ["every": "30m"], bench)
        let limited = try await Self.create("limited", ["every": "30m", "maximumRuns": 1], bench)
        for id in [plain, limited] { _ = try await bench.scheduler.skipNext(2, of: id) }
        // The third occurrence, at 11:30, is the first that fires.
        #expect(await Self.hours(bench, "from=now&to=now%2B3h") == [0, 2, 2])
        #expect(await bench.send("GET", "/_rota/load?from=now&to=now%2B3h").jobsCutOff == 0)
    }

    @Test("A job that runs each second is counted up to a bound, and said to be cut off")
    func bound() async throws {
        let bench = APIBench(.trigrun)
        _ = try await Self.create("busy", ["every": "1s", "maximumRuns": 1_000_000], bench)
        let load = await bench.send("GET", "/_rota/load?from=now&to=now%2B5h")
        #expect(load.jobsCutOff == 1 && load.hours?[0] == 3_599)
        let late = await bench.send("GET", "/_rota/load?from=now%2B2000h&to=now%2B2001h")
        #expect(late.jobsCutOff == 1 && late.hours == [0])
    }
}
