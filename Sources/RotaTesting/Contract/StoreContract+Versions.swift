import Foundation
import RotaStore

extension StoreContract {
    /// Earlier versions of a job are kept.
    static let versions: [Check] = [
        Check("a job's versions are listed in full, newest first") { probe in
            let job = probe.job("one")
            try await probe.insert(job)
            try probe.expect(await probe.store.versions(of: job.id).map(\.version), [1], "versions of a new job")
            let two = try await probe.store.replace(
                probe.change(job, definition: probe.job("two").definition, at: 5, author: "ann"))
            _ = try await probe.store.replace(
                probe.change(two, definition: try fullJob(probe).definition, at: 6, author: "bob"))
            let versions = try await probe.store.versions(of: job.id)
            try probe.expect(versions.map(\.version), [3, 2, 1], "the numbers")
            try probe.expect(
                versions.map(\.definition), [try fullJob(probe).definition, two.definition, job.definition],
                "the definitions")
            try probe.expect(versions.map(\.createdAt), [6, 5, 0].map(probe.at), "the creation dates")
            try probe.expect(versions.map(\.createdBy), ["bob", "ann", nil], "the authors")
        },
        Check("a change of the schedule state alone adds no version") { probe in
            let job = probe.job()
            try await probe.insert(job)
            _ = try await probe.store.replace(probe.change(job) { $0.state = .paused })
            try probe.expect(await probe.store.versions(of: job.id).map(\.version), [1], "the versions")
        },
        Check("the newest 100 earlier versions are kept, and those that executions need") { probe in
            let job = probe.job()
            let execution = probe.execution(of: job, at: 1000)
            try await probe.insert(job, executions: [execution])
            var present = job
            for number in 2...110 {
                present = try await probe.store.replace(
                    probe.change(present, definition: probe.job("version \(number)").definition))
            }
            let kept = try await probe.store.versions(of: job.id).map(\.version)
            try probe.require(
                Set(10...110).isSubset(of: kept), "the present version and 100 earlier ones, but got \(kept)")
            try probe.require(kept.contains(1), "version 1, which a queued execution is pinned to, but got \(kept)")
            try probe.require(kept.count <= 103, "about 100 versions, but \(kept.count) are kept")
            let claim = try await probe.claimOne(at: 1000)
            try probe.expect(claim.job.definition, job.definition, "the definition that the execution runs")
        },
        Check("a pinned execution runs the version it was created with") { probe in
            try await probe.expectVersion(1, with: .pin)
        },
        Check("the latest policy runs the current version") { probe in
            try await probe.expectVersion(2, with: .latest)
        },
        Check("the minor policy runs the current version only if it is backwards compatible") { probe in
            try await probe.expectVersion(1, with: .minor)
            try await probe.expectVersion(2, with: .minor, isCompatible: true)
        },
        Check("an execution keeps the version of its first attempt") { probe in
            let job = probe.job { $0.versionPolicy = .latest }
            let execution = probe.execution(of: job)
            try await probe.insert(job, executions: [execution])
            let claim = try await probe.claimOne()
            try await probe.finish(claim, .retry(at: probe.at(30), after: probe.failure), attempt: probe.attempt(1))
            var definition = job.definition
            definition.name = "later"
            _ = try await probe.store.replace(probe.change(job, definition: definition))
            let again = try await probe.claimOne(at: 30)
            try probe.expect(again.job.version, 1, "the version of the second attempt")
            try probe.expect(again.job.definition, job.definition, "its definition")
        },
    ]
}

extension StoreProbe {
    /// Requires that an execution created with version 1 is claimed with a version after the job was replaced.
    fileprivate func expectVersion(
        _ version: Int, with policy: VersionPolicy, isCompatible: Bool = false
    ) async throws {
        let job = self.job { $0.versionPolicy = policy }
        try await insert(job, executions: [execution(of: job)])
        var definition = job.definition
        definition.name = "later"
        definition.isBackwardsCompatible = isCompatible
        let changed = try await store.replace(change(job, definition: definition))
        let claim = try await claimOne()
        try expect(claim.job.version, version, "the version of the job in the claim")
        try expect(
            claim.job.definition, version == 1 ? job.definition : changed.definition, "the definition in the claim")
        try expect(claim.execution.versionID.version, version, "the version of the execution")
        try expect(await execution(claim.execution.id), claim.execution, "the stored execution")
    }
}
