import Foundation
import RotaSchedule
import RotaStore

/// Decides what makes the stored jobs of an owner follow a declaration.
///
/// It only compares values. ``Scheduler/declare(_:owner:generation:orphans:isDryRun:author:)`` reads and writes them.
struct DeclarationPlanner {
    let owner: String
    let generation: Int
    let author: String?

    /// The mark by which a job is found: within its project, its slug, or its name if it has none.
    ///
    /// A draft may also say which job it means.
    private enum Identity: Hashable, CustomStringConvertible {
        case job(JobID)
        case slug(String, project: String?)
        case name(String, project: String?)

        init(_ draft: JobDraft) {
            if let id = draft.declaredJob { self = .job(id) } else { self.init(draft.definition) }
        }

        init(_ definition: JobDefinition) {
            let project = definition.hasExtras ? definition.attributes.project : nil
            if definition.hasExtras, let slug = definition.attributes.slug {
                self = .slug(slug, project: project)
            } else {
                self = .name(definition.name, project: project)
            }
        }

        var description: String {
            switch self {
            case .job(let id): "identifier \(id)"
            case .slug(let slug, nil): "slug \"\(slug)\""
            case .slug(let slug, let project?): "slug \"\(slug)\" in project \"\(project)\""
            case .name(let name, nil): "name \"\(name)\""
            case .name(let name, let project?): "name \"\(name)\" in project \"\(project)\""
            }
        }
    }

    /// Checks that every draft can be told from the others.
    func check(_ drafts: [JobDraft]) throws(SchedulerError) {
        var places: [Identity: Int] = [:]
        for (place, draft) in drafts.enumerated() {
            if let key = draft.idempotencyKey {
                throw SchedulerError(
                    .invalidJob,
                    "Job \"\(draft.definition.name)\": A declared job is found by its slug or its name and takes no "
                        + "idempotency key. Leave it out.", value: key)
            }
            let identity = Identity(draft)
            guard let other = places.updateValue(place, forKey: identity) else { continue }
            throw SchedulerError(
                .invalidJob,
                "Job \(other + 1), \"\(drafts[other].definition.name)\", and job \(place + 1), "
                    + "\"\(draft.definition.name)\", are declared with the same \(identity). Give each a name or a slug "
                    + "of its own.", value: draft.definition.name)
        }
    }

    /// Finds the owner's job that each draft declares: the one with its slug, else the one with its name.
    ///
    /// A draft may also give its job a slug, take it away, or move it to another project. Its job is then the only one
    /// with its name that no draft names exactly: in its project, or else in all of them. Of several, none is taken,
    /// because it may be the wrong one.
    ///
    /// - Returns: For each draft, in order, its job if there is one; and the jobs that no draft declares.
    func match(_ drafts: [JobDraft], with owned: [Job]) -> (jobs: [Job?], orphans: [Job]) {
        var known: [Identity: Job] = [:]
        for job in owned {
            known[.job(job.id)] = job
            known[Identity(job.definition)] = job
        }
        var found: Set<JobID> = []
        var jobs = drafts.map { draft -> Job? in
            guard let job = known[Identity(draft)], found.insert(job.id).inserted else { return nil }
            return job
        }
        for isSameProject in [true, false] {
            let identity = { (definition: JobDefinition) -> Identity in
                .name(definition.name, project: isSameProject ? definition.attributes.project : nil)
            }
            let left = Dictionary(grouping: owned.filter { !found.contains($0.id) }) { identity($0.definition) }
            let open = drafts.indices.filter { jobs[$0] == nil && drafts[$0].declaredJob == nil }
            for (name, places) in Dictionary(grouping: open, by: { identity(drafts[$0].definition) }) {
                guard places.count == 1, let named = left[name], named.count == 1 else { continue }
                found.insert(named[0].id)
                jobs[places[0]] = named[0]
            }
        }
        return (jobs, owned.filter { !found.contains($0.id) })
    }

    /// Plans the change of a job to what a draft says, or returns `nil` if it is so already.
    ///
    /// The job keeps its state, unless it was paused because it was no longer declared, or a state is declared for it.
    /// A job whose schedule has ended stays completed.
    func change(
        of job: Job, to draft: JobDraft, state: JobState? = nil, _ calendars: [String: ScheduleCalendar], at now: Date
    ) throws -> JobReplacement? {
        let isReturning = job.state == .paused && job.scheduleState.reason == Self.orphanReason(owner)
        // A breaker's pause is not what was declared, although lists of jobs show it as their state.
        let state = job.scheduleState.isHeldByBreaker && state == .paused ? nil : state
        let wanted = job.state == .completed ? nil : state ?? (isReturning ? .active : nil)
        let planned = try job.updated(to: draft.definition, calendars, state: wanted, at: now)
        guard planned != nil || job.declaredBy != owner else { return nil }
        var replacement = planned ?? job.replacement(job.scheduleState, at: now)
        replacement.declaredBy = owner
        replacement.author = draft.author ?? author
        return replacement
    }

    /// Plans the pause of a job that is no longer declared, or returns `nil` if it does not fire anyway.
    func pause(of job: Job, at now: Date) throws -> JobReplacement? {
        guard job.scheduleState.allowsFire else { return nil }
        var replacement = try job.paused(reason: Self.orphanReason(owner), until: nil, at: now)
        replacement?.author = author
        return replacement
    }

    /// The reason shown for a job that is paused because it is no longer declared.
    static func orphanReason(_ owner: String) -> String {
        "\"\(owner)\" no longer declares it."
    }
}
