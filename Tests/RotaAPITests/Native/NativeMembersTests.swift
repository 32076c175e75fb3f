import Foundation
import Rota
import RotaHTTP
import RotaStore
import RotaTesting
import Testing

@testable import RotaAPI

@Suite("Members of native JSON")
struct NativeMembersTests {
    /// Definitions that have every object which a definition may have.
    private static let definitions = [
        #"""
        {"name": "a", "schedule": {"union": [
           {"cron": "0 9 * * *", "daylightSaving": {"missing": "shift", "repeated": "first"}},
           {"union": [{"every": "5m", "weeks": {"every": 2, "from": "2026-01-05"}}]}],
          "calendars": [{"exclude": {"dates": ["2026-12-25"], "cron": [{"cron": "* * 1 1 *", "dialect": "standard"}]}}],
          "smoothing": {"window": "10m", "key": "k"}},
         "action": {"http": {"method": "POST", "url": "https://a.example/", "headers": {"X-A": "b"},
           "content": {"text": "x"}, "output": {"id": "$.id"}, "success": {"statuses": ["2xx"], "matcher":
             {"all": [{"any": [{"not": {"on": "json", "path": "$.a", "is": "equals", "value": {"b": 1}}}]}]}}}},
         "metadata": {"a": "b"}, "attributes": {"tags": {"a": "b"}},
         "limits": {"concurrency": 1, "rate": {"maximum": 1, "window": 60},
           "sharedRates": [{"name": "n", "limit": {"maximum": 1, "window": 60}}], "window": {"cron": "* 8-17 * * *"}},
         "retry": {"max_attempts": 2, "retry_on_kinds": {"only": ["timeout"]}, "jitter": {"proportional": 0.2},
           "backoff": {"kind": "exponential", "initial": 1, "factor": 2, "maximum": 60}},
         "retention": {"maximumCount": 5, "ages": {"failed": 60}, "failureAges": {"timeout": 60}},
         "misfire": {"policy": "all", "limit": 3}, "overlap": {"rule": {"queue": {"limit": 3}}},
         "breaker": {"consecutive_failures": 5, "failure_rate": {"threshold": 0.5, "window": 60, "minimum_attempts": 2},
           "open_for": {"kind": "fixed", "delay": 60}, "count_kinds": {"all_except": ["canceled"]}},
         "notifications": [{"event": "on_failure", "channel": {"webhook": {"url": "https://b.example/"}},
           "includesOutput": true}],
         "chain": [{"on": "completed", "slug": "next", "payload": {"id": "$.id"}}],
         "adaptiveTimeout": {"quantile": 0.9, "factor": 2, "minimum": 1, "maximum": 60},
         "payloadSchema": {"type": "object"}}
        """#,
        #"""
        {"name": "b", "schedule": {"every": "1h", "businessDays": {"shift": "next"}},
         "action": {"handler": {"name": "work", "payload": "{\"a\": 1}"}},
         "misfire": {"rule": {"all": {"limit": 3}}}}
        """#,
    ]

    /// Objects whose members the client names.
    private static let free: Set<String> = [
        "metadata", "tags", "headers", "output", "payload", "payloadSchema", "failureAges", "value",
    ]

    /// The value with one more member in each of its objects, one at a time, and the place of it.
    private static func misspelled(_ value: JSONValue, at place: String) -> [(place: String, json: JSONValue)] {
        switch value {
        case .object(let members):
            let inside = members.filter { !free.contains($0.name) }.flatMap { member in
                misspelled(member.value, at: place + "." + member.name).map { changed in
                    (changed.place, value.replacing(member.name) { _ in changed.json })
                }
            }
            return [(place + ".surplus", .object(members + [.init("surplus", 1)]))] + inside
        case .array(let elements):
            return elements.indices.flatMap { index in
                misspelled(elements[index], at: "\(place)[\(index)]").map { changed in
                    var all = elements
                    all[index] = changed.json
                    return (changed.place, .array(all))
                }
            }
        default: return []
        }
    }

    @Test("A misspelled member of any object is refused with its place, and read from a store", arguments: 0..<2)
    func everyObject(_ number: Int) async throws {
        let bench = APIBench(.trigrun)
        let definition = try JSONValue(parsing: Self.definitions[number])
        let sound = await bench.send("POST", "/_rota/jobs/preview", ["definition": definition, "count": 0])
        #expect(sound.status == 200, "\(sound.text)")
        let changed = Self.misspelled(definition, at: "definition")
        #expect(changed.count > (number == 0 ? 30 : 5))
        for (place, json) in changed {
            let answer = await bench.send("POST", "/_rota/jobs/preview", ["definition": json, "count": 0])
            #expect(answer.status == 422 && answer.text.contains("Unknown field \(place)."), "\(answer.text)")
            // What a later version wrote is read.
            let read = try? JSONDecoder().decode(JobDefinition.self, from: Data(json.text.utf8))
            #expect(read != nil, "\(place)")
        }
    }

    @Test("The refusal names the member, the one that is meant, and all that there are")
    func message() async {
        let bench = APIBench(.trigrun)
        let limits: JSONValue = ["rate": ["maximun": 1, "maximum": 1, "window": 60]]
        let definition = NativeTests.hourly["definition"]?.with(["limits": limits])
        let answer = await bench.send("POST", "/_rota/jobs", ["definition": definition ?? .null])
        #expect(
            answer.error?["message"]
                == "Unknown field definition.limits.rate.maximun. Did you mean maximum? There are maximum, window.")
        #expect(answer.error?["details"]?[0]?["field"] == "definition.limits.rate.maximun")
    }

    @Test(
        "A backoff has the members of its kind, and other bodies those of theirs",
        arguments: [
            (
                "PATCH", "/_rota/jobs/hourly",
                ["definition": ["retry": ["backoff": ["kind": "fixed", "delay": 5, "factor": 2]]]], "backoff.factor"
            ),
            ("PUT", "/_rota/calendars/c", ["cron": [["cron": "* * 1 1 *", "dialekt": "standard"]]], "cron[0].dialekt"),
            (
                "POST", "/v1/jobs",
                TrigRunTests.report.with([
                    "request": [
                        "url": "https://a.example/",
                        "response_matcher": ["on": "status", "is": "equals", "value": 200, "vallue": 1],
                    ]
                ]), "request.response_matcher.vallue"
            ),
        ] as [(String, String, JSONValue, String)])
    func others(_ method: String, _ target: String, _ body: JSONValue, place: String) async {
        let bench = APIBench(.trigrun)
        _ = await bench.send("POST", "/_rota/jobs", NativeTests.hourly)
        let answer = await bench.send(method, target, body)
        #expect(answer.status == 422 && answer.text.contains(place), "\(answer.text)")
    }
}
