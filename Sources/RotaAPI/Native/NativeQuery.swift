import Foundation
import Rota
import RotaCore
import RotaHTTP
import RotaStore

/// Reads what Rota's own routes are asked for.
enum NativeQuery {
    static func jobs(_ query: Query) throws(APIError) -> JobQuery {
        var found = JobQuery(
            states: try query.choices("state", of: JobState.self), nameContains: query.text("search"))
        found.tags = try tags(query)
        found.group = query.text("group")
        found.project = query.text("project")
        found.environment = query.text("environment")
        found.sort = try query.choice("sort", of: JobOrder.self)?.sort ?? .createdAt
        found.order = try query.choice("order", of: ListOrder.self) ?? .ascending
        return found
    }

    private static func tags(_ query: Query) throws(APIError) -> [String: String] {
        var tags: [String: String] = [:]
        // A value may have commas.
        for text in query.all("tag") {
            let parts = text.trimmingCharacters(in: .whitespaces).split(
                separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else {
                throw .invalid("tag", "tag must be a name and a value, such as team:billing.")
            }
            tags[String(parts[0])] = String(parts[1])
        }
        return tags
    }

    static func executions(_ query: Query, _ call: APICall) async throws -> ExecutionQuery {
        var found = ExecutionQuery()
        found.statuses = try query.choices("status", of: ExecutionStatus.self)
        let sources = query.list("source")
        if !sources.isEmpty { found.sources = try await Self.sources(sources, call) }
        found.from = try query.date("from", now: call.now)
        found.to = try query.date("to", now: call.now)
        found.jobNameContains = query.text("search")
        found.tags = try tags(query)
        found.isDeadLetter = try query.bool("dead")
        if let job = query.text("job") { found.jobID = try await call.find(job).id }
        found.sort = try query.choice("sort", of: ExecutionQuery.Sort.self) ?? .createdAt
        found.order = try query.choice("order", of: ListOrder.self) ?? .descending
        return found
    }

    /// Reads sources of executions: those of the engine, and those that an app gave some execution.
    private static func sources(_ names: [String], _ call: APICall) async throws -> Set<ExecutionSource> {
        let known: [ExecutionSource] = [.schedule, .manual, .replay, .backfill, .chain, .notification]
        let asked = Set(names.map { ExecutionSource(rawValue: $0) })
        for source in asked.subtracting(known) {
            let query = ExecutionQuery(limit: 1).with { $0.sources = [source] }
            guard try await call.scheduler.executions(query).items.isEmpty else {
                continue
            }
            let words = known.map(\.rawValue)
            let meant = Spelling.meant(by: source.rawValue, among: words).map { " Did you mean \($0)?" } ?? ""
            throw APIError.invalid(
                "source",
                "No execution has the source \"\(source.rawValue.prefix(scalars: 64))\".\(meant) "
                    + "The scheduler's own are \(words.joined(separator: ", ")).")
        }
        return asked
    }

    /// A new job: `definition`, and perhaps `state` and `idempotencyKey`.
    ///
    /// - Parameters:
    ///   - known: Further members that the body may have.
    ///   - mayBeCompleted: Whether the state may be completed, which says nothing about a job that exists.
    ///   - present: The job that the draft describes, whose credentials stand in place of the marks.
    static func draft(
        _ fields: Fields, alsoKnown known: Set<String> = [], mayBeCompleted: Bool = false,
        of present: (JobDefinition) -> Job? = { _ in nil }
    ) throws -> JobDraft {
        try fields.refuseOthers(than: draftMembers.union(known))
        guard let definition = fields.json("definition") else {
            throw fields.fail("definition", "\(fields.place("definition")) is required.")
        }
        let place = fields.place("definition")
        try NativeMembers.check(definition, at: place)
        try Credentials.refuseMarks(in: definition)
        let old = present(try definition.decode(JobDefinition.self, at: place))?.action.request
        let new = try Credentials.restored(in: definition, from: old?.headers).decode(JobDefinition.self, at: place)
        try Credentials.checkMove(from: old, to: new.action.request, body: Data(definition.text.utf8))
        let isCompleted = try mayBeCompleted && fields.text("state") == JobState.completed.rawValue
        return JobDraft(
            new, state: try isCompleted ? .active : state(fields) ?? .active,
            idempotencyKey: try fields.text("idempotencyKey", length: 1...Schema.longestKey))
    }

    /// The members of a new job.
    static let draftMembers: Set<String> = ["definition", "state", "idempotencyKey"]

    /// Reads a state that a client may ask for, or also that of a job which is completed.
    static func state(_ fields: Fields, mayBeCompleted: Bool = false) throws(APIError) -> JobState? {
        guard let text = try fields.text("state") else { return nil }
        guard let state = JobState(rawValue: text), state != .completed || mayBeCompleted else {
            throw fields.fail("state", "state must be active, paused or draft.")
        }
        return state
    }
}

/// By what Rota's own list of jobs is sorted.
enum JobOrder: String, CaseIterable {
    case created
    case name
    case next

    var sort: JobQuery.Sort {
        switch self {
        case .created: .createdAt
        case .name: .name
        case .next: .nextRun
        }
    }
}

extension APICall {
    /// The job that the path names.
    func foundJob() async throws -> Job {
        let job = try await find(parameter("id"))
        try checkMatch(job)
        return job
    }

    /// The job that the path names, for a change that tells its repetitions by their idempotency key.
    func foundJobToChange(_ fields: Fields) async throws -> Job {
        let job = try await find(parameter("id"))
        if try idempotencyKey(fields) == nil { try checkMatch(job) }
        return job
    }

    /// Finds a job by its identifier, the beginning of it, its slug or its name, if only one job has it.
    func find(_ text: String) async throws -> Job {
        if let id = JobID(text) { return try await scheduler.job(id) }
        var found = try await scheduler.jobs(JobQuery(limit: 2).with { $0.slug = text }).items
        if found.isEmpty {
            found = try await allJobs(JobQuery(nameContains: text), atLeast: 2) { $0.definition.name == text }
        }
        // The beginning of an identifier: those of jobs created within a minute have their first eight digits in
        // common.
        if found.isEmpty, text.count >= 4, text.allSatisfy({ $0.isHexDigit || $0 == "-" }) {
            found = try await allJobs(atLeast: 2) { $0.id.description.hasPrefix(text.lowercased()) }
        }
        if found.count == 1 { return found[0] }
        guard found.isEmpty else {
            throw APIError(.conflict, "Several jobs are called \"\(text.prefix(scalars: 64))\". Give an identifier.")
        }
        throw APIError(.notFound, "There is no job with the identifier, slug or name \"\(text.prefix(scalars: 64))\".")
    }

    /// Finds an execution by its identifier.
    func foundExecution() async throws -> Execution {
        guard let id = ExecutionID(parameter("id")) else {
            throw APIError(.notFound, "There is no execution \"\(parameter("id").prefix(scalars: 64))\".")
        }
        return try await scheduler.execution(id)
    }
}
