import Foundation
import Rota
import RotaCore
import RotaHTTP
import RotaRetry
import RotaSchedule
import RotaStore
import RotaTestSupport
import RotaTesting
import Testing

@testable import RotaAPI

@Suite("Rota's own routes")
struct NativeTests {
    static let hourly: JSONValue = [
        "definition": [
            "name": "hourly", "schedule": ["cron": "0 * * * *", "timezone": "Europe/Paris"],
            "action": ["http": ["method": "GET", "url": "https://api.example.com/hourly"]],
        ]
    ]

    static func job(_ name: String, _ cron: String) -> JSONValue {
        [
            "definition": [
                "name": .string(name), "schedule": ["cron": .string(cron)],
                "action": ["http": ["method": "GET", "url": "https://api.example.com/"]],
            ]
        ]
    }

    @Test("A job is created, found by its parts, changed and deleted")
    func life() async throws {
        let bench = APIBench(.trigrun)
        let job = await bench.send("POST", "/_rota/jobs", Self.hourly)
        #expect(job.status == 201)
        #expect(job.nextRunAt == "2026-03-15T11:00:00.000Z")
        let id = try #require(job.id?.string)
        for path in [id, String(id.prefix(23)), "hourly"] {
            #expect(await bench.send("GET", "/_rota/jobs/\(path)").id?.string == id)
        }
        let changed = await bench.send(
            "PATCH", "/_rota/jobs/hourly", ["definition": ["name": "half", "schedule": ["cron": "30 * * * *"]]])
        #expect(changed.status == 200)
        #expect(changed.version == 2)
        #expect(changed.definition?["schedule"]?["cron"] == "30 * * * *")
        #expect(changed.definition?["action"]?["http"]?["url"] == "https://api.example.com/hourly")
        let versions = await bench.send("GET", "/_rota/jobs/half/versions")
        #expect(versions.items?.elements.map { $0["version"] } == [2, 1])
        let diff = await bench.send("GET", "/_rota/jobs/half/versions/1/diff/2")
        #expect(diff.changes?.elements.map { $0["member"] } == ["name", "schedule"])
        #expect(await bench.send("DELETE", "/_rota/jobs/half").status == 204)
        #expect(await bench.send("GET", "/_rota/jobs/\(id)").status == 404)
    }

    @Test("A definition that cannot be read is refused with the place")
    func refused() async {
        let bench = APIBench(.trigrun)
        let missing = await bench.send("POST", "/_rota/jobs", ["definition": ["name": "a"]])
        #expect(missing.status == 422)
        #expect(missing.error?["details"]?[0]?["field"] == "definition")
        let cron = await bench.send("POST", "/_rota/jobs", Self.job("a", "61 * * * *"))
        #expect(cron.status == 422)
        #expect(cron.text.contains("61"))
        let typo = await bench.send("POST", "/_rota/jobs", ["definitoin": .object([])])
        #expect(typo.text.contains("Did you mean definition?"))
    }

    @Test("A credential stored in a job is never shown, and stays when the mark comes back")
    func credentials() async throws {
        let bench = APIBench(.trigrun)
        let secret = "Bearer sk_live_do_not_show"
        var answers: [Answer] = []
        let job = await bench.send(
            "POST", "/_rota/jobs",
            [
                "definition": [
                    "name": "a", "schedule": ["cron": "0 * * * *"],
                    "action": [
                        "http": [
                            "method": "GET", "url": "https://api.example.com/a",
                            "headers": ["Authorization": .string(secret), "X-Plain": "b"],
                        ]
                    ],
                ]
            ])
        answers.append(job)
        #expect(job.status == 201)
        let action = try #require(job.definition?["action"])
        answers.append(await bench.send("PATCH", "/_rota/jobs/a", ["definition": ["action": action, "name": "b"]]))
        answers.append(await bench.send("GET", "/_rota/jobs/b/versions"))
        let id = job.id?.string ?? ""
        answers.append(await bench.send("GET", "/v1/jobs/\(id)"))
        answers.append(
            await bench.send(
                "PATCH", "/v1/jobs/\(id)", ["request": ["headers": ["Authorization": "[redacted]"]]]))
        for answer in answers {
            #expect(answer.status < 300)
            #expect(!answer.text.contains("do_not_show"))
        }
        let stored = try #require(try await bench.store.jobs(.init()).items.first)
        #expect(stored.definition.action.request?.headers["Authorization"] == secret)
    }

    @Test("Jobs are sorted by name and by next run, and pages follow one another", arguments: ["asc", "desc"])
    func sorted(_ order: String) async throws {
        let bench = APIBench(.trigrun)
        for (name, cron) in [("b", "50 * * * *"), ("C", "10 * * * *"), ("a", "30 * * * *"), ("d", "20 * * * *")] {
            #expect(await bench.send("POST", "/_rota/jobs", Self.job(name, cron)).status == 201)
        }
        for (sort, right) in [("name", ["a", "b", "C", "d"]), ("next", ["C", "d", "a", "b"])] {
            var names: [String] = []
            var cursor: String? = ""
            while let place = cursor {
                let page = await bench.send("GET", "/_rota/jobs?sort=\(sort)&order=\(order)&limit=3&cursor=\(place)")
                names += page.items?.elements.compactMap { $0["name"]?.string } ?? []
                cursor = page.next?.string
            }
            #expect(names == (order == "asc" ? right : right.reversed()))
        }
        #expect(await bench.send("GET", "/_rota/jobs?cursor=x&sort=name").status == 422)
    }

    @Test("A preview tells dates, daylight saving and warnings, and creates nothing")
    func preview() async {
        let bench = APIBench(.trigrun)
        let gap: JSONValue = [
            "definition": [
                "name": "gap", "schedule": ["cron": "30 2 * * *", "timezone": "Europe/Paris"],
                "action": ["http": ["method": "GET", "url": "https://api.example.com/"]],
            ], "count": 15,
        ]
        let answer = await bench.send("POST", "/_rota/jobs/preview", gap, token: "read-token")
        #expect(answer.status == 200)
        let notes = answer.occurrences?.elements.flatMap { $0["notes"]?.elements ?? [] } ?? []
        #expect(notes.count == 1)
        #expect(await bench.send("GET", "/_rota/jobs").items?.elements.isEmpty == true)
    }

    @Test("History shows executions, and skips with their reason; explain tells why")
    func history() async throws {
        let bench = APIBench(.trigrun)
        try await bench.running {
            _ = await bench.send("POST", "/_rota/jobs", Self.hourly)
            #expect(await bench.send("POST", "/_rota/jobs/hourly/skip", ["count": 1]).status == 200)
            await bench.advance(.seconds(2 * 3_600))
            let entries = await bench.send("GET", "/_rota/jobs/hourly/history").items?.elements ?? []
            #expect(entries.map { $0["kind"] } == ["execution", "skip"])
            #expect(entries.last?["reason"] == "requested")
            let why = await bench.send("GET", "/_rota/jobs/hourly/explain?at=2026-03-15T11:00:00Z")
            #expect(why.text.contains("skip"))
            let id = entries.first?["id"]?.string ?? ""
            #expect(await bench.send("GET", "/_rota/executions/\(id)/explain").json["text"]?.string?.isEmpty == false)
        }
    }

    @Test("A bulk change counts first, and does what was confirmed")
    func bulk() async throws {
        let bench = APIBench(.trigrun)
        for name in ["x-1", "x-2", "y"] { _ = await bench.send("POST", "/_rota/jobs", Self.job(name, "0 0 1 1 *")) }
        let change: [(String, JSONValue)] = [("query", ["search": "x-"]), ("action", "pause")]
        func send(_ extra: [(String, JSONValue)]) async -> Answer {
            await bench.send("POST", "/_rota/jobs/bulk", .object((change + extra).map { .init($0.0, $0.1) }))
        }
        #expect(await send([]).count == 2)
        #expect(await bench.send("GET", "/_rota/jobs?state=paused").items?.elements.isEmpty == true)
        #expect(await send([("confirm", 3)]).status == 412)
        #expect(await send([("confirm", 2)]).done == 2)
        #expect(await bench.send("GET", "/_rota/jobs?state=paused").items?.elements.count == 2)
        for query in [JSONValue.object([]), .null] {
            let all = await bench.send("POST", "/_rota/jobs/bulk", ["query": query, "action": "delete", "confirm": 3])
            #expect(all.status == 422)
        }
        #expect(await bench.send("GET", "/_rota/jobs").items?.elements.count == 3)
    }

    @Test("Events are read in order, and a reader is woken by the next one")
    func events() async throws {
        let bench = APIBench(.trigrun)
        let start = await bench.send("GET", "/_rota/events")
        let next = try #require(start.next?.string)
        async let waiting = bench.send("GET", "/_rota/events?after=\(next)&wait=20")
        _ = await bench.send("POST", "/_rota/jobs", Self.hourly)
        let run = await bench.send("POST", "/_rota/jobs/hourly/run")
        let woken = await waiting
        #expect(woken.items?.elements.map { $0["executionID"] } == [run.id])
        #expect(woken.items?[0]?["type"] == "execution queued")
        let none = await bench.send("GET", "/_rota/events?after=\(woken.next?.string ?? "")")
        #expect(none.items?.elements.isEmpty == true)
        #expect(await bench.send("GET", "/_rota/events?after=nonsense").status == 422)
    }

    @Test("What takes the processor for long is done for one caller at a time")
    func oneAtATime() async throws {
        let gate = OneAtATime()
        try await gate.run {
            let error = await #expect(throws: APIError.self) { try await gate.run {} }
            #expect(error?.status == 429 && error?.headers["Retry-After"] == "3")
        }
        await #expect(throws: CancellationError.self) { try await gate.run { throw CancellationError() } }
        #expect(try await gate.run { 5 } == 5)
    }

    @Test(
        "A URL with a mark in it is refused, wherever it stands: what was not shown cannot come back",
        arguments: [
            ["action": ["http": ["method": "GET", "url": "https://x.example/?[redacted]"]]],
            [
                "action": [
                    "http": [
                        "method": "GET", "url": "https://x.example/",
                        "fallback_url": "https://[redacted]@x.example/",
                    ]
                ]
            ],
        ] as [JSONValue])
    func marksInURLs(_ change: JSONValue) async {
        let bench = APIBench(.trigrun)
        _ = await bench.send("POST", "/_rota/jobs", Self.hourly)
        let answer = await bench.send("PATCH", "/_rota/jobs/hourly", ["definition": change])
        #expect(answer.status == 422 && answer.text.contains("Send the whole URL"), "\(answer.text)")
    }

    @Test("A list of jobs is declared, with a dry run first")
    func declare() async {
        let bench = APIBench(.trigrun)
        func declare(_ names: [String], dryRun: Bool) async -> Answer {
            await bench.send(
                "POST", "/_rota/declare",
                [
                    "owner": "ops", "dryRun": .bool(dryRun), "orphans": "delete",
                    "jobs": .array(
                        names.map { name in
                            guard case .object(let members)? = Self.job(name, "0 0 1 1 *")["definition"] else {
                                return .null
                            }
                            return ["definition": .object(members + [.init("attributes", ["slug": .string(name)])])]
                        }),
                ])
        }
        #expect(await declare(["a", "b"], dryRun: true).created?.elements.count == 2)
        #expect(await bench.send("GET", "/_rota/jobs").items?.elements.isEmpty == true)
        #expect(await declare(["a", "b"], dryRun: false).created?.elements.count == 2)
        let second = await declare(["b", "c"], dryRun: false)
        #expect(second.created?.elements.map { $0["slug"] } == ["c"])
        #expect(second.removed?.elements.map { $0["slug"] } == ["a"])
        #expect(second.unchanged == 1)
    }

    @Test("The description has every route, and needs no token")
    func description() async {
        let bench = APIBench(.trigrun)
        let document = await bench.send("GET", "/_rota/openapi.json", token: nil)
        #expect(document.status == 200)
        let paths = Set(document.paths?.keys ?? [])
        #expect(paths == Set(bench.api.operations.map(\.path)))
        #expect(Set(bench.api.operations.map(\.id)).count == bench.api.operations.count)
    }

    @Test(
        "Operators see the store, the statistics, the load and the metrics",
        arguments: [
            "session", "stats", "timers", "store", "health", "metrics", "load", "jobs/hourly/health",
            "jobs/hourly/occurrences", "jobs/hourly/dependencies",
            "schedules/next?expression=0+9+*+*+1-5&zone=Europe/Paris",
            "schedules/lint?expression=*+0+*+*+*", "executions?status=queued,running&dead=false",
        ])
    func views(_ path: String) async {
        let bench = APIBench(.trigrun)
        _ = await bench.send("POST", "/_rota/jobs", Self.hourly)
        let answer = await bench.send("GET", "/_rota/" + path, token: "read-token")
        #expect(answer.status == 200)
        #expect(!answer.text.isEmpty)
    }

    @Test("A member of an object is changed, and the others stay")
    func merging() async throws {
        let bench = APIBench(.trigrun)
        var job = Self.hourly["definition"] ?? .null
        job = .object(
            ["name", "action"].map { .init($0, job[$0] ?? .null) } + [
                .init("schedule", ["cron": "0 * * * *", "timezone": "Europe/Paris", "maximumRuns": 9]),
                .init("attributes", ["slug": "s", "project": "p", "tags": ["a": "b"]]),
                .init("retry", ["max_attempts": 2, "retry_on_statuses": [500]]),
            ])
        #expect(await bench.send("POST", "/_rota/jobs", ["definition": job]).status == 201)
        let changed = await bench.send(
            "PATCH", "/_rota/jobs/s",
            [
                "definition": [
                    "schedule": ["cron": "30 * * * *"], "attributes": ["tags": ["c": "d"]],
                    "retry": ["max_attempts": 7],
                ]
            ])
        #expect(changed.status == 200)
        let definition = try #require(changed.definition)
        #expect(definition["schedule"]?["timezone"] == "Europe/Paris")
        #expect(definition["schedule"]?["maximumRuns"] == 9)
        #expect(definition["attributes"]?["slug"] == "s")
        #expect(definition["retry"]?["retry_on_statuses"] == [500])
        #expect(definition["retry"]?["max_attempts"] == 7)
        let every = await bench.send("PATCH", "/_rota/jobs/s", ["definition": ["schedule": ["every": "5m"]]])
        #expect(every.definition?["schedule"]?["cron"] == nil)
        #expect(every.definition?["schedule"]?["timezone"] == nil)
        #expect(every.definition?["schedule"]?["maximumRuns"] == 9)
    }

    @Test(
        "A misspelled member or parameter is refused",
        arguments: [
            ("POST", "/_rota/jobs", ["definition": ["name": "a", "overlaps": "skip"]]),
            ("POST", "/_rota/jobs", ["definition": ["name": "a", "retry": ["maxAttempts": 5]]]),
            ("POST", "/_rota/jobs/hourly/pause", ["untl": "now+2h"]), ("POST", "/_rota/jobs/hourly/skip", ["n": 5]),
            ("GET", "/_rota/executions?statuses=failed", nil),
            ("PATCH", "/_rota/jobs/hourly", ["definition": ["schedule": ["zone": "UTC"]]]),
        ] as [(String, String, JSONValue?)])
    func misspelled(_ method: String, _ target: String, _ body: JSONValue?) async {
        let bench = APIBench(.trigrun)
        _ = await bench.send("POST", "/_rota/jobs", Self.hourly)
        #expect(await bench.send(method, target, body).status == 422)
    }

    @Test("The names that a definition may have are those that the engine writes")
    func memberNames() throws {
        var definition = JobDefinition(
            name: "full", schedule: try .cron("0 9 * * *", in: "Europe/Paris").limited(toRuns: 3),
            action: .http(try .post("https://a.example/", body: .text("x"), fallback: "https://b.example/")),
            retention: Retention(
                maximumAge: .seconds(9), ages: [.failed: .seconds(1)], failureAges: [.timeout: .seconds(2)]),
            metadata: ["a": "b"])
        definition.attributes = JobAttributes(
            slug: "s", description: "d", project: "p", group: "g", environment: "e", tags: ["a": "b"])
        definition.limits = JobLimits(concurrency: 1)
        definition.limits.concurrencyPerKey = 1
        definition.limits.timeToLive = .seconds(5)
        definition.limits.rate = RateLimit(1, per: .seconds(1))
        definition.priority = 3
        definition.deduplicationWindow = .seconds(3)
        let full = try JSONValue(parsing: String(decoding: JSONEncoder().encode(definition), as: UTF8.self))
        try NativeMembers.check(full, at: "definition")
    }

    @Test(
        "An empty filter never means all",
        arguments: [
            ["search": ""], ["state": [","]], ["group": ["a", "b"]], ["tag": [" "]], ["state": .array([])],
            ["state": ","], ["tag": " , "], ["group": ""], ["state": [""]],
            ["search": .null],
        ] as [JSONValue])
    func emptyFilters(_ query: JSONValue) async {
        let bench = APIBench(.trigrun)
        _ = await bench.send("POST", "/_rota/jobs", Self.hourly)
        let answer = await bench.send("POST", "/_rota/jobs/bulk", ["query": query, "action": "delete", "confirm": 1])
        #expect(answer.status == 422)
        #expect(await bench.send("GET", "/_rota/jobs").items?.elements.count == 1)
    }

    @Test(
        "The mark of a hidden credential is refused where nothing is stored, and no credential moves to another server")
    func credentialMoves() async throws {
        let bench = APIBench(.trigrun)
        func definition(_ value: JSONValue, _ url: JSONValue) -> JSONValue {
            ["http": ["method": "GET", "url": url, "headers": ["X-Vault-Token": value]]]
        }
        let new: [(String, JSONValue)] = [("name", "a"), ("schedule", ["cron": "0 * * * *"])]
        func create(_ value: JSONValue) async -> Answer {
            let members = new + [("action", definition(value, "https://a.example/x?key=hidden"))]
            return await bench.send("POST", "/_rota/jobs", ["definition": .object(members.map { .init($0.0, $0.1) })])
        }
        #expect(await create("[redacted]").status == 422)
        let job = await create("s3cr3t")
        #expect(job.status == 201)
        #expect(!job.text.contains("s3cr3t"))
        #expect(job.text.contains("key=hidden"))
        let reader = await bench.send("GET", "/_rota/jobs/a", token: "read-token")
        #expect(!reader.text.contains("key=hidden"))
        let same = await bench.send(
            "PATCH", "/_rota/jobs/a", ["definition": ["action": definition("[redacted]", "https://a.example/y")]])
        #expect(same.status == 200)
        let moved = await bench.send(
            "PATCH", "/_rota/jobs/a", ["definition": ["action": definition("[redacted]", "https://b.example/y")]])
        #expect(moved.status == 422)
        let known = await bench.send(
            "PATCH", "/_rota/jobs/a", ["definition": ["action": definition("s3cr3t", "https://b.example/y")]])
        #expect(known.status == 200)
        let stored = try #require(try await bench.store.jobs(.init()).items.first)
        #expect(stored.definition.action.request?.headers["X-Vault-Token"] == "s3cr3t")
    }

    @Test("A page of another site changes nothing on a server that asks for no token")
    func foreignPages() async {
        let bench = APIBench(.trigrun)
        let open = SchedulerAPI(bench.scheduler, as: .trigrun) { _, _ in .open }
        func send(_ method: String, _ headers: [(String, String)]) async -> Int {
            let isReading = method == "GET"
            return await open.respond(
                to: APIRequest(
                    method: method, target: "/v1/jobs", headers: [("Host", "localhost:8484")] + headers,
                    body: isReading ? nil : Data(TrigRunTests.report.text.utf8))
            ).status
        }
        for headers in [
            [("Sec-Fetch-Site", "cross-site")], [("Origin", "https://evil.example")], [("Origin", "null")],
            [("Origin", "http://localhost:3000")],
        ] {
            #expect(await send("POST", headers) == 403, "\(headers)")
            #expect(await send("GET", headers) == 200, "\(headers)")
        }
        #expect(await send("POST", [("Origin", "http://localhost:8484")]) == 201)
        #expect(await send("POST", [("Sec-Fetch-Site", "same-origin")]) == 201)
        // Behind a proxy the scheme differs, and the default port is not written.
        let proxied = APIRequest(
            method: "POST", target: "/v1/jobs",
            headers: [("Host", "rota.example"), ("Origin", "https://rota.example:443")],
            body: Data(TrigRunTests.report.text.utf8))
        #expect(await open.respond(to: proxied).status == 201)
        #expect(await send("POST", []) == 201)
    }

    @Test("A list that was exported without its credentials is declared again, and they stay where they are")
    func declareAgain() async throws {
        let bench = APIBench(.trigrun)
        func declare(_ token: JSONValue, _ url: JSONValue) async -> Answer {
            await bench.send(
                "POST", "/_rota/declare",
                [
                    "owner": "ops",
                    "jobs": [
                        [
                            "definition": [
                                "name": "a", "schedule": ["cron": "0 * * * *"],
                                "action": ["http": ["method": "GET", "url": url, "headers": ["X-Vault-Token": token]]],
                            ]
                        ]
                    ],
                ])
        }
        #expect(await declare("[redacted]", "https://a.example/").status == 422)
        #expect(await declare("s3cr3t", "https://a.example/").status == 200)
        #expect(await declare("[redacted]", "https://a.example/").unchanged == 1)
        #expect(await declare("[redacted]", "https://b.example/").status == 422)
        let stored = try #require(try await bench.store.jobs(.init()).items.first)
        #expect(stored.definition.action.request?.headers["X-Vault-Token"] == "s3cr3t")
    }

    @Test(
        "Headers are hidden by the words in their names",
        arguments: [
            ("X-Gitlab-Token", true), ("apikey", true), ("X-Goog-Api-Key", true), ("X-Author", false),
            ("Keep-Out", false),
            ("Idempotency-Key", false), ("X-Amz-Security-Token", true), ("Cookie", true),
        ])
    func hiddenHeaders(_ name: String, _ isHidden: Bool) {
        #expect(Credentials.isOpen(.init(name, "value")) == isHidden)
        #expect(!Credentials.isOpen(.init(name, "secret://a")))
        #expect(!Credentials.isOpen(.init(name, "Bearer secret://a")))
        #expect(Credentials.isOpen(.init(name, "session=abc; k=secret://a")) == isHidden)
    }
}
