import Foundation
import RotaTesting
import Testing

@testable import RotaStore

/// Operations that name one job twice, of which only one part is carried out.
@Suite struct RepeatedIDTests {
    private static let start = StoreSamples.start

    private static func insertion(_ number: Int, id: Int, key: String?) throws -> JobInsertion {
        let sample = try StoreSamples.job(number)
        let job = Job(
            id: JobID(bits: UInt128(id)), definition: sample.definition, createdAt: start,
            scheduleState: sample.scheduleState)
        return JobInsertion(job, idempotencyKey: key)
    }

    /// The name of job 1 in a store after an operation, and again after it was opened again.
    private static func names(
        after operation: @Sendable (FileJobStore) async throws -> Void
    ) async throws -> [String?] {
        let path = NSTemporaryDirectory() + "repeated-\(UUID())"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let store = try await FileJobStore(directory: URL(filePath: path, directoryHint: .isDirectory))
        _ = try await store.insert([insertion(7, id: 9, key: "known")])
        try await operation(store)
        let before = try await store.job(JobID(bits: 1))?.name
        try await store.close()
        let again = try await FileJobStore(directory: URL(filePath: path, directoryHint: .isDirectory))
        defer { Task { try? await again.close() } }
        return [before, try await again.job(JobID(bits: 1))?.name]
    }

    @Test("A job that is adopted keeps its definition beside an insertion that only returns an earlier job")
    func declared() async throws {
        let names = try await Self.names { store in
            _ = try await store.insert([Self.insertion(1, id: 1, key: nil)])
            let job = try #require(try await store.job(JobID(bits: 1)))
            var adoption = JobReplacement(
                id: job.id, expectedRevision: job.scheduleState.revision, scheduleState: job.scheduleState,
                date: Self.start)
            adoption.declaredBy = "app"
            _ = try await store.declare(
                JobDeclaration(
                    JobOwner("app", generation: 1, revision: 1, declaredAt: Self.start),
                    insertions: [Self.insertion(2, id: 1, key: "known")], replacements: [adoption], deletions: []))
        }
        #expect(names == ["job 1", "job 1"])
    }

    @Test("A job is inserted as it is beside an insertion with its identifier that only returns an earlier job")
    func inserted() async throws {
        let names = try await Self.names { store in
            _ = try await store.insert([
                Self.insertion(1, id: 1, key: nil), Self.insertion(2, id: 1, key: "known"),
            ])
        }
        #expect(names == ["job 1", "job 1"])
    }
}
