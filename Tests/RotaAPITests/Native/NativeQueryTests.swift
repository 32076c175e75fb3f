import Foundation
import Rota
import RotaHTTP
import RotaStore
import RotaTesting
import Testing

@testable import RotaAPI

/// What Rota's own routes are asked for: members, tags, payloads, dates.
@Suite struct NativeQueryTests {
    @Test(
        "A misspelled member is refused with its place, however deep it is",
        arguments: [
            ("union[0].timzone", #"{"union":[{"cron":"0 0 * * *","timzone":"Europe/Paris"}]}"#),
            ("calendars[0].exclude.anual", #"{"every":60,"calendars":[{"exclude":{"anual":["12-25"]}}]}"#),
            ("calendars[1].timezon", #"{"every":60,"calendars":[{"within":{}},{"within":{},"timezon":"UTC"}]}"#),
            ("weeks.evry", #"{"every":60,"weeks":{"every":2,"evry":3,"from":"2026-01-05"}}"#),
            ("union[0].union[0].evry", #"{"union":[{"union":[{"every":60,"evry":3}]}]}"#),
        ] as [(String, String)])
    func misspelledDeep(place: String, schedule: String) async throws {
        let bench = APIBench(.trigrun)
        let definition = try NativeTests.hourly["definition"]?.with(["schedule": JSONValue(parsing: schedule)])
        let answer = await bench.send("POST", "/_rota/jobs", ["definition": definition ?? .null])
        #expect(answer.status == 422 && answer.text.contains("definition.schedule.\(place)"), "\(answer.text)")
    }

    @Test("The value of a tag may have commas, also in a bulk change")
    func tagsWithCommas() async throws {
        let bench = APIBench(.trigrun)
        func create(_ name: JSONValue, _ tags: JSONValue) async throws -> String {
            let definition = NativeTests.hourly["definition"]?.with(["name": name, "attributes": ["tags": tags]])
            return try #require(await bench.send("POST", "/_rota/jobs", ["definition": definition ?? .null]).id?.string)
        }
        let odd = try await create("odd", ["owner": "x,team:web"])
        let plain = try await create("plain", ["owner": "x", "team": "web"])
        func listed(_ query: String) async -> [String?] {
            await bench.send("GET", "/_rota/jobs?" + query).items?.elements.map { $0["id"]?.string } ?? []
        }
        #expect(await listed("tag=owner:x%2Cteam:web") == [odd])
        #expect(await listed("tag=owner:x&tag=team:web") == [plain])
        let deleted = await bench.send(
            "POST", "/_rota/jobs/bulk",
            ["action": "delete", "query": ["tag": ["owner:x,team:web"]], "confirm": 1])
        #expect(deleted.done == 1)
        #expect(await listed("") == [plain])
    }

    @Test("A payload keeps the digits of its numbers, however many or large")
    func exactPayload() async throws {
        let bench = APIBench(.trigrun)
        let definition = NativeTests.hourly["definition"]?.with(["action": ["handler": ["name": "work"]]])
        let job = try #require(await bench.send("POST", "/_rota/jobs", ["definition": definition ?? .null]).id?.string)
        let payload = try JSONValue(
            parsing: #"{"a":1e400,"b":12345678901234567890123,"c":1.10,"d":18446744073709551615}"#)
        let run = await bench.send("POST", "/_rota/jobs/\(job)/run", ["payload": payload])
        #expect(200..<300 ~= run.status, "\(run.text)")
        let id = try #require(ExecutionID(run.id?.string ?? ""))
        let kept = try #require(try await bench.scheduler.execution(id).payload)
        #expect(String(decoding: kept.json, as: UTF8.self) == payload.text)
    }

    @Test("Occurrences from a date are those that the job will fire")
    func occurrencesFrom() async throws {
        let bench = APIBench(.trigrun)
        func create(_ name: JSONValue, _ schedule: JSONValue) async throws -> String {
            let definition = NativeTests.hourly["definition"]?.with(["name": name, "schedule": schedule])
            return try #require(await bench.send("POST", "/_rota/jobs", ["definition": definition ?? .null]).id?.string)
        }
        func dates(_ job: String, _ query: String) async -> [String] {
            let items = await bench.send("GET", "/_rota/jobs/\(job)/occurrences?" + query).items?.elements ?? []
            return items.compactMap { $0["nominal"]?.string }.map { String($0.dropFirst(11).prefix(5)) }
        }
        let limited = try await create("limited", ["every": 60, "maximumRuns": 3])
        #expect(await dates(limited, "count=9") == ["10:01", "10:02", "10:03"])
        #expect(await dates(limited, "count=9&from=now%2B1h").isEmpty)
        #expect(await dates(limited, "count=9&from=now%2B90s") == ["10:02", "10:03"])
        let skipping = try await create("skipping", ["every": 60])
        _ = try await bench.scheduler.skipNext(1, of: #require(JobID(skipping)))
        #expect(await dates(skipping, "count=2&from=now") == ["10:02", "10:03"])
        #expect(await dates(skipping, "count=1&from=now%2B20h") == ["06:01"])
        let paused = try await create("paused", ["every": 60])
        let end = APIBench.start.addingTimeInterval(3600)
        _ = try await bench.scheduler.pause(#require(JobID(paused)), until: end)
        #expect(await dates(paused, "count=2&from=now") == ["11:00", "11:01"])
        await bench.pass(.seconds(150))
        #expect(await dates(skipping, "count=3&from=now-150s") == ["10:01", "10:02", "10:03"])
    }

    @Test("A repeated dependency is the one that there is, and repeated identifiers count once")
    func repeats() async throws {
        let bench = APIBench(.trigrun)
        for name in ["a", "b"] { _ = await bench.send("POST", "/_rota/jobs", NativeTests.job(name, "0 * * * *")) }
        let first = await bench.send("POST", "/_rota/jobs/a/dependencies", ["dependsOn": "b"])
        let second = await bench.send("POST", "/_rota/jobs/a/dependencies", ["dependsOn": "b"])
        #expect(first.status == 201 && second.id == first.id)
        let other = await bench.send("POST", "/_rota/jobs/a/dependencies", ["dependsOn": "b", "condition": "any"])
        #expect(other.id != first.id)
        #expect(await bench.send("GET", "/_rota/jobs/a/dependencies").items?.elements.count == 2)
        let id = try #require(await bench.send("GET", "/_rota/jobs/b").id)
        let paused = await bench.send("POST", "/_rota/jobs/bulk", ["action": "pause", "ids": [id, id]])
        #expect(paused.done == 1)
    }
}
