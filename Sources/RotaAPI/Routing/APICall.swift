import Foundation
import Rota
import RotaCore
import RotaHTTP
import RotaStore
import Synchronization

/// A request that was recognized and allowed, with all that answering it needs.
struct APICall: Sendable {
    let api: APIContext
    let request: APIRequest
    let operation: APIOperation
    let caller: Caller
    /// The values of the path's parameters.
    let parameters: [String: String]
    let query: Query
    /// The body, or `nil` if there is none.
    let json: JSONValue?
    /// When the request arrived, by the scheduler's clock.
    let now: Date
    let requestID: String
    /// How identifiers are written.
    let ids: IdentifierForm
    /// The header fields that the route obeys.
    ///
    /// Others have no effect.
    let obeys: Route.Conditions
    /// Whether the same request was made before.
    let repetition = Repetition()

    var scheduler: Scheduler { api.scheduler }

    /// The body as an object, without members if there is no body.
    func fields() throws(APIError) -> Fields {
        try Fields(json ?? .object([]))
    }

    func parameter(_ name: String) -> String { parameters[name] ?? "" }

    /// Throws once the request has taken too long.
    ///
    /// Calls that repeat a step check it before each.
    func checkTime() throws {
        try Task.checkCancellation()
        guard scheduler.now.timeIntervalSince(now) < api.timeLimit.inSeconds else {
            throw APIError(
                .unavailable, "The request took longer than \(api.timeLimit.text). Ask for less at a time.")
        }
    }

    // MARK: Records

    func jobID(_ name: String = "id") throws(APIError) -> JobID {
        guard let id = ids.job(parameter(name)) else { throw .missing("job") }
        return id
    }

    func executionID(_ name: String = "execution") throws(APIError) -> ExecutionID {
        guard let id = ids.execution(parameter(name)) else { throw .missing("execution") }
        return id
    }

    /// The job that the path names, in the revision that the client states, if it states any.
    func job() async throws -> Job {
        let job = try await anyJob()
        try checkMatch(job)
        return job
    }

    /// The job that the path names, in any revision.
    ///
    /// For a trigger, which looks at its idempotency key before the revision.
    func anyJob() async throws -> Job {
        let id = try jobID()
        return try await named("job", parameter("id")) { try await scheduler.job(id) }
    }

    /// The job that the path names, for a change that tells its repetitions by their idempotency key.
    ///
    /// With a key, the revision that the client states is checked with the change: a change that is repeated is based
    /// on a revision that it ended itself.
    func jobToChange(_ fields: Fields?) async throws -> Job {
        let job = try await anyJob()
        if try idempotencyKey(fields) == nil { try checkMatch(job) }
        return job
    }

    func execution() async throws -> Execution {
        let id = try executionID()
        return try await named("execution", parameter("execution")) { try await scheduler.execution(id) }
    }

    /// Finds a record, or names the missing one as the client did.
    private func named<Record>(
        _ what: String, _ text: String, _ find: () async throws -> Record
    ) async throws -> Record {
        do {
            return try await find()
        } catch let error as SchedulerError
            where ids != .uuid && [.jobNotFound, .executionNotFound].contains(error.code)
        {
            throw APIError(.notFound, "There is no \(what) \(text). It may have been deleted.")
        }
    }

    /// Refuses a change if the client states a revision that is no longer the job's (RFC 9110, 13.1.1).
    func checkMatch(_ job: Job) throws(APIError) {
        guard let wanted = revisions, !wanted.contains(job.scheduleState.revision) else { return }
        throw APIError(
            .changed, "The job was changed since you read it: its ETag is \(ETag.text(job)). Read it again.")
    }

    /// The revisions of `If-Match`, or `nil` if the client does not care.
    private var revisions: Set<Int>? {
        guard obeys.contains(.match), let text = request.headers["If-Match"],
            text.trimmingCharacters(in: .whitespaces) != "*"
        else { return nil }
        return Set(text.split(separator: ",").compactMap { ETag.revision(String($0)) })
    }

    /// The revision on which a change of a job must be based, if the client states any.
    func revision(of job: Job) -> Int? {
        guard let revisions else { return nil }
        return revisions.contains(job.scheduleState.revision) ? job.scheduleState.revision : revisions.min() ?? -1
    }

    /// The author of a change of a job, and what the change depends on.
    func change(of job: Job, _ fields: Fields?) throws(APIError) -> JobChange {
        JobChange(caller.actor, try idempotencyKey(fields), ifRevision: revision(of: job))
    }

    /// The key of one part of a call that has a key.
    func key(_ key: String, of part: String) -> String {
        let whole = "\(key)/\(part)"
        guard whole.utf8.count > 255 else { return whole }
        return Digest.sha256(Array(whole.utf8)).hexadecimal
    }

    /// The key under which the call can be repeated: that of the header, or of the body's `idempotency_key`.
    ///
    /// A route that keeps no keys has none.
    func idempotencyKey(_ fields: Fields? = nil) throws(APIError) -> String? {
        guard obeys.contains(.key) else { return nil }
        guard let key = request.headers["Idempotency-Key"] ?? request.headers["X-Idempotency-Key"] else {
            return try fields?.key()
        }
        guard !key.isEmpty else { return nil }
        guard key.unicodeScalars.count <= Schema.longestKey else {
            throw .invalid("Idempotency-Key", "An idempotency key must have 1 to \(Schema.longestKey) characters.")
        }
        return key
    }
}

extension Fields {
    /// The idempotency key of the body, or of a part of it; `nil` if there is none, or an empty one.
    func key() throws(APIError) -> String? {
        let key = try text("idempotency_key", "idempotencyKey", length: 0...Schema.longestKey)
        return key?.isEmpty == true ? nil : key
    }
}

/// Whether a request repeats an earlier one, which its answer tells in a header.
final class Repetition: Sendable {
    private let isTold = Atomic(false)

    var isKnown: Bool { isTold.load(ordering: .relaxed) }

    func tell() { isTold.store(true, ordering: .relaxed) }
}

/// All that handlers share: the scheduler behind the API, and its limits.
struct APIContext: Sendable {
    let scheduler: Scheduler
    /// The service's name.
    let profile: String
    /// The segments of the path at which the API is mounted.
    let prefix: [String]
    let vault: (any SecretVault)?
    let log: SchedulerEvent.Log
    let bodyLimit: Int
    let timeLimit: Duration
    let report: @Sendable (any Error, APIRequest) -> Void
    /// The routes that are served, for their description.
    let routes: [Route]
    /// Whether a load is being computed.
    let loadGate = OneAtATime()
}

/// Lets one call do what takes the processor for long, and refuses the others meanwhile.
final class OneAtATime: Sendable {
    private let isBusy = Mutex(false)

    func run<Value>(_ body: () async throws -> Value) async throws -> Value {
        let isMine = isBusy.withLock { isBusy in
            defer { isBusy = true }
            return !isBusy
        }
        guard isMine else {
            throw APIError(.tooMany, "This is being computed for another caller. Ask again in a few seconds.")
                .with(header: "Retry-After", "3")
        }
        defer { isBusy.withLock { $0 = false } }
        return try await body()
    }
}

/// The entity tag of a job: its revision, which every change of it or of its schedule's state raises.
enum ETag {
    static func text(_ job: Job) -> String { "\"\(job.scheduleState.revision)\"" }

    static func revision(_ text: String) -> Int? {
        // A weak tag never matches (RFC 9110, 8.8.3.2).
        let text = text.trimmingCharacters(in: .whitespaces)
        guard text.count > 2, text.hasPrefix("\""), text.hasSuffix("\"") else { return nil }
        return Int(text.dropFirst().dropLast())
    }
}
