import Foundation
import Rota
import RotaCore
import RotaHTTP
import RotaStore

/// Rota's own routes for operators.
enum NativeSystem {
    private static let dates = TimestampForm.milliseconds

    static let routes: [Route] = [
        Route(
            .get, "/_rota/session", "rotaGetSession", .read, "Show who the caller is and what it may do",
            answer: Schema.object
        ) { call in
            .json(
                .record([
                    ("actor", call.caller.actor.map { .string($0) } ?? .null),
                    (
                        "scopes",
                        .array(APIScope.allCases.filter(call.caller.may).map { .string($0.rawValue) })
                    ),
                    ("readOnly", .bool(!call.caller.may(.write) && !call.caller.may(.trigger))),
                    ("profile", .string(call.api.profile)), ("now", dates.text(call.now)),
                ]))
        },
        Route(
            .get, "/_rota/stats", "rotaGetStats", .read, "Count jobs and executions, and tell how punctual they are",
            answer: Schema.object, stats),
        Route(
            .get, "/_rota/events", "rotaListEvents", .read,
            "List the latest events; with `wait`, once there is one after the cursor",
            query: [
                QueryParameter("after", "The `next` of the answer before; the latest if absent"),
                .limit(1...1_000, else: 100),
                QueryParameter("wait", "How many seconds to wait for an event", Schema.integer(0...25)),
            ], answer: NativeSchema.page(of: Schema.object), events),
        Route(
            .get, "/_rota/metrics", "rotaGetMetrics", .read, "Metrics in the text format of OpenMetrics 1.0",
            answer: Schema.text, answerType: "application/openmetrics-text"
        ) { call in
            .text(
                try await call.scheduler.metrics().openMetrics,
                type: "application/openmetrics-text; version=1.0.0; charset=utf-8")
        },
        Route(
            .get, "/_rota/health", "rotaGetStatus", nil, "Check whether the store can be used", answer: Schema.object
        ) { call in
            do {
                _ = try await call.scheduler.counts()
                return .json(["status": "ok"])
            } catch {
                call.api.report(error, call.request)
                return .json(["status": "unavailable"], status: 503)
            }
        },
        Route(.get, "/_rota/store", "rotaGetStore", .read, "Show the store's status", answer: Schema.object, store),
        Route(.get, "/_rota/openapi.json", "rotaGetDescription", nil, "This description", answer: Schema.object) {
            call in
            APIResponse.json(OpenAPI.document(of: call.api)).with(header: "Cache-Control", "max-age=300")
        },
    ]

    private static let stats: Route.Handler = { call in
        let metrics = try await call.scheduler.metrics()
        let dead = try await call.scheduler.executions(
            ExecutionQuery(statuses: [.failed, .expired], from: call.now.addingTimeInterval(-86_400), limit: 1_000))
        return .json([
            "jobs": counts(metrics.jobs, JobState.allCases.map(\.rawValue)) { $0.rawValue },
            "executions": counts(metrics.executions, ExecutionStatus.allCases.map(\.rawValue)) { $0.rawValue },
            "failedToday": .int(dead.items.count), "failedTodayIsMore": .bool(dead.next != nil),
            "lateness": spread(metrics.lateness), "attempts": spread(metrics.attemptDurations),
            "retries": .int(metrics.retries), "leasesLost": .int(metrics.leasesLost),
            "at": dates.text(metrics.date),
        ])
    }

    private static func counts<Key: Hashable>(
        _ counts: [Key: Int], _ names: [String], _ name: (Key) -> String
    ) -> JSONValue {
        let byName = Dictionary(uniqueKeysWithValues: counts.map { (name($0.key), $0.value) })
        return .object(names.map { .init($0, .int(byName[$0] ?? 0)) })
    }

    private static func spread(_ spread: SchedulerMetrics.Distribution) -> JSONValue {
        .record([
            ("count", .int(spread.count)), ("p50Milliseconds", spread.median.map { .milliseconds($0) } ?? .null),
            ("p99Milliseconds", spread.p99.map { .milliseconds($0) } ?? .null),
        ])
    }

    private static let events: Route.Handler = { call in
        let log = call.api.log
        let limit = try call.query.int("limit", in: 1...1_000, else: 100)
        let wait = try call.query.int("wait", in: 0...25, else: 0)
        let cursor = try call.query.text("after").map { text throws(APIError) in
            guard let cursor = SchedulerEvent.Log.Cursor(text) else {
                throw .invalid("after", "after must be the `next` of the answer before.")
            }
            return cursor
        }
        var page = log.events(after: cursor, limit: limit)
        let isIncomplete = page.isIncomplete
        if page.entries.isEmpty, wait > 0 {
            let (next, clock) = (page.next, call.scheduler)
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await log.wait(after: next) }
                group.addTask { try? await clock.sleep(for: .seconds(wait)) }
                await group.next()
                group.cancelAll()
            }
            page = log.events(after: page.next, limit: limit)
        }
        return .json([
            "items": .array(page.entries.map(NativeRecord.event)), "next": .string(page.next.description),
            "isIncomplete": .bool(isIncomplete || page.isIncomplete),
        ])
    }

    private static let store: Route.Handler = { call in
        let counts = try await call.scheduler.counts()
        var members: [(String, JSONValue?)] = [
            ("kind", .string("\(type(of: call.scheduler.store))")),
            ("jobs", .int(counts.jobs.values.reduce(0, +))),
            ("executions", .int(counts.executions.values.reduce(0, +))),
        ]
        if let store = call.scheduler.store as? any ReportingStore {
            members += await store.report().map { ($0.name, $0.value) }
        }
        return .json(.record(members))
    }

    static func record(of health: JobHealth, _ window: JobHealth.Window) -> JSONValue {
        .record([
            ("window", .string(window.rawValue)), ("total", .int(health.total)),
            ("succeeded", .int(health.succeeded)), ("failed", .int(health.failed)),
            ("timedOut", .int(health.timedOut)), ("crashed", .int(health.crashed)),
            ("canceled", .int(health.canceled)), ("expired", .int(health.expired)),
            ("successRate", JSONValue(floatLiteral: health.successRate)),
            ("averageMilliseconds", health.averageDuration.map { .milliseconds($0) } ?? .null),
            ("p95Milliseconds", health.p95Duration.map { .milliseconds($0) } ?? .null),
            ("score", JSONValue(floatLiteral: health.score)),
        ])
    }
}
