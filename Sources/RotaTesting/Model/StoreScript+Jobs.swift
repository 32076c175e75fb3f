import Foundation
import RotaHTTP
import RotaJSONSchema
import RotaRetry
import RotaSchedule
import RotaStore

// Random operations on jobs.
extension StoreScript {
    private static let request: JobAction =
        (try? RequestTemplate.post("https://example.com/hook?a=1")).map { .http($0) } ?? .handler("no request")
    private static let window = try? ExecutionWindow("*/2 * * * *")

    mutating func insertion() -> JobInsertion {
        let id = chance(5) ? pickJob()?.id ?? JobID(bits: newID()) : JobID(bits: newID())
        let job = Job(
            id: id, definition: definition(), createdAt: now,
            scheduleState: ScheduleState(state: chance(10) ? .draft : .active, decidedThrough: now, next: now + 10),
            createdBy: chance(20) ? "ann" : nil)
        let key = chance(30) ? "key-\(Int.random(in: 0..<8, using: &random))" : nil
        return JobInsertion(
            job, idempotencyKey: key,
            executions: (0..<(chance(30) ? Int.random(in: 1...3, using: &random) : 0)).map { _ in
                var run = execution(of: job, at: now, source: .manual)
                if chance(10) {
                    run.progress.status = chance(90) ? .succeeded : .running
                    run.progress.finishedAt = chance(90) ? now : nil
                }
                return run
            })
    }

    private mutating func definition() -> JobDefinition {
        let number = Int.random(in: 0..<1000, using: &random)
        var schedule = chance(20) ? Schedule.afterCompletion(.seconds(10)) : .every(.seconds(10))
        if chance(10) { schedule = schedule.limited(toRuns: 6) }
        if chance(20), let name = try? ScheduleCalendar.named(calendarName()) {
            schedule = chance(70) ? schedule.excluding(name) : schedule.within(name.union(.weekends))
        }
        if chance(20) { schedule = .onDemand }
        var definition = JobDefinition(
            name: chance(50) ? "job \(number)" : "Übergrößenträger, a job with a long name, \(number) 🗓",
            schedule: schedule, action: chance(50) ? .handler("work") : Self.request, overlap: overlap(),
            retention: retention(), metadata: chance(30) ? ["trace": "\(number)", "": "empty"] : [:])
        if chance(50) { definition.limits = limits() }
        if chance(25) { definition.priority = Int.random(in: 0...10, using: &random) }
        if chance(30) {
            definition.attributes = JobAttributes(
                slug: chance(30) ? "slug-\(number % 20)" : nil, project: chance(50) ? "p" : nil,
                group: chance(50) ? "g\(number % 3)" : nil, environment: chance(30) ? "production" : nil,
                tags: chance(50) ? ["team": "t\(number % 2)", "n": "\(number % 3)"] : [:])
        }
        if chance(20) {
            definition.notifications = [
                NotificationRule(on: chance(50) ? .completion : .failure, .handler("tell"), includesOutput: chance(50))
            ]
        }
        if chance(20) {
            definition.breaker = CircuitBreakerPolicy(consecutiveFailures: 1, openFor: .fixed(.seconds(9)))
        }
        if chance(10) {
            definition.chain = [
                chance(50)
                    ? ChainRule(on: .any, slug: "slug-\(number % 20)")
                    : ChainRule(on: .completed, job: pickJob()?.id ?? JobID(bits: 9), payload: [:])
            ]
        }
        definition.versionPolicy = chance(70) ? .pin : chance(50) ? .latest : .minor
        definition.isBackwardsCompatible = chance(50)
        if chance(10) { definition.payloadSchema = try? JSONSchema(["maxLength": .number(.init(Int64(number)))]) }
        return definition
    }

    // MARK: Calendars

    mutating func calendarName() -> String { chance(60) ? "holidays" : chance(90) ? "nights" : " " }

    /// A calendar that contains some minutes of every hour, and perhaps days.
    mutating func calendar() -> ScheduleCalendar {
        var calendar = ScheduleCalendar.weekdays(chance(20) ? [.monday, .sunday] : [])
        let minute = Int.random(in: 0..<60, using: &random)
        if chance(80), let expression = try? CronExpression("\(minute)/\(1 + minute % 7) * * * *"),
            let part = try? ScheduleCalendar.cron(expression)
        {
            calendar = calendar.union(part)
        }
        if chance(3), let name = try? ScheduleCalendar.named("nights") { calendar = calendar.union(name) }
        return calendar
    }

    private mutating func overlap() -> OverlapPolicy {
        let policy: OverlapPolicy =
            switch Int.random(in: 0..<10, using: &random) {
            case 0...3: .allow
            case 4...5: .skip
            case 6...7: .queue(limit: chance(30) ? nil : Int.random(in: 1...3, using: &random))
            default: .replace
            }
        return chance(30) ? policy.countingTriggered() : policy
    }

    private mutating func retention() -> Retention {
        let count = Int.random(in: 0...6, using: &random)
        guard chance(40) else { return .last(count) }
        return Retention(
            maximumCount: count + 2, maximumAge: chance(50) ? .seconds(60) : nil,
            ages: chance(50) ? [.failed: chance(20) ? .zero : .seconds(200), .canceled: .seconds(30)] : [:])
    }

    private mutating func limits() -> JobLimits {
        // Windows never change, because the protocol does not say how long starts are kept when a window grows.
        JobLimits(
            concurrency: chance(30) ? Int.random(in: 1...2, using: &random) : nil,
            concurrencyPerKey: chance(30) ? 1 : nil,
            rate: chance(30) ? RateLimit(Int.random(in: 1...3, using: &random), per: .seconds(30)) : nil,
            sharedRates: chance(30)
                ? [SharedRateLimit("api", RateLimit(Int.random(in: 1...4, using: &random), per: .seconds(20)))] : [],
            window: chance(20) ? Self.window : nil,
            timeToLive: chance(30) ? .seconds(Int.random(in: 10...90, using: &random)) : nil)
    }

    mutating func replacement(of job: Job) -> JobReplacement {
        var scheduleState = job.scheduleState
        scheduleState.state = chance(30) ? .paused : .active
        scheduleState.reason = scheduleState.state == .paused ? "by hand" : nil
        scheduleState.resumesAt = scheduleState.state == .paused && chance(50) ? now + 20 : nil
        scheduleState.next = chance(80) ? now + 10 : nil
        if chance(10) { scheduleState.decidedThrough -= 30 }
        let key = OperationKey(
            "key-\(Int.random(in: 0..<4, using: &random))", for: chance(50) ? "update" : "pause", until: now + 50)
        return JobReplacement(
            id: chance(5) ? JobID(bits: 9) : job.id,
            expectedRevision: job.scheduleState.revision - (chance(10) ? 1 : 0),
            definition: chance(40) ? definition() : nil, scheduleState: scheduleState,
            skips: chance(30) ? [skip(job, from: job.scheduleState.decidedThrough + 1)] : [], date: now,
            author: chance(20) ? "bob" : nil, idempotencyKey: chance(20) ? key : nil)
    }

    /// The names of the owners that declare jobs.
    static let owners = ["app", "another service"]

    mutating func declaration() -> JobDeclaration {
        let name = Self.owners[chance(70) ? 0 : 1]
        let known = model.owners[name]
        let owner = JobOwner(
            name, generation: Int.random(in: 0...3, using: &random),
            revision: (known?.revision ?? 0) + (chance(90) ? 1 : 2), declaredAt: now)
        var insertions = (0..<Int.random(in: 0...2, using: &random)).map { _ in insertion() }
        for index in insertions.indices { insertions[index].job.declaredBy = name }
        let replacements = (0..<Int.random(in: 0...2, using: &random)).compactMap { _ in pickJob() }.map { job in
            var replacement = replacement(of: job)
            replacement.declaredBy = chance(50) ? name : nil
            replacement.idempotencyKey = nil
            return replacement
        }
        let isDeleting = model.jobs.count > maximumJobs / 2 && chance(50)
        return JobDeclaration(
            owner, insertions: insertions, replacements: replacements,
            deletions: isDeleting ? [pickJob()?.id, JobID(bits: 3)].compactMap(\.self) : [])
    }

    mutating func skip(_ job: Job, from date: Date) -> SkippedOccurrence {
        SkippedOccurrence(
            jobID: job.id, first: date, last: date + 5, count: chance(80) ? 2 : nil,
            reason: chance(60) ? .misfire : .paused, decidedAt: now)
    }

    mutating func dependency(of job: Job) -> JobDependency {
        JobDependency(
            id: DependencyID(bits: newID()), jobID: job.id,
            dependsOn: chance(5) ? JobID(bits: 9) : pickJob()?.id ?? job.id,
            condition: chance(50) ? .any : chance(70) ? .completed : .failed, createdAt: now)
    }
}
