import Foundation
import RotaStore
import RotaTestSupport
import RotaTesting
import Testing

@Suite("Queries")
struct QueryTests {
    let start = StoreSamples.start

    @Test(
        "Lists of executions agree with a filter over all of them, page by page", .rows("T-96 to T-105"),
        arguments: 1...8)
    func executions(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        func pick<Value>(_ values: [Value]) -> Value? { values.randomElement(using: &random) }
        let store = InMemoryJobStore()
        let jobs = try (1...4).map { try StoreSamples.job($0, retention: .last(100)) }
        _ = try await store.insert(jobs.map { JobInsertion($0) })
        for number in 1...80 {
            var details = ExecutionDetails.none
            if Bool.random(using: &random) { details.tags = ["a": pick(["x", "y"]) ?? "", "b": "z"] }
            if Bool.random(using: &random) { details.concurrencyKey = pick(["k", "l"]) }
            if Bool.random(using: &random) { details.batchID = BatchID(bits: 5) }
            let job = pick(jobs) ?? jobs[0]
            let date = start.addingTimeInterval(Double(Int.random(in: 0...20, using: &random)))
            try await store.enqueue([
                job.execution(
                    id: ExecutionID(bits: UInt128(number)), source: pick([.schedule, .manual]) ?? .manual,
                    scheduledFor: date, createdAt: start, details: details)
            ])
        }
        let claims = await store.claim(
            ClaimRequest(owner: "a", limit: 40, now: start.addingTimeInterval(50), leaseExpiresAt: .distantFuture))
        for claim in claims.prefix(25) {
            _ = await store.finish([
                Completion(
                    executionID: claim.execution.id, token: 1, attempt: nil,
                    next: pick([.succeeded, .canceled]) ?? .canceled, date: start)
            ])
        }
        let all = try await store.allExecutions()
        #expect(all.count == 80)
        for _ in 0..<60 {
            var query = ExecutionQuery(limit: Int.random(in: 1...30, using: &random))
            if Bool.random(using: &random) { query.jobID = pick(jobs)?.id }
            if Bool.random(using: &random) { query.jobIDs = Set(jobs.shuffled(using: &random).prefix(2).map(\.id)) }
            if Bool.random(using: &random) {
                query.statuses = Set(ExecutionStatus.allCases.shuffled(using: &random).prefix(3))
            }
            switch Int.random(in: 0..<8, using: &random) {
            case 0: query.sources = [.manual]
            case 1: query.tags = ["a": "x", "b": "z"]
            case 2: query.batchID = BatchID(bits: 5)
            case 3: query.concurrencyKey = "k"
            case 4: query.jobNameContains = "OB 2"
            default: break
            }
            if Bool.random(using: &random) { query.from = start.addingTimeInterval(5) }
            if Bool.random(using: &random) { query.to = start.addingTimeInterval(15) }
            query.order = pick([.ascending, .descending]) ?? .ascending
            query.sort = pick([.createdAt, .scheduledFor]) ?? .createdAt
            let expected = Self.select(all, query)
            var found: [Execution] = []
            var page = query
            repeat {
                let part = try await store.executions(page)
                #expect(part.items.count <= query.limit)
                found += part.items
                page.after = try part.next.map { try #require(PageCursor($0.description)) }
            } while page.after != nil
            #expect(found.map(\.id) == expected.map(\.id), "\(query)")
            let offset = Int.random(in: 0...40, using: &random)
            let later = try await store.executions(query, offset: offset)
            #expect(later.items.map(\.id) == expected.dropFirst(offset).prefix(query.limit).map(\.id))
        }
        await #expect(throws: StoreError.self) { try await store.executions(ExecutionQuery(), offset: -1) }
        let cursor = PageCursor(after: 3)
        await #expect(throws: StoreError.self) {
            try await store.executions(ExecutionQuery(sort: .scheduledFor, after: cursor))
        }
    }

    static func select(_ all: [Execution], _ query: ExecutionQuery) -> [Execution] {
        let listed = all.filter { execution in
            let details = execution.details
            let holds: [Bool] = [
                query.jobID.map { $0 == execution.jobID } ?? true,
                query.jobIDs.map { $0.contains(execution.jobID) } ?? true,
                query.statuses.map { $0.contains(execution.status) } ?? true,
                query.sources.map { $0.contains(execution.source) } ?? true,
                query.from.map { execution.scheduledFor >= $0 } ?? true,
                query.to.map { execution.scheduledFor < $0 } ?? true,
                query.jobNameContains.map { execution.jobName.lowercased().contains($0.lowercased()) } ?? true,
                query.batchID.map { $0 == details.batchID } ?? true,
                query.concurrencyKey.map { $0 == details.concurrencyKey } ?? true,
                query.tags.allSatisfy { details.tags?[$0.key] == $0.value },
            ]
            return holds.allSatisfy(\.self)
        }
        let sorted = listed.sorted {
            query.sort == .createdAt ? $0.id < $1.id : ($0.scheduledFor, $0.id) < ($1.scheduledFor, $1.id)
        }
        return query.order == .ascending ? sorted : sorted.reversed()
    }

    @Test(
        "Jobs are found by their attributes and states, page by page", .rows("S-19", "S-20", "S-22", "S-26"),
        arguments: 1...4)
    func jobs(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let store = InMemoryJobStore()
        var jobs: [Job] = []
        for number in 1...40 {
            var job = try StoreSamples.job(number, state: JobState.allCases.randomElement(using: &random) ?? .active)
            job.scheduleState.next = [nil, start + 60, start + 120].randomElement(using: &random) ?? nil
            if Bool.random(using: &random) { job.definition.name = "JOB \(number / 3)" }
            job.definition.attributes = JobAttributes(
                slug: Bool.random(using: &random) ? "slug \(number / 2)" : nil,
                project: number.isMultiple(of: 2) ? "p" : nil,
                group: ["g", "h", nil].randomElement(using: &random) ?? nil,
                environment: ["e", nil].randomElement(using: &random) ?? nil,
                tags: Bool.random(using: &random) ? ["t": "1", "u": "\(number % 3)"] : [:])
            jobs.append(job)
        }
        _ = try await store.insert(jobs.map { JobInsertion($0) })
        for _ in 0..<60 {
            var query = JobQuery(
                sort: JobQuery.Sort.allCases.randomElement(using: &random) ?? .name,
                order: [.ascending, .descending].randomElement(using: &random) ?? .ascending,
                limit: Int.random(in: 1...9, using: &random))
            func half() -> Bool { Int.random(in: 0..<3, using: &random) == 0 }
            if half() { query.states = Set(JobState.allCases.shuffled(using: &random).prefix(2)) }
            if half() { query.group = "g" }
            if half() { query.project = "p" }
            if half() { query.environment = "e" }
            if half() { query.tags = ["t": "1", "u": "2"] }
            if half() { query.slug = "slug \(Int.random(in: 0...20, using: &random))" }
            if half() { query.ids = Set(jobs.shuffled(using: &random).prefix(20).map(\.id)) }
            if half() { query.nameContains = "JOB 1" }
            let expected = jobs.filter { job in
                let attributes = job.definition.attributes
                let holds: [Bool] = [
                    query.states.map { $0.contains(job.scheduleState.state) } ?? true,
                    query.group.map { $0 == attributes.group } ?? true,
                    query.project.map { $0 == attributes.project } ?? true,
                    query.environment.map { $0 == attributes.environment } ?? true,
                    query.slug.map { $0 == attributes.slug } ?? true, query.ids.map { $0.contains(job.id) } ?? true,
                    query.tags.allSatisfy { attributes.tags[$0.key] == $0.value },
                    query.nameContains == nil || job.definition.name.lowercased().hasPrefix("job 1"),
                ]
                return holds.allSatisfy(\.self)
            }.sorted { one, other in
                // Jobs without a next run come last in both orders.
                let isAscending = query.order == .ascending
                let (left, right) = isAscending ? (one, other) : (other, one)
                let never = isAscending ? Date.distantFuture : .distantPast
                return switch query.sort {
                case .createdAt: left.id < right.id
                case .name: (left.name.lowercased(), left.id) < (right.name.lowercased(), right.id)
                case .nextRun: (left.nextRunAt ?? never, left.id) < (right.nextRunAt ?? never, right.id)
                }
            }.map(\.id)
            var found: [JobID] = []
            var page = query
            repeat {
                let part = try await store.jobs(page)
                found += part.items.map(\.id)
                page.after = try part.next.map { try #require(PageCursor($0.description)) }
            } while page.after != nil
            #expect(found == expected, "\(query)")
        }
        #expect(try await store.jobs(JobQuery(limit: 7), offset: 30).items.map(\.id) == jobs[30..<37].map(\.id))
    }

    @Test("A slug is unique within its project", .rows("S-22"))
    func slugs() async throws {
        func job(_ number: Int, _ slug: String?, _ project: String?) throws -> Job {
            var job = try StoreSamples.job(number)
            job.definition.attributes = JobAttributes(slug: slug, project: project)
            return job
        }
        let store = InMemoryJobStore()
        _ = try await store.insert([job(1, "a", nil), job(2, "a", "p"), job(3, "b", "p")].map { JobInsertion($0) })
        for taken in [[try job(9, "a", "p")], [try job(9, "c", nil), try job(10, "c", nil)]] {
            let error = await #expect(throws: StoreError.self) {
                try await store.insert(taken.map { JobInsertion($0) })
            }
            #expect(error?.code == .duplicate)
            #expect(await store.job(JobID(bits: 9)) == nil)
        }
        func rename(_ job: Job) async throws {
            _ = try await store.replace(
                JobReplacement(
                    id: job.id, expectedRevision: 1, definition: job.definition, scheduleState: job.scheduleState,
                    date: start))
        }
        let error = await #expect(throws: StoreError.self) { try await rename(job(3, "a", "p")) }
        #expect(error?.code == .duplicate)
        try await rename(job(2, "z", "p"))
        try await rename(job(3, "a", "p"))
        #expect(await store.delete([JobID(bits: 1)]).count == 1)
        _ = try await store.insert([JobInsertion(job(11, "a", nil))])
    }

    @Test("A list with a rare filter continues beyond the records that one page examines")
    func examined() async throws {
        let store = InMemoryJobStore()
        let job = try StoreSamples.job(1)
        _ = try await store.insert([JobInsertion(job)])
        try await store.enqueue(
            (1...10_050).map { number in
                var details = ExecutionDetails.none
                if number == 10_050 { details.concurrencyKey = "rare" }
                return job.execution(
                    id: ExecutionID(bits: UInt128(number)), source: .manual, scheduledFor: start, createdAt: start,
                    details: details)
            })
        var query = ExecutionQuery(order: .ascending)
        query.concurrencyKey = "rare"
        let first = try await store.executions(query)
        #expect(first.items.isEmpty)
        let next: PageCursor = try #require(first.next)
        query.after = next
        let second = try await store.executions(query)
        #expect(second.items.count == 1 && second.next == nil)
        #expect(await store.counts().executions == [.queued: 10_050])
    }

    @Test("A range of dates lists the same executions whichever index it is read from", arguments: 1...6)
    func rangeOfDates(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let store = InMemoryJobStore()
        let jobs = try (1...3).map { try StoreSamples.job($0) }
        _ = try await store.insert(jobs.map { JobInsertion($0) })
        var all: [Execution] = []
        for number in 1...4000 {
            // Most in one minute, so that ranges hold few or thousands.
            let offset = Bool.random(using: &random) ? Double.random(in: 0...60, using: &random) : Double(number)
            let job = jobs[Int.random(in: 0..<3, using: &random)]
            all.append(StoreSamples.execution(number, of: job, at: StoreSamples.start.addingTimeInterval(offset)))
        }
        try await store.enqueue(all)
        for _ in 0..<40 {
            let from = StoreSamples.start.addingTimeInterval(Double.random(in: -5...80, using: &random))
            let to = from.addingTimeInterval([0.001, 0.5, 20, 5000][Int.random(in: 0..<4, using: &random)])
            var query = ExecutionQuery(
                jobID: Bool.random(using: &random) ? jobs[0].id : nil, from: from, to: to,
                sort: Bool.random(using: &random) ? .createdAt : .scheduledFor,
                order: Bool.random(using: &random) ? .ascending : .descending,
                limit: Int.random(in: 1...700, using: &random))
            var expected = all.filter {
                $0.scheduledFor >= from && $0.scheduledFor < to && (query.jobID == nil || $0.jobID == query.jobID)
            }
            let sort = query.sort
            expected.sort { sort == .createdAt ? $0.id < $1.id : ($0.scheduledFor, $0.id) < ($1.scheduledFor, $1.id) }
            if query.order == .descending { expected.reverse() }
            var found: [ExecutionID] = []
            repeat {
                let page = try await store.executions(query)
                found += page.items.map(\.id)
                query.after = page.next
            } while query.after != nil
            #expect(found == expected.map(\.id))
        }
    }
}
