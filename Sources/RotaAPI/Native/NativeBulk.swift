import Foundation
import Rota
import RotaHTTP
import RotaStore

/// Rota's own routes for many records at once.
///
/// The count comes first; what was counted is then confirmed.
enum NativeBulk {
    private static func body(_ actions: [String], _ query: [QueryParameter]) -> JSONValue {
        Schema.object(
            [
                (
                    "query",
                    Schema.object(
                        query.filter { !["sort", "order", "limit", "cursor"].contains($0.name) }
                            .map { ($0.name, ["type": "string"]) })
                ), ("action", Schema.choice(actions)), ("confirm", Schema.integer(0...1_000_000)),
            ], required: ["query", "action"])
    }

    static let routes: [Route] = [
        Route(
            .post, "/_rota/jobs/bulk", "rotaChangeJobs", .write,
            "Pause, resume or delete all jobs that match: without `confirm`, count them",
            body: body(["pause", "resume", "delete"], NativeJobs.listQuery), answer: Schema.object, changeJobs),
        Route(
            .post, "/_rota/executions/bulk", "rotaChangeExecutions", .trigger,
            "Cancel or replay all executions that match: without `confirm`, count them",
            body: body(["cancel", "replay"], NativeExecutions.listQuery), answer: Schema.object, changeExecutions),
    ]

    /// The largest number of records that one request changes.
    private static let most = 10_000

    /// Reads the query, which has the names of the list's, and must say something.
    private static func query(_ fields: Fields, known: [QueryParameter]) throws -> Query {
        guard let query = try fields.object("query") else {
            throw fields.fail("query", "query is required. An empty one does not mean all.")
        }
        try query.refuseOthers(than: Set(known.map(\.name)).subtracting(["sort", "order", "limit", "cursor"]))
        guard !query.isEmpty else {
            throw fields.fail("query", "query must say something: an empty one does not mean all.")
        }
        return Query(
            try query.names.map { name in
                switch query.json(name) {
                case .string(let text)?: (name, text)
                case .bool(let bool)?: (name, "\(bool)")
                case .array(let elements)?:
                    (
                        name,
                        try elements.map { element in
                            guard case .string(let text) = element else {
                                throw query.fail(name, "\(name) must be a text.")
                            }
                            return text
                        }.joined(separator: ",")
                    )
                default: throw query.fail(name, "query.\(name) must be a text.")
                }
            })
    }

    /// Checks the confirmed count against the one found now, or answers with it.
    private static func confirmed(_ fields: Fields, _ count: Int) throws -> Bool {
        guard let confirm = try fields.int("confirm", in: 0...Int.max) else { return false }
        guard confirm == count else {
            throw APIError(.changed, "\(count) match now, not \(confirm). Look again before you confirm.")
        }
        return true
    }

    private static let changeJobs: Route.Handler = { call in
        let fields = try call.fields()
        try fields.refuseOthers(than: ["query", "action", "confirm"])
        let action = try fields.required("action")
        guard ["pause", "resume", "delete"].contains(action) else {
            throw fields.fail("action", "action must be pause, resume or delete.")
        }
        let query = try NativeQuery.jobs(Self.query(fields, known: NativeJobs.listQuery))
        let found = try await call.jobs(query, limit: most)
        guard !found.hasMore else { throw tooMany }
        guard try confirmed(fields, found.items.count) else { return .json(["count": .int(found.items.count)]) }
        let ids = found.items.map(\.id)
        var failed: [JSONValue] = []
        switch action {
        case "delete":
            for id in ids {
                try call.checkTime()
                try await call.scheduler.delete(id)
            }
        case "pause": failed = refusals(try await call.scheduler.pause(ids, author: call.caller.actor))
        default: failed = refusals(try await call.scheduler.resume(ids, author: call.caller.actor))
        }
        return .json(["done": .int(ids.count - failed.count), "failed": .array(failed)])
    }

    private static let tooMany = APIError(.invalid, "More than \(most) match. Narrow the query.")

    private static func refusals(_ result: Scheduler.BulkChangeResult) -> [JSONValue] {
        result.refusals.map { refusal in
            [
                "id": .string(refusal.jobID.description),
                "message": .string(APIError(telling: refusal.error)?.message ?? "Something unexpected went wrong."),
            ]
        }
    }

    private static let changeExecutions: Route.Handler = { call in
        let fields = try call.fields()
        try fields.refuseOthers(than: ["query", "action", "confirm"])
        let action = try fields.required("action")
        guard action == "cancel" || action == "replay" else {
            throw fields.fail("action", "action must be cancel or replay.")
        }
        let asked = try Self.query(fields, known: NativeExecutions.listQuery)
        var query = try await NativeQuery.executions(asked, call)
        if action == "cancel" {
            let live: Set<ExecutionStatus> = [.queued, .running, .waiting]
            query.statuses = query.statuses.map { $0.intersection(live) } ?? live
        }
        let found = try await call.executions(query, limit: most)
        guard !found.hasMore else { throw tooMany }
        guard try confirmed(fields, found.items.count) else { return .json(["count": .int(found.items.count)]) }
        var done = 0
        var failed: [JSONValue] = []
        for execution in found.items {
            try call.checkTime()
            do {
                if action == "cancel" {
                    _ = try await call.scheduler.cancel(execution.id)
                } else {
                    _ = try await call.scheduler.replay(execution.id, author: call.caller.actor)
                }
                done += 1
            } catch {
                guard let told = APIError(telling: error), told.kind != .unavailable else { throw error }
                failed.append(["id": .string(execution.id.description), "message": .string(told.message)])
            }
        }
        return .json(["done": .int(done), "failed": .array(failed)])
    }
}
