import Foundation
import Rota
import RotaHTTP
import RotaStore

/// Rota's own routes for many records at once.
///
/// The count comes first; what was counted is then confirmed. Records that are named by their identifiers need neither.
enum NativeBulk {
    private static func body(
        _ actions: [String], _ query: [QueryParameter], others: [(String, JSONValue)] = []
    ) -> JSONValue {
        Schema.object(
            [
                (
                    "query",
                    Schema.object(
                        query.filter { !["sort", "order", "limit", "cursor"].contains($0.name) }
                            .map { ($0.name, ["type": "string"]) })
                ), ("ids", Schema.array(Schema.text)), ("action", Schema.choice(actions)),
                ("confirm", ["anyOf": [Schema.integer(0...1_000_000), ["const": true]]]),
            ] + others, required: ["action"])
    }

    static let routes: [Route] = [
        Route(
            .post, "/_rota/jobs/bulk", "rotaChangeJobs", .write,
            "Pause, resume or delete all jobs that match: without `confirm`, count them",
            body: body(["pause", "resume", "delete"], NativeJobs.listQuery), answer: Schema.object, changeJobs),
        Route(
            .post, "/_rota/executions/bulk", "rotaChangeExecutions", .trigger,
            "Cancel or replay all executions that match: without `confirm`, count them",
            body: body(
                ["cancel", "replay"], NativeExecutions.listQuery,
                others: [("reason", Schema.text(0...2_000)), ("idempotencyKey", Schema.key)]),
            answer: Schema.object, obeys: .key, changeExecutions),
    ]

    /// The largest number of records that one request changes.
    private static let most = 10_000

    /// Reads the identifiers that are named instead of a query.
    private static func ids<ID: LosslessStringConvertible & Hashable>(_ fields: Fields, _ type: ID.Type) throws -> [ID]?
    {
        guard let given = try fields.array("ids", count: 1...most) else { return nil }
        guard fields.json("query") == nil, fields.json("confirm") == nil else {
            throw fields.fail("ids", "Use either ids, or query with confirm.")
        }
        return try given.enumerated().map { place, value in
            guard case .string(let text) = value, let id = ID(text) else {
                throw fields.fail("ids[\(place)]", "ids[\(place)] must be an identifier.")
            }
            return id
        }.withoutRepeats
    }

    /// Reads the query, which has the names of the list's, and must say something.
    private static func query(_ fields: Fields, known: [QueryParameter]) throws -> Query {
        guard let query = try fields.object("query") else {
            throw fields.fail("query", "query or ids is required. An empty query does not mean all.")
        }
        try query.refuseOthers(than: Set(known.map(\.name)).subtracting(["sort", "order", "limit", "cursor"]))
        guard !query.isEmpty else {
            throw fields.fail("query", "query must say something: an empty one does not mean all.")
        }
        return Query(
            try query.names.flatMap { name in
                switch query.json(name) {
                case .string(let text)? where !isBlank(text): [(name, text)]
                case .bool(let bool)?: [(name, "\(bool)")]
                case .array(let elements)? where !elements.isEmpty:
                    try elements.map { element in
                        guard case .string(let text) = element, !isBlank(text) else {
                            throw query.fail(name, "\(name) must hold texts that are not empty.")
                        }
                        guard elements.count == 1 || lists.contains(name) else {
                            throw query.fail(name, "query.\(name) must be one text.")
                        }
                        return (name, text)
                    }
                default: throw query.fail(name, "query.\(name) must be a text that is not empty.")
                }
            })
    }

    /// The members of a query that may name several values.
    private static let lists: Set<String> = ["tag", "state", "status", "source"]

    private static func isBlank(_ text: String) -> Bool { text.allSatisfy { $0 == "," || $0.isWhitespace } }

    /// Checks the confirmed count against the one found now, or answers with it.
    ///
    /// A client that wants to change any number confirms with `true`: on a busy queue no count stays right.
    private static func confirmed(_ fields: Fields, _ count: Int) throws -> Bool {
        if case .bool(true)? = fields.json("confirm") { return true }
        guard let confirm = try fields.int("confirm", in: 0...Int.max) else { return false }
        guard confirm == count else {
            throw APIError(.changed, "\(count) match now, not \(confirm). Look again before you confirm.")
        }
        return true
    }

    private static let known: Set<String> = ["query", "ids", "action", "confirm", "idempotencyKey"]

    private static let changeJobs: Route.Handler = { call in
        let fields = try call.fields()
        try fields.refuseOthers(than: known.subtracting(["idempotencyKey"]))
        let action = try fields.required("action")
        guard ["pause", "resume", "delete"].contains(action) else {
            throw fields.fail("action", "action must be pause, resume or delete.")
        }
        var ids = try Self.ids(fields, JobID.self)
        if ids == nil {
            let query = try NativeQuery.jobs(Self.query(fields, known: NativeJobs.listQuery))
            let found = try await call.jobs(query, limit: most)
            guard !found.hasMore else { throw tooMany }
            guard try confirmed(fields, found.items.count) else { return .json(["count": .int(found.items.count)]) }
            ids = found.items.map(\.id)
        }
        var secrets: Set<String> = []
        let answer = try await each(ids ?? [], in: call) { id in
            switch action {
            case "delete":
                let held = try await call.keptSecrets(of: id)
                try await call.scheduler.delete(id)
                secrets.formUnion(held)
            case "pause": try await call.scheduler.pause(id, author: call.caller.actor)
            default: try await call.scheduler.resume(id, author: call.caller.actor)
            }
        }
        await call.forget(secrets)
        return answer
    }

    /// Changes records one after another, as long as there is time and the store works.
    ///
    /// The answer names the records that are left, so that a client can ask for them alone. A query may match other
    /// records by then: those that a replay has queued, for one.
    private static func each<ID: CustomStringConvertible>(
        _ ids: [ID], in call: APICall, _ change: (ID) async throws -> Void
    ) async throws -> APIResponse {
        var done = 0
        var failed: [JSONValue] = []
        var reason: String?
        for id in ids {
            do {
                try call.checkTime()
                try await change(id)
                done += 1
            } catch {
                let told = APIError(telling: error)
                if let told, told.kind != .unavailable, told.kind != .internalError {
                    failed.append(["id": .string(id.description), "message": .string(told.message)])
                    continue
                }
                // A change that was made stays made, and must not be lost in an error.
                guard done + failed.count > 0 else { throw error }
                if APIError.hides(error, told: told) { call.api.report(error, call.request) }
                reason = told?.message ?? "Something unexpected went wrong."
                break
            }
        }
        let rest = ids.dropFirst(done + failed.count).map { JSONValue.string($0.description) }
        return .json(
            .record([
                ("done", .int(done)), ("failed", .array(failed)), ("remaining", .int(rest.count)),
                ("remainingIDs", rest.isEmpty ? nil : .array(rest)), ("reason", reason.map { .string($0) }),
            ]))
    }

    private static let tooMany = APIError(.invalid, "More than \(most) match. Narrow the query.")

    private static let changeExecutions: Route.Handler = { call in
        let fields = try call.fields()
        try fields.refuseOthers(than: known.union(["reason"]))
        let action = try fields.required("action")
        let reason = try fields.text("reason", length: 0...2_000)
        guard reason == nil || action == "cancel" else {
            throw fields.fail("reason", "reason belongs to the action cancel.")
        }
        guard action == "cancel" || action == "replay" else {
            throw fields.fail("action", "action must be cancel or replay.")
        }
        var ids = try Self.ids(fields, ExecutionID.self)
        if ids == nil {
            let asked = try Self.query(fields, known: NativeExecutions.listQuery)
            var query = try await NativeQuery.executions(asked, call)
            if action == "cancel" {
                let live: Set<ExecutionStatus> = [.queued, .running, .waiting]
                query.statuses = query.statuses.map { $0.intersection(live) } ?? live
            }
            let found = try await executions(query, call)
            guard try confirmed(fields, found.count) else { return .json(["count": .int(found.count)]) }
            ids = found
        }
        let key = try call.idempotencyKey(fields)
        var (repeated, replayed) = (0, 0)
        let answer = try await each(ids ?? [], in: call) { id in
            if action == "cancel" {
                _ = try await NativeExecutions.cancel(id, reason: reason, in: call)
            } else {
                // A repeated request replays nothing twice.
                let outcome = try await call.scheduler.outcome(
                    ofReplaying: id, idempotencyKey: key.map { call.key($0, of: "\(id)") }, author: call.caller.actor)
                if case .queued = outcome { replayed += 1 } else { repeated += 1 }
            }
        }
        if repeated > 0, replayed == 0 { call.repetition.tell() }
        return answer
    }

    /// The executions of a query, by their identifiers, since whole ones may be large.
    private static func executions(_ query: ExecutionQuery, _ call: APICall) async throws -> [ExecutionID] {
        var query = query
        query.limit = 500
        var ids: [ExecutionID] = []
        repeat {
            try call.checkTime()
            let page = try await call.scheduler.executions(query)
            ids += page.items.map(\.id)
            guard ids.count <= most else { throw tooMany }
            query.after = page.next
        } while query.after != nil
        return ids
    }
}
