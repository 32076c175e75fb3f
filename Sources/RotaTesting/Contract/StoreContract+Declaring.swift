import Foundation
import RotaStore

extension StoreContract {
    /// A declaration makes an owner's jobs follow it, all in one step.
    static let declaring: [Check] = [
        Check("a declaration inserts, replaces and deletes in one step, and records its owner") { probe in
            let (kept, gone, new) = (probe.job("kept"), probe.job("gone"), probe.declared("new", by: "app"))
            try await probe.insert(kept, gone)
            var change = probe.change(kept, definition: probe.job("changed").definition)
            change.declaredBy = "app"
            let owner = JobOwner("app", generation: 7, declaredAt: probe.at(5))
            try probe.expect(await probe.store.owner("app"), nil, "an owner without a declaration")
            let jobs = try await probe.store.declare(
                JobDeclaration(
                    owner, insertions: [JobInsertion(new, executions: [probe.execution(of: new)])],
                    replacements: [change], deletions: [gone.id, JobID(bits: probe.id())]))
            try probe.expect(jobs.map(\.id), [new.id, kept.id], "the inserted and the replaced jobs")
            for job in jobs { try probe.expect(await probe.job(job.id), job, "a declared job") }
            try probe.expect(jobs.map(\.declaredBy), ["app", "app"], "their owners")
            try probe.expect(jobs.map(\.definition.name), ["new", "changed"], "their names")
            try probe.expect(jobs.map(\.version), [1, 2], "their versions")
            try probe.expect(await probe.executions().map(\.jobID), [new.id], "the first executions")
            try probe.expect(await probe.store.job(gone.id), nil, "the deleted job")
            try probe.expect(await probe.store.owner("app"), owner, "the owner")
            try probe.expect(await probe.store.owner("other"), nil, "another owner")
        },
        Check("a declaration from an old revision of its owner changes nothing") { probe in
            let (first, second) = (probe.declared("first", by: "app"), probe.declared("second", by: "app"))
            let owner = JobOwner("app", generation: 1, declaredAt: probe.at(5))
            _ = try await probe.store.declare(JobDeclaration(owner, insertions: [JobInsertion(first)]))
            for revision in [1, 3] {
                try await probe.expect(.conflict, "a declaration with the revision \(revision)") {
                    _ = try await probe.store.declare(
                        JobDeclaration(
                            JobOwner("app", generation: 2, revision: revision, declaredAt: probe.at(6)),
                            insertions: [JobInsertion(second)], deletions: [first.id]))
                }
            }
            try probe.expect(await probe.store.owner("app"), owner, "the owner")
            try probe.expect(await probe.store.jobs(JobQuery()).items, [first], "the jobs")
        },
        Check("a declaration with a job that changed or is gone changes nothing") { probe in
            let (changed, new) = (probe.job("changed"), probe.declared("new", by: "app"))
            try await probe.insert(changed)
            let now = try await probe.store.replace(probe.change(changed))
            for job in [changed, probe.job("gone")] {
                try await probe.expect(.conflict, "a declaration with the job \"\(job.name)\"") {
                    _ = try await probe.store.declare(
                        JobDeclaration(
                            JobOwner("app", generation: 1, declaredAt: probe.at(6)), insertions: [JobInsertion(new)],
                            replacements: [probe.change(job)]))
                }
            }
            try probe.expect(await probe.store.owner("app"), nil, "the owner")
            try probe.expect(await probe.store.jobs(JobQuery()).items, [now], "the jobs")
        },
        Check("a declaration with a taken slug changes nothing") { probe in
            var (taken, other, new) = (probe.job("taken"), probe.job("other"), probe.declared("new", by: "app"))
            taken.definition.attributes.slug = "slug"
            try await probe.insert(taken, other)
            let free = probe.declared("free", by: "app")
            new.definition.attributes.slug = "slug"
            let owner = JobOwner("app", generation: 1, declaredAt: probe.at(6))
            let declarations = [
                JobDeclaration(owner, insertions: [JobInsertion(new)], replacements: [probe.change(other)]),
                JobDeclaration(
                    owner, insertions: [JobInsertion(free)],
                    replacements: [probe.change(other, definition: new.definition)]),
            ]
            for declaration in declarations {
                try await probe.expect(.duplicate, "a declaration with a taken slug") {
                    _ = try await probe.store.declare(declaration)
                }
            }
            try probe.expect(await probe.store.owner("app"), nil, "the owner")
            try probe.expect(await probe.store.jobs(JobQuery()).items, [taken, other], "the jobs")
        },
        Check("jobs are listed by the owner that declared them") { probe in
            let jobs = [
                probe.declared("a", by: "app"), probe.job("b"), probe.declared("c", by: "other"),
                probe.declared("d", by: "app"),
            ]
            _ = try await probe.store.insert(jobs.map { JobInsertion($0) })
            let listed = try await probe.store.jobs(JobQuery(declaredBy: "app"))
            try probe.expect(listed.items, [jobs[0], jobs[3]], "the jobs that an owner declared")
            let first = try await probe.store.jobs(JobQuery(declaredBy: "app", limit: 1))
            let rest = try await probe.store.jobs(JobQuery(declaredBy: "app", limit: 9, after: first.next))
            try probe.expect(first.items + rest.items, [jobs[0], jobs[3]], "the jobs, page by page")
            try probe.expect(await probe.store.jobs(JobQuery(declaredBy: "none")).items, [], "the jobs of no owner")
        },
    ]
}

extension StoreProbe {
    /// Returns a new job that an owner declares.
    fileprivate func declared(_ name: String, by owner: String) -> Job {
        var job = job(name)
        job.declaredBy = owner
        return job
    }
}
