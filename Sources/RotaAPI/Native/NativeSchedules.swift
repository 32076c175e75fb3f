import Foundation
import Rota
import RotaCore
import RotaHTTP
import RotaSchedule
import RotaStore

/// Rota's own routes for times: what is due next, and what an expression means.
enum NativeSchedules {
    private static let dates = TimestampForm.milliseconds

    private static let expression: [QueryParameter] = [
        QueryParameter("expression", "A cron expression, every_5m or a date"),
        QueryParameter("zone", "A time zone such as Europe/Paris, UTC if absent"),
    ]

    static let routes: [Route] = [
        Route(
            .get, "/_rota/timers", "rotaListTimers", .read, "List jobs by their next run",
            query: [
                .limit(1...1_000, else: 50),
                QueryParameter("cursor", "Where to continue: the `next` of the page before"),
            ],
            answer: NativeSchema.page(of: Schema.object), timers),
        Route(
            .get, "/_rota/schedules/next", "rotaNextDates", .read, "List the next dates of an expression",
            query: expression + [.date("from", "Later ones only"), .limit(1...1_000, else: 10).named("count")],
            answer: NativeSchema.occurrences
        ) { call in
            let schedule = try read(call)
            let from = try call.query.date("from", now: call.now) ?? call.now
            let count = try call.query.int("count", in: 1...1_000, else: 10)
            return .json([
                "summary": .string(schedule.summary),
                "items": .array(schedule.preview(from: from, count: count).map(NativeRecord.occurrence)),
            ])
        },
        Route(
            .get, "/_rota/schedules/lint", "rotaLintExpression", .read, "Show what is suspicious about an expression",
            query: expression, answer: Schema.object
        ) { call in
            let schedule = try read(call)
            let warnings = schedule.warnings(from: call.now)
            return .json([
                "summary": .string(schedule.summary),
                "warnings": .array(
                    warnings.map {
                        ["code": .string($0.code.description), "message": .string(ClientWording.text($0.description))]
                    }),
            ])
        },
        Route(
            .get, "/_rota/load", "rotaGetLoad", .read, "Count the occurrences of all active jobs by hour",
            query: [.date("from", "The first hour, now if absent"), .date("to", "The end, a week later if absent")],
            answer: Schema.object, load),
    ]

    private static func read(_ call: APICall) throws -> Schedule {
        guard let text = call.query.text("expression") else {
            throw APIError.invalid("expression", "expression is required.")
        }
        do {
            return try Schedule.parse(text, in: call.query.text("zone") ?? "UTC")
        } catch {
            throw APIError.invalid(error.code == .timeZone ? "zone" : "expression", error.description)
        }
    }

    private static let timers: Route.Handler = { call in
        let limit = try call.query.int("limit", in: 1...1_000, else: 50)
        var query = JobQuery(states: [.active, .paused], sort: .nextRun)
        query.after = try call.cursor()
        let page = try await call.page(of: query, limit: limit)
        let items: [JSONValue] = page.items.map { job in
            let skips = job.scheduleState.skipsRemaining
            return .record([
                ("job", ["id": .string(job.id.description), "name": .string(job.definition.name)]),
                ("next", dates.orNull(job.scheduleState.nextWakeup)),
                ("skipsRemaining", skips > 0 ? .int(skips) : nil), ("nextAfterSkips", dates.text(job.nextAfterSkips)),
                ("last", dates.orNull(job.statistics.lastFinishedAt ?? job.statistics.lastRunAt)),
                ("lastStatus", job.statistics.lastStatus.map { .string($0.rawValue) } ?? .null),
                ("state", .string(job.state.rawValue)), ("summary", .string(job.definition.schedule.summary)),
            ])
        }
        return .json(NativeRecord.page(items, next: page.next?.description))
    }

    /// The longest range whose load is computed.
    private static let longestLoad = Duration.seconds(31 * 86_400)
    /// The largest number of occurrences of one job that is counted.
    ///
    /// One that runs each second is reported as busier.
    private static let mostOccurrences = 10_000

    private static let load: Route.Handler = { call in
        let from = try call.query.date("from", now: call.now) ?? call.now
        let to = try call.query.date("to", now: call.now) ?? from.addingTimeInterval(7 * 86_400)
        guard to > from, to.elapsed(since: from) <= longestLoad else {
            throw APIError.invalid("to", "to must be later than from, by at most 31 days.")
        }
        return try await call.api.loadGate.run { try await countLoad(from: from, to: to, call) }
    }

    /// The largest number of occurrences of one job that is looked at, on the way to the range.
    private static let mostSteps = 100_000

    /// Counts the occurrences of a job in a range: past ones, and those that it will fire.
    ///
    /// Requested skips and a limit of runs leave some out.
    ///
    /// - Parameters:
    ///   - checkTime: Called now and then, to throw once it takes too long.
    ///   - count: Called with each date.
    /// - Returns: Whether all were counted, and not only the first ones.
    private static func count(
        _ job: Job, from: Date, to: Date, checkTime: () throws -> Void, _ count: (Date) -> Void
    ) rethrows -> Bool {
        let (schedule, state) = (job.definition.schedule, job.scheduleState)
        var skips = schedule.isSeries ? state.skipsRemaining : 0
        var runs = schedule.maximumRuns.map { max(0, $0 - state.firedCount) } ?? Int.max
        var number = 0
        // Before it was created the job had no occurrences.
        let begin = max(from.justBefore, job.createdAt)
        var next = schedule.next(after: begin)
        if skips > 0 || runs < .max {
            let upcoming = state.next ?? schedule.next(after: max(state.decidedThrough, begin))
            while let date = next, date < min(to, upcoming ?? to) {
                guard number < mostOccurrences else { return false }
                count(date)
                (next, number) = (schedule.next(after: date), number + 1)
            }
            next = upcoming
        }
        var steps = 0
        while runs > 0, let date = next, date < to {
            guard number < mostOccurrences, steps < mostSteps else { return false }
            if skips > 0 {
                skips -= 1
            } else {
                runs -= 1
                if date >= from {
                    count(date)
                    number += 1
                }
            }
            (next, steps) = (schedule.next(after: date), steps + 1)
            if steps.isMultiple(of: 1_000) { try checkTime() }
        }
        return true
    }

    private static func countLoad(from: Date, to: Date, _ call: APICall) async throws -> APIResponse {
        // Hours count from the start, so that they are those of a client in any time zone.
        let start = from
        var counts = Array(repeating: 0, count: Int((to.timeIntervalSince(start) / 3_600).rounded(.up)))
        var (jobs, cut) = (0, 0)
        var query = JobQuery(states: [.active], limit: 1_000)
        repeat {
            let page = try await call.scheduler.jobs(query)
            for job in page.items {
                try call.checkTime()
                // Computing dates takes the processor, which others may wait for.
                await Task.yield()
                let isWhole = try count(job, from: from, to: to, checkTime: call.checkTime) { date in
                    let hour = Int(date.timeIntervalSince(start) / 3_600)
                    if counts.indices.contains(hour) { counts[hour] += 1 }
                }
                jobs += 1
                if !isWhole { cut += 1 }
            }
            query.after = page.next
        } while query.after != nil
        return .json([
            "from": dates.text(start), "hours": .array(counts.map { .int($0) }), "jobs": .int(jobs),
            "jobsCutOff": .int(cut),
        ])
    }
}

extension QueryParameter {
    func named(_ name: String) -> QueryParameter {
        var copy = self
        copy.name = name
        return copy
    }
}
