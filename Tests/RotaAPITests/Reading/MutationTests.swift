import Foundation
import RotaAPI
import RotaCore
import RotaHTTP
import RotaTestSupport
import RotaTesting
import Testing

/// Sends requests that are almost right.
///
/// `ROTA_API_REQUESTS` sets how many for each profile; `Tests/Scripts/api-fuzz` sends a million.
@Suite("Mutated requests")
struct MutationTests {
    static let secret = "sk_live_never_show_this"

    @Test("No mutated request traps, fails unexpectedly or shows a secret", arguments: APIProfile.allCases)
    func mutations(_ profile: APIProfile) async throws {
        let environment = ProcessInfo.processInfo.environment
        let count = environment["ROTA_API_REQUESTS"].flatMap { Int($0) } ?? 1_500
        let seed = environment["ROTA_SEED"].flatMap { UInt64($0) } ?? 1
        var random = SplitMix64(seed: seed)
        var sent = 0
        while sent < count {
            var mutator = Mutator(random: SplitMix64(seed: random.next()))
            let bench = APIBench(profile)
            let corpus = await Self.corpus(bench)
            for _ in 0..<min(500, count - sent) {
                let request = mutator.mutate(corpus[mutator.below(corpus.count)])
                let response = await bench.api.respond(to: request)
                let text = String(decoding: response.body, as: UTF8.self)
                let shown =
                    "\(request.method) \(request.target.prefix(300)) \(String(decoding: request.body.prefix(300), as: UTF8.self))"
                #expect(
                    (200...599).contains(response.status) && response.status != 500, "\(shown): \(text.prefix(300))")
                #expect(!text.contains(Self.secret), "\(shown)")
                #expect(response.body.count < 4_000_000, "\(shown)")
                sent += 1
            }
        }
    }

    /// A valid request for each route, about a job that holds a credential.
    static func corpus(_ bench: APIBench) async -> [APIRequest] {
        let job: JSONValue = [
            "definition": [
                "name": "mutant", "schedule": ["cron": "0 * * * *"], "attributes": ["slug": "mutant"],
                "action": [
                    "http": [
                        "method": "POST", "url": "https://api.example.com/",
                        "headers": ["Authorization": .string("Bearer " + secret)],
                    ]
                ],
            ]
        ]
        let id = await bench.send("POST", "/_rota/jobs", job).id?.string ?? ""
        let run = await bench.send("POST", "/_rota/jobs/\(id)/run").id?.string ?? ""
        return bench.api.operations.map { operation in
            var target = operation.path
            for name in ["{id}", "{from}", "{to}", "{execution}", "{run_id}", "{version_id}", "{dep_id}"] {
                let isExecution = operation.path.contains("executions/{id}") || operation.path.contains("runs/{id}")
                let value = name == "{from}" || name == "{to}" ? "1" : name == "{id}" && !isExecution ? id : run
                target = target.replacing(name, with: value)
            }
            if operation.method == "GET" {
                target += "?limit=5&cursor=&from=now-1d&to=now&status=failed&at=now&window=7d"
            }
            var body = Data()
            if operation.method != "GET", operation.method != "DELETE" { body = Data(Self.body.text.utf8) }
            return APIRequest(
                method: operation.method, target: target,
                headers: [("Authorization", "Bearer test-token"), ("Content-Type", "application/json")], body: body)
        }
    }

    /// The members that any of the routes reads.
    static let body: JSONValue = [
        "name": "n", "slug": "s", "kind": "cron", "schedule": ["cron": "0 9 * * *", "every_n_minutes": 5],
        "request": ["url": "https://api.example.com/", "headers": ["Authorization": "secret://a"], "body": ["a": 1]],
        "retry_policy": ["max_attempts": 3, "retry_on_statuses": [500]], "url": "https://api.example.com/",
        "schedule_type": "cron", "timezone": "Europe/Paris", "cron_expr": "0 9 * * *", "project_id": "p",
        "endpoint_url": "https://api.example.com/", "payload": ["user_id": "u"], "items": [["payload": 1]],
        "job_ids": ["a"], "definition": ["name": "x"], "count": 2, "reason": "because", "until": "now+1h",
        "query": ["search": "mutant"], "action": "pause", "confirm": 1, "owner": "o",
        "jobs": [["definition": ["name": "d"]]],
        "from": "2026-03-01T00:00:00Z", "to": "2026-03-02T00:00:00Z", "crontab": "* * * * * https://a.example/",
        "retention_days": 3, "depends_on_job_id": "x", "tags": ["a": "b"], "max_attempts": 3, "webhook_secret": "w",
        "idempotency_key": "k", "state": "active", "outcome": "failed", "message": "m",
    ]
}

/// Damages requests.
struct Mutator {
    var random: SplitMix64

    mutating func below(_ count: Int) -> Int { Int(random.next() % UInt64(max(1, count))) }

    mutating func mutate(_ request: APIRequest) -> APIRequest {
        var target = request.target
        var body = request.body
        var method = request.method
        var fields = request.headers.pairs
        for _ in 0...below(3) {
            switch below(12) {
            case 0: target = text(target)
            case 1: body = bytes(body)
            case 2: method = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "", "Ä"][below(9)]
            case 3: fields.append((["If-Match", "Idempotency-Key", "Content-Type", "X-Request-Id"][below(4)], nasty()))
            case 4:
                target +=
                    "&" + ["limit", "cursor", "from", "status", "sort", "offset", "count", "wait"][below(8)] + "="
                    + nasty()
            default:
                if let value = try? JSONValue(parsing: String(decoding: body, as: UTF8.self)) {
                    body = Data(json(value, 0).text.utf8)
                }
            }
        }
        // Waiting would stop the test's clock.
        target = target.replacing("wait=", with: "w=")
        return APIRequest(method: method, target: target, headers: fields, body: body)
    }

    /// Changes one place of a value, or leaves out members, so that fewer of them contradict one another.
    private mutating func json(_ value: JSONValue, _ depth: Int) -> JSONValue {
        if below(6) == 0 { return scalar() }
        switch value {
        case .object(let members) where !members.isEmpty:
            var members = members
            switch below(5) {
            case 0: members.remove(at: below(members.count))
            case 1: members.append(.init(members[below(members.count)].name, scalar()))
            case 2: members = members.filter { _ in below(3) == 0 }
            default:
                let place = below(members.count)
                members[place] = .init(members[place].name, json(members[place].value, depth + 1))
            }
            return .object(members)
        case .array(let elements) where !elements.isEmpty:
            var elements = elements
            let place = below(elements.count)
            elements[place] = json(elements[place], depth + 1)
            return .array(below(20) == 0 ? Array(repeating: elements[place], count: 1_200) : elements)
        default: return scalar()
        }
    }

    private mutating func scalar() -> JSONValue {
        let numbers = ["0", "-1", "1", "1e308", "9223372036854775807", "-9223372036854775808", "1.5", "86400", "1e-9"]
        switch below(6) {
        case 0: return .null
        case 1: return .bool(below(2) == 0)
        case 2: return JSONValue.Number(numbers[below(numbers.count)]).map { .number($0) } ?? .null
        case 3: return below(2) == 0 ? .array([]) : .object([])
        default: return .string(nasty())
        }
    }

    private mutating func nasty() -> String {
        let texts = [
            "", " ", "\u{0}", "%", "../../etc/passwd", "<script>alert(1)</script>", "secret://a", "{{payload}}",
            "\u{202E}",
            "é", "0", "-1", "99999999999999999999", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "now-99999999999w",
            "now+1w", "* * * * *", "@reboot", "every_0s", "*", "\"1\"", "W/\"1\"", "https://user:pass@a.example/",
            "http://[::1]/", "null", "true", "a.b.c", "-", "_", String(repeating: "x", count: 300), "\r\nX: y",
        ]
        return texts[below(texts.count)]
    }

    private mutating func text(_ text: String) -> String {
        String(decoding: bytes(Data(text.utf8)), as: UTF8.self)
    }

    private mutating func bytes(_ data: Data) -> Data {
        var bytes = Array(data)
        guard !bytes.isEmpty else { return Data([UInt8(below(256))]) }
        let place = below(bytes.count)
        switch below(4) {
        case 0: bytes.remove(at: place)
        case 1: bytes.insert(UInt8(below(256)), at: place)
        case 2: bytes.replaceSubrange(place..., with: [])
        default: bytes[place] = UInt8(below(256))
        }
        return Data(bytes)
    }
}
