import Rota
import RotaHTTP
import RotaStore

/// The routes for workers outside the process, opened by the token of one execution; and whether the server is up.
///
/// An endpoint that answers a request with status 202 completes the execution here later.
enum StraitCallbacks {
    static var routes: [Route] {
        [
            callback("heartbeat", "Say that a waiting execution is alive", body: Schema.object([])) { call, token in
                try call.fields().refuseOthers(than: [])
                return try await call.scheduler.heartbeat(token: token)
            },
            callback(
                "progress", "Say how far a waiting execution is",
                body: Schema.object([("percent", Schema.number), ("message", Schema.text(0...2_000))])
            ) { call, token in
                let fields = try call.fields()
                try fields.refuseOthers(than: ["percent", "message"])
                let percent = try fields.number("percent", in: 0...100)
                let message = try fields.text("message", length: 0...2_000)
                guard percent != nil || message != nil else {
                    throw APIError(.invalid, "percent or message is required")
                }
                return try await call.scheduler.heartbeat(token: token, percent.map { $0 / 100 }, message)
            },
            callback(
                "complete", "Complete a waiting execution", body: Schema.object([("result", Schema.anything)])
            ) { call, token in
                let fields = try call.fields()
                try fields.refuseOthers(than: ["result"])
                let result = try fields.json("result").map { try JSONPayload($0) }
                return try await call.scheduler.complete(token: token, output: result)
            },
            callback(
                "fail", "Fail a waiting execution",
                body: Schema.object([("error", Schema.text(1...2_000))], required: ["error"])
            ) { call, token in
                let fields = try call.fields()
                try fields.refuseOthers(than: ["error"])
                return try await call.scheduler.fail(token: token, message: fields.required("error", length: 1...2_000))
            },
            Route(.get, "/health", "isAlive", nil, "Whether the server is up", answer: status) { _ in
                .json(["status": "ok"])
            },
            Route(.get, "/health/ready", "isReady", nil, "Whether the store can be used", answer: status) { call in
                _ = try await call.scheduler.jobs(JobQuery(limit: 1))
                return .json(["status": "ready"])
            },
        ]
    }

    private static let status = Schema.object([("status", Schema.text)], required: ["status"])

    /// A route that the token of an execution opens, and only for that execution.
    private static func callback(
        _ name: String, _ summary: String, body: JSONValue,
        _ handler: @escaping @Sendable (APICall, SecretValue) async throws -> Execution
    ) -> Route {
        Route(
            .post, "/sdk/v1/runs/{execution}/\(name)", name + "Run", nil, summary, body: body, answer: StraitSchema.run
        ) { call in
            guard let token = call.request.bearerToken.map({ SecretValue($0) }),
                let secret = call.scheduler.configuration.tokenSecret
            else { throw APIError(.unauthorized, "missing run token").with(header: "WWW-Authenticate", "Bearer") }
            let id = try ExecutionToken.verify(token, secret: secret, at: call.now)
            guard id == call.ids.execution(call.parameter("execution")) else {
                throw APIError(.unauthorized, "the token is for another execution")
            }
            do {
                let run = try await handler(call, token)
                let job = try await call.scheduler.job(run.jobID)
                return .json(StraitRun.record(run, of: job, at: call.scheduler.now))
            } catch let error as SchedulerError where error.code == .illegalState {
                throw APIError(.conflict, "run status conflict")
            }
        }
    }
}
