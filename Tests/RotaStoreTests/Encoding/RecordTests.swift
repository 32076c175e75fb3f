import Foundation
import RotaCore
import RotaHTTP
import RotaJSONSchema
import RotaRetry
import RotaSchedule
import RotaStore
import RotaTesting
import Testing

@Suite struct RecordTests {
    static let date = Date(timeIntervalSinceReferenceDate: 0.1 + 0.2)
    static let jobID = JobID(bits: .max)
    static let executionID = ExecutionID(bits: 1 << 127 | 5)

    static let failure = ExecutionFailure(kind: .timeout, message: "nach 3 s keine Antwort 🕰")
    static let attempt = Attempt(
        number: 3, startedAt: date,
        duration: Duration(secondsComponent: 5, attosecondsComponent: 123_456_789_012_345_678),
        failure: failure, statusCode: 503, bodyPreview: String(repeating: "long ", count: 100), bodyWasTruncated: true,
        responseHeaders: ["retry-after": "7", "": ""], trace: trace)

    private static var trace: ExecutionTrace {
        var trace = ExecutionTrace()
        trace.queueWait = .nanoseconds(1)
        trace.dequeue = .zero
        trace.resolve = .milliseconds(1)
        trace.handshake = .milliseconds(2)
        trace.connect = .seconds(-1)
        trace.firstByte = .milliseconds(3)
        trace.transfer = .seconds(5)
        trace.total = .seconds(9)
        trace.peer = "2001:db8::1"
        trace.redirects = ["302: GET https://a.example/", "307: POST https://b.example/"]
        trace.resends = 1
        trace.timeout = .seconds(8)
        trace.fallback = ExecutionTrace.Fallback(cause: "http_status 503", failure: "timeout")
        return trace
    }

    static var progress: ExecutionProgress {
        var progress = ExecutionProgress(dueAt: date)
        progress.status = .expired
        progress.startedAt = .distantPast
        progress.attemptStartedAt = .distantFuture
        progress.finishedAt = Date(timeIntervalSinceReferenceDate: -.infinity)
        progress.lease = Lease(owner: "someone", token: .max, expiresAt: date)
        progress.failure = failure
        progress.runningVersion = 4
        progress.output = JSONPayload(trusted: Data("\"out\"".utf8))
        progress.heartbeatAt = date
        progress.report = ProgressReport(fraction: 0.1 + 0.2, message: "halfway")
        progress.cancelRequestedAt = date
        progress.cancelReason = "enough"
        progress.expiresAt = .distantFuture
        var trail = ExecutionTrail()
        trail.append([.notDue(until: date)], at: date)
        trail.appendClaim(by: "someone", attempt: 1, at: date)
        progress.trail = trail
        return progress
    }

    static var job: Job {
        var statistics = JobStatistics()
        statistics.lastRunAt = date
        statistics.lastStatus = .canceled
        statistics.succeeded = 1
        statistics.failed = .max
        statistics.canceledOrExpired = -1
        statistics.lastFinishedAt = date
        statistics.lastSucceededAt = .distantPast
        var scheduleState = ScheduleState(
            state: .completed, reason: "because", decidedThrough: date, next: date, nextEffective: date, firedCount: 7,
            lastFired: date, awaitedExecutionID: executionID, revision: .min)
        scheduleState.comeIntoForce(at: date.addingTimeInterval(60))
        scheduleState.state = .paused
        scheduleState.resumesAt = date
        scheduleState.skipsRemaining = 3
        scheduleState.breaker = CircuitBreaker()
        return Job(
            id: jobID, definition: definition, version: 9, createdAt: date, updatedAt: .distantFuture,
            scheduleState: scheduleState, statistics: statistics, createdBy: "ada", updatedBy: "bob")
    }

    /// A definition in which nothing has its default.
    static var definition: JobDefinition {
        var definition = JobDefinition(
            name: "täglich", schedule: .every(.seconds(900)), action: .handler("h"), misfire: .all(limit: 5),
            overlap: .queue(limit: 7).countingTriggered(),
            retention: Retention(maximumCount: 3, maximumAge: .seconds(5), ages: [.failed: .seconds(9)]),
            metadata: ["a": "b"])
        definition.attributes = JobAttributes(
            slug: "s", description: "d", project: "p", group: "g", environment: "e", timeZone: "Asia/Tokyo",
            tags: ["k": "v"])
        definition.limits = JobLimits(
            concurrency: 1, concurrencyPerKey: 2, rate: RateLimit(3, per: .seconds(4)),
            sharedRates: [SharedRateLimit("api", RateLimit(5, per: .milliseconds(6)))],
            window: try? ExecutionWindow("* 9-17 * * 1-5", in: "Europe/Berlin"), timeToLive: .seconds(7))
        definition.priority = 8
        definition.delivery = .atMostOnce
        definition.breaker = .default
        definition.notifications = [
            NotificationRule(on: .failure, .webhook(url: "https://example.com", secret: "secret://hook")),
            NotificationRule(on: .success, .handler("h"), includesOutput: true),
        ]
        definition.versionPolicy = .minor
        definition.isBackwardsCompatible = true
        definition.payloadSchema = try? JSONSchema(["type": ["object", "null"], "maxProperties": 9])
        definition.deduplicationWindow = .milliseconds(30_500)
        definition.chain = [ChainRule(on: .any, job: JobID(bits: 7)), ChainRule(on: .failed, slug: "s", payload: [:])]
        definition.adaptiveTimeout = AdaptiveTimeout(quantile: 1, factor: 1.5, within: .nanoseconds(1) ... .seconds(1))
        return definition
    }

    static var details: ExecutionDetails {
        var details = ExecutionDetails()
        details.replayOf = ExecutionID(bits: 6)
        details.continuationOf = ExecutionID(bits: 7)
        details.parentID = ExecutionID(bits: 8)
        details.lineageDepth = 2
        details.priority = 3
        details.concurrencyKey = "c"
        details.dependencyKey = "d"
        details.idempotencyKey = "i"
        details.tags = ["t": "u"]
        details.createdBy = "ada"
        details.batchID = BatchID(bits: 9)
        details.uniqueness = .debounced("d", atMost: .seconds(5))
        details.awaitedBatch = BatchID(bits: 10)
        details.overrides = RetryOverrides(maxAttempts: 2, timeout: .seconds(3))
        details.notification = .webhook(url: "https://example.org/hook", secret: "secret://hook")
        var breaker = CircuitBreaker()
        if case .permitted(let permit) = breaker.admit(at: date) { details.circuitPermit = permit }
        return details
    }

    static var execution: Execution {
        var execution = job.execution(
            id: executionID, source: ExecutionSource(rawValue: "webhook"), scheduledFor: date, createdAt: date,
            payload: JSONPayload(trusted: Data("[1,2]".utf8)), metadata: ["t": "x", "u": "y"], details: details)
        execution.progress = progress
        execution.attempts = [attempt, attempt]
        return execution
    }

    static let skip = SkippedOccurrence(
        jobID: jobID, first: date, last: .distantFuture, count: 4, reason: .tooLate, decidedAt: date)

    static var calendar: ScheduleCalendar {
        let expression = (try? CronExpression("* 12 * * *")).flatMap { try? ScheduleCalendar.cron($0) }
        return ((try? ScheduleCalendar.annual(["12-25", "02-29"]).union(.dates(["2026-04-03"]))) ?? .weekends)
            .union(.weekends).union(expression ?? .weekends)
    }

    /// Every kind of change, with everything in it and with as little as there can be.
    static var changes: [Change] {
        var bareExecution = Job(
            id: JobID(bits: 0),
            definition: JobDefinition(name: "", schedule: .every(.seconds(1)), action: .handler("h")),
            createdAt: date, scheduleState: ScheduleState(state: .draft, decidedThrough: date, next: nil)
        ).execution(
            id: ExecutionID(bits: 0), source: ExecutionSource(rawValue: ""), scheduledFor: date, createdAt: date)
        bareExecution.progress = ExecutionProgress(dueAt: date)
        return [
            .putJob(job), .putScheduleState(jobID, job.scheduleState),
            .putScheduleState(jobID, ScheduleState(state: .completed, decidedThrough: date, next: nil)),
            .putStatistics(jobID, job.statistics),
            .putStatistics(jobID, JobStatistics()), .removeJob(jobID), .putExecution(execution),
            .putExecution(bareExecution),
            .putProgress(executionID, progress), .putProgress(executionID, ExecutionProgress(dueAt: date)),
            .putLease(
                executionID, Lease(owner: "a", token: .max, expiresAt: .distantPast), heartbeatAt: date,
                report: ProgressReport(fraction: 0.5, message: "half")),
            .putLease(executionID, Lease(owner: "", token: 0, expiresAt: date), heartbeatAt: nil, report: nil),
            .putAttempt(executionID, attempt),
            .putAttempt(executionID, Attempt(number: 1, startedAt: date, duration: .zero)),
            .removeExecution(executionID), .putSkips(jobID, [skip, skip]), .putSkips(jobID, []),
            .putSkip(
                SkippedOccurrence(
                    jobID: jobID, first: date, last: date, count: nil, reason: .init(rawValue: "own"), decidedAt: date),
                keeping: 0),
            .putOwner(JobOwner("app", generation: 3, revision: .max, declaredAt: date)),
            .putOwner(JobOwner("", generation: -1, revision: 0, declaredAt: .distantPast)),
            .putCalendar("holidays", calendar), .putCalendar("", .weekdays([])), .removeCalendar("ä"),
            .putIdempotencyKey("key", jobID), .putIdempotencyKey("", jobID),
            .putVersion(
                JobVersion(jobID: jobID, version: 2, definition: definition, createdAt: date, createdBy: "ada")),
            .putVersion(JobVersion(jobID: jobID, version: 1, definition: job.definition, createdAt: date)),
            .removeVersion(JobVersionID(jobID: jobID, version: 5)), .removeDependency(DependencyID(bits: 3)),
            .putOperation(OperationKey("k", for: "update", until: date), jobID),
            .removeOperation(JobOperationKey(job: jobID, operation: "update", key: "")),
            .putStart(.job(jobID), AttemptStart(date: date, executionID: executionID, token: .max)),
            .putStart(.shared("ä"), AttemptStart(date: .distantPast, executionID: executionID, token: 0)),
            .forgetStarts(.job(jobID), through: date), .forgetStarts(.shared(""), through: .distantFuture),
        ]
            + JobDependency.Condition.allCases.map {
                .putDependency(
                    JobDependency(
                        id: DependencyID(bits: 3), jobID: jobID, dependsOn: JobID(bits: 1), condition: $0,
                        createdAt: date))
            }
            + ExecutionStatus.allCases.map { status in
                var progress = progress
                progress.status = status
                return .putProgress(executionID, progress)
            }
    }

    static func write(_ changes: [Change]) throws -> [UInt8] {
        var writer = RecordWriter()
        for change in changes { try change.write(to: &writer) }
        return writer.bytes
    }

    static func read(_ bytes: [UInt8]) throws -> [Change] {
        var changes: [Change] = []
        try bytes.withUnsafeBytes { try Change.read($0) { changes.append($0) } }
        return changes
    }

    @Test("Every kind of change round-trips exactly")
    func roundTrip() throws {
        for change in Self.changes { #expect(try Self.read(Self.write([change])) == [change]) }
        #expect(try Self.read(Self.write(Self.changes)) == Self.changes)
        #expect(try Self.read([]).isEmpty)
    }

    @Test("Every kind of change has a sample")
    func everyKind() throws {
        var sampled: Set<ChangeKind> = []
        for change in Self.changes {
            try Self.write([change]).withUnsafeBytes { bytes in
                var reader = RecordReader(bytes)
                if let kind = try reader.next(ChangeKind.self) { sampled.insert(kind) }
            }
        }
        // Those with a definition as JSON are only read.
        #expect(sampled.union([.putJobWithJSON, .putVersionWithJSON]) == Set(ChangeKind.allCases))
    }

    @Test("Payloads that no parser takes are read as they were written")
    func unreadablePayloads() throws {
        for text in [String(repeating: "[", count: 5_000) + String(repeating: "]", count: 5_000), "1e999999", "{"] {
            var progress = ExecutionProgress(dueAt: Self.date)
            progress.output = JSONPayload(trusted: Data(text.utf8))
            #expect(
                try Self.read(Self.write([.putProgress(Self.executionID, progress)])) == [
                    .putProgress(Self.executionID, progress)
                ])
        }
        var value = JSONValue.null
        for _ in 0..<JSONValue.deepest { value = .array([value]) }
        _ = try JSONPayload(value)
        let deeper = JSONValue.array([value])
        #expect(throws: EncodingError.self) { try JSONPayload(deeper) }
        let imported = Data("\"{\"".utf8)
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(JSONPayload.self, from: imported) }
    }

    @Test("Unusual dates such as NaN keep their bits")
    func oddDates() throws {
        for seconds in [Double.nan, .infinity, -0.0, .greatestFiniteMagnitude, .leastNonzeroMagnitude] {
            let progress = ExecutionProgress(dueAt: Date(timeIntervalSinceReferenceDate: seconds))
            let back = try Self.read(Self.write([.putProgress(Self.executionID, progress)]))
            guard case .putProgress(_, let read)? = back.first else {
                Issue.record("\(back)")
                continue
            }
            #expect(read.dueAt.timeIntervalSinceReferenceDate.bitPattern == seconds.bitPattern)
        }
    }

    @Test("Every stored property is written to the file")
    func everyProperty() {
        func names(_ value: Any) -> [String] { Mirror(reflecting: value).children.compactMap(\.label) }
        #expect(
            names(Self.execution) == [
                "id", "jobID", "jobName", "jobVersion", "source", "scheduledFor", "createdAt", "payload", "metadata",
                "rare", "pinned", "progress", "attempts",
            ])
        #expect(
            names(Self.progress) == [
                "status", "dueAt", "startedAt", "attemptStartedAt", "finishedAt", "lease", "failure", "runningVersion",
                "rare",
            ])
        #expect(
            names(Self.attempt) == [
                "number", "startedAt", "duration", "failure", "statusCode", "bodyPreview", "bodyWasTruncated",
                "responseHeaders", "traceBox",
            ])
        #expect(names(Lease(owner: "", token: 0, expiresAt: Self.date)) == ["owner", "token", "expiresAt"])
        #expect(names(Self.failure) == ["kind", "message"])
        #expect(
            names(Self.job) == [
                "id", "version", "createdAt", "updatedAt", "scheduleState", "box", "rareStatistics", "rare",
            ])
        #expect(
            names(Self.job.scheduleState) == [
                "decidedThrough", "firedCount", "revision", "rare", "next", "lastFired", "state",
            ])
        #expect(
            names(Self.job.statistics) == [
                "lastRunAt", "lastStatus", "lastFinishedAt", "lastSucceededAt", "succeeded", "failed",
                "canceledOrExpired",
            ])
        #expect(names(Self.skip) == ["jobID", "first", "last", "count", "reason", "decidedAt"])
    }

    @Test("Unknown fields of every shape are skipped")
    func unknownFields() throws {
        var record = RecordWriter()
        record.record(RawField(6)) { change in
            change.put(RawField(1), Self.executionID)
            change.put(RawField(90), 7)
            change.record(RawField(2)) { progress in
                progress.put(RawField(100), "text")
                progress.put(RawField(101), Self.date)
                progress.put(RawField(102), Self.jobID)
                progress.put(RawField(1), 3)
                progress.put(RawField(2), Self.date)
                progress.put(RawField(1 << 40), -1)
                progress.record(RawField(103)) { $0.put(RawField(1), "x") }
            }
        }
        var expected = ExecutionProgress(dueAt: Self.date)
        expected.status = .succeeded
        #expect(try Self.read(record.bytes) == [.putProgress(Self.executionID, expected)])
    }

    @Test("Unknown changes, statuses and shapes throw an error that names a later format")
    func laterFormat() throws {
        var kind = RecordWriter()
        kind.record(RawField(1000)) { $0.put(RawField(1), Self.jobID) }
        var status = RecordWriter()
        status.record(RawField(6)) { change in
            change.put(RawField(1), Self.executionID)
            change.record(RawField(2)) { $0.put(RawField(1), 7) }
        }
        var shape = RecordWriter()
        shape.record(RawField(4)) { $0.put(RawField(1), "an id as text") }
        for bytes in [kind.bytes, status.bytes, shape.bytes] {
            let error = #expect(throws: RecordFormatError.self) { try Self.read(bytes) }
            #expect(error?.isLaterFormat == true)
        }
    }

    /// How many mutated inputs; `ROTA_INPUTS` asks for more (see Tests/Scripts/store-fuzz).
    static let inputs = ProcessInfo.processInfo.environment["ROTA_INPUTS"].flatMap { Int($0) } ?? 2000

    @Test("Truncated, mutated and random bytes give applicable changes or an error")
    func mutations() throws {
        let records = try Self.changes.map { try Self.write([$0]) }
        for record in records {
            for length in 0..<record.count { _ = try? Self.read(Array(record[..<length])) }
        }
        var random = SplitMix64(seed: UInt64(Self.inputs))
        var state = StoreState()
        // Applying takes a hundred times as long as reading; of very many inputs not every one is applied.
        let applied = max(1, Self.inputs / 200_000)
        for number in 0..<Self.inputs {
            let few = (0..<3).flatMap { _ in records[Int.random(in: 0..<records.count, using: &random)] }
            var bytes = number % 4 == 0 ? [] : few
            if bytes.isEmpty {
                bytes = (0..<Int.random(in: 0..<60, using: &random)).map { _ in
                    UInt8.random(in: 0...255, using: &random)
                }
            } else {
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
            }
            guard number % applied == 0 else {
                bytes.withUnsafeBytes { bytes in try? Change.read(bytes, archive: { _ in }, { _ in }) }
                continue
            }
            bytes.withUnsafeBytes { bytes in
                try? Change.read(bytes, archive: { state.put($0) }, { state.apply($0) })
            }
            if number / applied % 100 == 0 {
                #expect(state.executions.values.count == state.executions.count)
                state = StoreState()
            }
        }
        #expect(throws: RecordFormatError.self) { try Self.read([0xff]) }
        #expect(throws: RecordFormatError.self) { try Self.read([UInt8](repeating: 0xff, count: 30)) }
        #expect(
            try Self.read(Self.write([.putSkip(Self.skip, keeping: -5)])) == [.putSkip(Self.skip, keeping: 0)])
    }

    @Test("Mutated files open or throw an error")
    func mutatedFiles() async throws {
        let files = FaultyFileSystem()
        var script = StoreScript(seed: 8)
        let store = try await FileJobStore(path: "/store", environment: .inMemory(files))
        for step in 1...30 {
            _ = try await script.next().operation.run(on: store)
            if step == 15 { try await store.compact() }
        }
        try await store.close()
        let paths = files.paths.filter { !$0.hasSuffix("LOCK") }
        var random = SplitMix64(seed: UInt64(Self.inputs))
        for _ in 0..<min(Self.inputs / 20, 50_000) {
            let copy = files.copy()
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let path = try #require(paths.randomElement(using: &random))
                var bytes = try #require(copy.bytes(of: path))
                let place = Int.random(in: 0..<max(1, bytes.count), using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0 where !bytes.isEmpty: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.removeSubrange(min(place, bytes.count)...)
                case 2: bytes.insert(contentsOf: bytes[..<(bytes.count / 2)], at: min(place, bytes.count))
                default: bytes.replaceSubrange(min(place, bytes.count)..., with: repeatElement(0, count: place % 99))
                }
                copy.put(bytes, at: path)
            }
            for _ in 0..<2 {
                do {
                    let store = try await FileJobStore(path: "/store", environment: .inMemory(copy))
                    _ = try await StoreContents(store)
                    try await store.close()
                } catch is FileStoreError {}
            }
        }
    }

    @Test("Numbers of every size round-trip")
    func numbers() throws {
        for value in [0, 1, -1, 63, 64, -64, -65, 127, 128, 1 << 31, .max, .min] {
            var writer = RecordWriter()
            writer.put(RawField(3), value)
            try writer.bytes.withUnsafeBytes { bytes in
                var reader = RecordReader(bytes)
                let field = try reader.next()
                let number = try reader.int()
                let end = try reader.next()
                #expect(field == 3 && number == value && end == nil)
            }
        }
    }

    @Test("Records around the length of 128 bytes round-trip")
    func lengths() throws {
        for count in [0, 1, 100, 120, 125, 126, 127, 128, 129, 200, 16_383, 16_384, 70_000] {
            let text = String(repeating: "x", count: count)
            let change = Change.putIdempotencyKey(text, Self.jobID)
            #expect(try Self.read(Self.write([change, change])) == [change, change])
        }
    }
}
