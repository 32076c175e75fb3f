import Foundation
import RotaStore

extension StoreContract {
    /// What a job was once is remembered.
    static let versions: [Check] = [
        Check("S-11 the versions of a job are listed whole, the newest first") { probe in
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
            try probe.expect(versions.map(\.createdAt), [6, 5, 0].map(probe.at), "when each was made")
            try probe.expect(versions.map(\.createdBy), ["bob", "ann", nil], "who made each")
        },
        Check("a change of the schedule state alone makes no version") { probe in
            let job = probe.job()
            try await probe.insert(job)
            _ = try await probe.store.replace(probe.change(job) { $0.state = .paused })
            try probe.expect(await probe.store.versions(of: job.id).map(\.version), [1], "the versions")
        },
        Check("of earlier versions the newest 100 are kept, and those that executions need") { probe in
            let job = probe.job()
            let run = probe.run(of: job, at: 1000)
            try await probe.insert(job, runs: [run])
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
        Check("SX-7 a pinned execution runs the version that it was made with") { probe in
            try await probe.expectVersion(1, with: .pin)
        },
        Check("SX-7 an execution of the latest policy runs the present version") { probe in
            try await probe.expectVersion(2, with: .latest)
        },
        Check("SX-7 the minor policy takes the present version only if it is backwards compatible") { probe in
            try await probe.expectVersion(1, with: .minor)
            try await probe.expectVersion(2, with: .minor, isCompatible: true)
        },
        Check("TX-4 an execution keeps the version of its first attempt") { probe in
            let job = probe.job { $0.versionPolicy = .latest }
            let run = probe.run(of: job)
            try await probe.insert(job, runs: [run])
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
    /// Requires that an execution made with version 1 is handed out with a version after the job was changed.
    fileprivate func expectVersion(
        _ version: Int, with policy: VersionPolicy, isCompatible: Bool = false
    ) async throws {
        let job = self.job { $0.versionPolicy = policy }
        try await insert(job, runs: [run(of: job)])
        var definition = job.definition
        definition.name = "later"
        definition.isBackwardsCompatible = isCompatible
        let changed = try await store.replace(change(job, definition: definition))
        let claim = try await claimOne()
        try expect(claim.job.version, version, "the version of the job in the claim")
        try expect(
            claim.job.definition, version == 1 ? job.definition : changed.definition, "the definition in the claim")
        try expect(claim.execution.versionID.version, version, "the version that the execution says it runs")
        try expect(await execution(claim.execution.id), claim.execution, "the execution that is kept")
    }
}
