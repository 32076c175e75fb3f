import Foundation
import RotaStore
import RotaTestSupport
import RotaTesting
import Testing

/// Exports that were tampered with.
@Suite struct StoreImportTests {
    private func check(_ records: [StoredRecord]) async throws -> StoreImportError? {
        let coder = ExchangeCoder()
        let lines =
            [ExchangeLine.format(version: 1)] + records.map { .record($0) } + [.end(records: records.count)]
        let texts = try lines.map { String(decoding: try coder.text($0), as: UTF8.self) }
        let store = InMemoryJobStore()
        do {
            try await store.importRecords(AsyncStream(texts))
            return nil
        } catch let error as StoreImportError {
            return error
        }
    }

    @Test("Two jobs of a project with the same slug are not imported", .rows("S-22"))
    func slugs() async throws {
        var (one, two) = (try StoreSamples.job(1), try StoreSamples.job(2))
        one.definition.attributes.slug = "same"
        two.definition.attributes.slug = "same"
        let error = try #require(try await check([.job(one), .job(two)]))
        #expect(error.code == .inconsistentRecord)
        two.definition.attributes.project = "other"
        #expect(try await check([.job(one), .job(two)]) == nil)
    }

    @Test("Jobs that depend on each other are not imported", .rows("S-15"))
    func cycles() async throws {
        let (one, two) = (try StoreSamples.job(1), try StoreSamples.job(2))
        func wait(_ number: Int, _ job: Job, for other: Job) -> StoredRecord {
            .dependency(
                JobDependency(
                    id: DependencyID(bits: UInt128(number)), jobID: job.id, dependsOn: other.id,
                    createdAt: StoreSamples.start))
        }
        let jobs: [StoredRecord] = [.job(one), .job(two)]
        #expect(try await check(jobs + [wait(1, one, for: two)]) == nil)
        let circle = try #require(try await check(jobs + [wait(1, one, for: two), wait(2, two, for: one)]))
        #expect(circle.code == .inconsistentRecord)
        let itself = try #require(try await check(jobs + [wait(1, one, for: one)]))
        #expect(itself.code == .inconsistentRecord)
    }

    @Test("A running execution without a lease is not imported")
    func runningForEver() async throws {
        let job = try StoreSamples.job(1)
        var run = StoreSamples.execution(1, of: job, at: StoreSamples.start)
        run.progress.status = .running
        #expect(try await check([.job(job), .execution(run)])?.code == .inconsistentRecord)
        run.progress.lease = Lease(owner: "a", token: 1, expiresAt: StoreSamples.start)
        #expect(try await check([.job(job), .execution(run)]) == nil)
    }
}
