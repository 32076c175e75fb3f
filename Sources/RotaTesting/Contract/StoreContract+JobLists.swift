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
}
