import Foundation
import RotaStore

extension StoreContract {
    /// Jobs are found and listed page by page.
    static let jobLists: [Check] = [
        Check("jobs are listed in full, oldest first") { probe in
            let jobs = (1...5).map { probe.job("job \($0)") }
            _ = try await probe.store.insert(jobs.reversed().map { JobInsertion($0) })
            let page = try await probe.store.jobs(JobQuery())
            try probe.expect(page.items, jobs, "the jobs")
            try probe.expect(page.next, nil, "the next page")
        },
        Check("pages of jobs have no gaps or repetitions") { probe in
            let jobs = (1...7).map { probe.job("job \($0)") }
            _ = try await probe.store.insert(jobs.map { JobInsertion($0) })
            var query = JobQuery(limit: 3)
            var names: [[String]] = []
            repeat {
                let page = try await probe.store.jobs(query)
                names.append(page.items.map(\.name))
                query.after = page.next.flatMap { PageCursor($0.description) }
            } while query.after != nil && names.count < 10
            try probe.expect(names.map(\.count), [3, 3, 1], "the lengths of the pages")
            try probe.expect(names.flatMap(\.self), jobs.map(\.name), "all jobs")
        },
        Check("a cursor keeps its place while jobs are added and deleted") { probe in
            let jobs = (1...6).map { probe.job("job \($0)") }
            _ = try await probe.store.insert(jobs.map { JobInsertion($0) })
            let first = try await probe.store.jobs(JobQuery(limit: 3))
            _ = try await probe.store.delete([jobs[0].id, jobs[2].id, jobs[3].id])
            try await probe.insert(probe.job("new"))
            let second = try await probe.store.jobs(JobQuery(limit: 3, after: first.next))
            try probe.expect(second.items.map(\.name), ["job 5", "job 6", "new"], "the second page")
        },
        Check("jobs are listed by name in any case, and by next run with those without one last") { probe in
            var jobs = [
                probe.job("Beta", next: 300), probe.job("alpha", next: 100), probe.job("ALPHA", next: 300),
                probe.job("Ärger", next: 200), probe.job("zero", next: nil),
                probe.job("gamma", state: .paused, next: 50),
                probe.job("50% off", state: .draft),
            ]
            // A paused job is due at the date at which it resumes, and runs at none.
            jobs[5].scheduleState.resumesAt = probe.at(40)
            _ = try await probe.store.insert(jobs.map { JobInsertion($0) })
            let orders: [(JobQuery.Sort, [Int])] = [
                (.createdAt, [0, 1, 2, 3, 4, 5, 6]), (.name, [6, 1, 2, 0, 5, 4, 3]), (.nextRun, [1, 3, 0, 2, 4, 5, 6]),
            ]
            for (sort, places) in orders {
                for order in RotaStore.ListOrder.allCases {
                    var query = JobQuery(sort: sort, order: order, limit: 2)
                    var names: [String] = []
                    repeat {
                        let page = try await probe.store.jobs(query)
                        names += page.items.map(\.name)
                        query.after = page.next.flatMap { PageCursor($0.description) }
                    } while query.after != nil && names.count < 20
                    var expected = order == .ascending ? places : places.reversed()
                    if sort == .nextRun, order == .descending { expected = expected.suffix(4) + expected.prefix(3) }
                    try probe.expect(names, expected.map { jobs[$0].name }, "by \(sort), \(order)")
                }
                try probe.expect(
                    await probe.store.jobs(JobQuery(states: [.active], sort: sort)).items.map(\.name),
                    places.filter { $0 < 5 }.map { jobs[$0].name }, "the active ones by \(sort)")
            }
        },
        Check("a sorted list misses and repeats no job that stays in place while others change") { probe in
            var jobs = (0..<6).map { probe.job("job \($0)", next: Double($0) * 100 + 100) }
            _ = try await probe.store.insert(jobs.map { JobInsertion($0) })
            for sort in [JobQuery.Sort.name, .nextRun] {
                let first = try await probe.store.jobs(JobQuery(sort: sort, limit: 3))
                try probe.expect(first.items.map(\.name), jobs.prefix(3).map(\.name), "the first page by \(sort)")
                // The last job of the page moves to the front, its first one and the first of the next page to the end.
                let moves = [
                    (2, probe.job("a", next: 10)), (0, probe.job("z", next: 900)), (3, probe.job("zz", next: 1000)),
                ]
                for (place, other) in moves {
                    let replacement = JobReplacement(
                        id: jobs[place].id, expectedRevision: jobs[place].scheduleState.revision,
                        definition: other.definition, scheduleState: other.scheduleState, date: probe.at(1))
                    jobs[place] = try await probe.store.replace(replacement)
                }
                let second = try await probe.store.jobs(JobQuery(sort: sort, limit: 9, after: first.next))
                try probe.expect(second.items.map(\.name), ["job 4", "job 5", "z", "zz"], "the second page by \(sort)")
                _ = try await probe.store.delete(jobs.map(\.id))
                jobs = (0..<6).map { probe.job("job \($0)", next: Double($0) * 100 + 100) }
                _ = try await probe.store.insert(jobs.map { JobInsertion($0) })
            }
        },
        Check("the cursor of a list in another order is refused") { probe in
            _ = try await probe.store.insert((0..<2).map { JobInsertion(probe.job("job \($0)")) })
            let cursor = try await probe.store.jobs(JobQuery(limit: 1)).next
            for sort in [JobQuery.Sort.name, .nextRun] {
                try await probe.expect(.invalidQuery, "a cursor by creation in a list by \(sort)") {
                    _ = try await probe.store.jobs(JobQuery(sort: sort, after: cursor))
                }
            }
        },
        Check("a page has from 1 to 1,000 jobs") { probe in
            try await probe.insert(probe.job())
            for limit in [0, -1, 1001, .max, .min] {
                try await probe.expect(.invalidQuery, "a page of \(limit) jobs") {
                    _ = try await probe.store.jobs(JobQuery(limit: limit))
                }
            }
            try probe.expect(await probe.store.jobs(JobQuery(limit: 1000)).items.count, 1, "the number of jobs")
        },
        Check("jobs are found by state and by a part of the name") { probe in
            let jobs = [
                probe.job("Daily report"), probe.job("weekly REPORT", state: .paused), probe.job("Übersicht"),
                probe.job("clean-up", state: .draft), probe.job("50% _off_"),
            ]
            _ = try await probe.store.insert(jobs.map { JobInsertion($0) })
            func names(_ query: JobQuery) async throws -> [String] {
                try await probe.store.jobs(query).items.map(\.name)
            }
            try probe.expect(
                await names(JobQuery(states: [.paused, .draft])), ["weekly REPORT", "clean-up"], "by states")
            try probe.expect(
                await names(JobQuery(nameContains: "report")), ["Daily report", "weekly REPORT"], "by a part of a name")
            try probe.expect(await names(JobQuery(nameContains: "übers")), ["Übersicht"], "by a letter with an accent")
            try probe.expect(await names(JobQuery(nameContains: "0%")), ["50% _off_"], "by a percent sign")
            try probe.expect(await names(JobQuery(nameContains: "y_r")), [], "by an underscore")
            try probe.expect(await names(JobQuery(nameContains: "")), jobs.map(\.name), "by an empty text")
            try probe.expect(
                await names(JobQuery(states: [.active], nameContains: "REPORT")), ["Daily report"], "by both")
            try probe.expect(await names(JobQuery(states: [])), [], "by no state")
        },
    ]
    /// Executions are found and listed page by page.
    static let executionLists: [Check] = [
        Check("executions are listed in the order of their creation, newest first by default") { probe in
            let job = probe.job()
            let executions = [3.0, 1, 2].map { probe.execution(of: job, at: $0) }
            try await probe.insert(job, executions: executions)
            let newest = try await probe.store.executions(ExecutionQuery())
            try probe.expect(newest.items, executions.reversed(), "the newest first")
            try probe.expect(newest.next, nil, "the next page")
            let oldest = try await probe.store.executions(ExecutionQuery(order: .ascending))
            try probe.expect(oldest.items, executions, "the oldest first")
        },
        Check("pages of executions have no gaps or repetitions in either order") { probe in
            let (job, other) = (probe.job(), probe.job())
            let executions = (0..<7).map { probe.execution(of: job, at: Double(7 - $0)) }
            try await probe.insert(job, executions: executions)
            try await probe.insert(other, executions: [probe.execution(of: other)])
            for order in [ExecutionQuery.Order.ascending, .descending] {
                var query = ExecutionQuery(jobID: job.id, order: order, limit: 3)
                var pages: [[ExecutionID]] = []
                repeat {
                    let page = try await probe.store.executions(query)
                    pages.append(page.items.map(\.id))
                    query.after = page.next.flatMap { PageCursor($0.description) }
                } while query.after != nil && pages.count < 10
                try probe.expect(pages.map(\.count), [3, 3, 1], "the lengths of the pages, \(order)")
                let expected = order == .ascending ? executions : executions.reversed()
                try probe.expect(pages.flatMap(\.self), expected.map(\.id), "all executions, \(order)")
            }
        },
        Check("a cursor keeps its place while executions are added") { probe in
            let job = probe.job()
            let executions = (0..<6).map { probe.execution(of: job, at: Double($0)) }
            try await probe.insert(job, executions: executions)
            let first = try await probe.store.executions(ExecutionQuery(limit: 3))
            try probe.expect(first.items.map(\.id), executions.suffix(3).reversed().map(\.id), "the first page")
            try await probe.store.enqueue([probe.execution(of: job)])
            let second = try await probe.store.executions(ExecutionQuery(limit: 3, after: first.next))
            try probe.expect(second.items.map(\.id), executions.prefix(3).reversed().map(\.id), "the second page")
        },
        Check("a page has from 1 to 1,000 executions") { probe in
            let job = probe.job()
            try await probe.insert(job, executions: [probe.execution(of: job)])
            for limit in [0, -1, 1001, .max, .min] {
                try await probe.expect(.invalidQuery, "a page of \(limit) executions") {
                    _ = try await probe.store.executions(ExecutionQuery(limit: limit))
                }
            }
            try probe.expect(
                await probe.store.executions(ExecutionQuery(limit: 1000)).items.count, 1, "the number of executions")
        },
        Check("executions are found by job, status, date, name and all of them") { probe in
            let (job, other) = (probe.job("Daily report"), probe.job("clean-up"))
            let executions = (1...4).map { probe.execution(of: job, at: Double($0) * 100) }
            let others = [probe.execution(of: other, at: 50), probe.execution(of: other, at: 250)]
            try await probe.insert(job, executions: executions)
            try await probe.insert(other, executions: others)
            let claims = try await probe.claim(2, at: 100)
            try probe.expect(claims.map(\.execution.id), [others[0].id, executions[0].id], "the claims")
            try await probe.finish(claims[1], .failed(probe.failure), at: 110)
            func found(_ query: ExecutionQuery) async throws -> [ExecutionID] {
                try await probe.executions(query).map(\.id)
            }
            try probe.expect(await found(ExecutionQuery(jobID: other.id)), others.map(\.id), "by job")
            try probe.expect(
                await found(ExecutionQuery(statuses: [.failed, .running])), [executions[0].id, others[0].id],
                "by statuses")
            try probe.expect(await found(ExecutionQuery(statuses: [])), [], "by no status")
            try probe.expect(
                await found(ExecutionQuery(from: probe.at(200))),
                [executions[1], executions[2], executions[3], others[1]].map(\.id),
                "from a date")
            try probe.expect(
                await found(ExecutionQuery(to: probe.at(200))), [executions[0].id, others[0].id], "before a date")
            try probe.expect(
                await found(ExecutionQuery().with { $0.jobNameContains = "REPORT" }), executions.map(\.id),
                "by a part of the name")
            try probe.expect(
                await found(
                    ExecutionQuery(jobID: job.id, statuses: [.queued], from: probe.at(200), to: probe.at(400)).with {
                        $0.jobNameContains = "daily"
                    }), [executions[1].id, executions[2].id], "by all criteria")
        },
        Check("an execution keeps its job's name") { probe in
            let job = probe.job("before")
            try await probe.insert(job, executions: [probe.execution(of: job)])
            _ = try await probe.store.replace(probe.change(job, definition: probe.job("after").definition))
            try probe.expect(
                await probe.executions(ExecutionQuery().with { $0.jobNameContains = "before" }).count, 1,
                "by the old name")
            try probe.expect(
                await probe.executions(ExecutionQuery().with { $0.jobNameContains = "after" }).count, 0,
                "by the new name")
        },
    ]
}
