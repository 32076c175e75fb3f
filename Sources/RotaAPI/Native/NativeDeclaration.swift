import Foundation
import Rota
import RotaHTTP
import RotaStore

/// The jobs of a declaration, each with the job that it means.
///
/// An exported list names the jobs by their identifiers, has marks in place of the credentials that they hold, and may
/// have completed ones. Applied to the server that wrote it, it means the same jobs; on another, new ones.
struct NativeDeclaration {
    private(set) var drafts: [JobDraft] = []
    /// The state that each of them is to have, also if it exists; `nil` if none is written down.
    private(set) var states: [JobState?] = []
    /// The states of the jobs that exist, before the declaration.
    private(set) var before: [JobID: JobState] = [:]
    /// The owner's jobs, before the declaration.
    let owned: [Job]
    /// The jobs that were left out, each with the reason.
    private(set) var remarks: [String] = []

    /// The members of a declared job that a new one does not have.
    private static let known: Set<String> = ["id"]

    init(of jobs: [JSONValue], by owner: String, _ call: APICall) async throws {
        let all = try jobs.enumerated().map { place, job in try Fields(job, path: "jobs[\(place)]") }
        let ids = Set(try all.compactMap { try $0.text("id").flatMap { JobID($0) } })
        let meant = ids.isEmpty ? [] : try await call.allJobs(JobQuery().with { $0.ids = ids })
        let byID = Dictionary(meant.map { ($0.id, $0) }) { first, _ in first }
        owned = try await call.allJobs(JobQuery(declaredBy: owner))
        let bySlug = Dictionary(owned.map { (Self.key($0.definition), $0) }) { first, _ in first }
        for job in meant + owned { before[job.id] = job.state }
        for fields in all {
            try fields.refuseOthers(than: NativeQuery.draftMembers.union(Self.known))
            var present = try fields.text("id").flatMap { JobID($0) }.flatMap { byID[$0] }
            let id = present?.id
            if present == nil, let definition = fields.json("definition") {
                present = try await Self.present(definition, at: fields.place("definition"), bySlug, call)
            }
            if try fields.text("state") == "completed" {
                guard present != nil else {
                    let name = fields.json("definition")?["name"]?.text ?? "A job"
                    remarks.append("left out: \(name) is completed, so it never runs again")
                    continue
                }
            }
            if let present { before[present.id] = present.state }
            var draft = try NativeQuery.draft(fields, alsoKnown: Self.known, mayBeCompleted: true) { _ in present }
            try await call.checkSecrets(in: draft.definition, of: present?.definition, at: fields.place("definition"))
            draft.declaredJob = id
            drafts.append(draft)
            states.append(try fields.text("state") == "completed" ? nil : NativeQuery.state(fields))
        }
    }

    /// The job that has the slug or the name of a definition: one of the owner's, or one without an owner.
    private static func present(
        _ definition: JSONValue, at place: String, _ owned: [[String?]: Job], _ call: APICall
    ) async throws -> Job? {
        let read: JobDefinition
        do { read = try definition.decode(JobDefinition.self, at: place) } catch {
            // The mistake is reported where the definition is read again, misspelled members first.
            return nil
        }
        if let job = owned[key(read)] { return job }
        guard let slug = read.attributes.slug else { return nil }
        let found = try await call.scheduler.findJob(slug: slug, project: read.attributes.project)
        return found.flatMap { $0.declaredBy == nil ? $0 : nil }
    }

    private static func key(_ definition: JobDefinition) -> [String?] {
        [definition.attributes.project, definition.attributes.slug ?? definition.name]
    }
}
