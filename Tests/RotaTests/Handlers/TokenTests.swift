import Foundation
import RotaHTTP
import RotaRetry
import RotaStore
import RotaTestSupport
import RotaTesting
import Testing

/// Tokens with which workers outside the process complete executions.
@Suite("Execution tokens")
struct TokenTests {
    private static let secret = SecretValue("0123456789abcdef0123456789abcdef")

    private func bench(
        _ clock: ManualClock = ManualClock(), secret: SecretValue? = Self.secret,
        respond: @escaping @Sendable (HTTPRequest) async throws -> HTTPResponse = { _ in try .status(202) }
    ) -> Bench {
        Bench(
            clock: clock,
            configuration: Bench.configuration {
                $0.tokenSecret = secret
                $0.tokenLifetime = .seconds(600)
            }, respond: respond)
    }

    /// A job whose request hands out a token, and its execution after the server answered 202.
    private func waiting(on bench: Bench, headers: HTTPHeaders = ["X-Token": "{{execution_token}}"]) async throws
        -> Execution
    {
        let job = try await bench.scheduler.create(
            .init(
                name: "remote \(headers.fields.count)", schedule: .onDemand,
                action: .http(.post("https://example.com/work", headers: headers)), retry: .none))
        let run = try await bench.scheduler.trigger(job.id)
        await bench.advance(.zero)
        return try await bench.scheduler.execution(run.id)
    }

    private func code(_ body: () async throws -> Void) async -> SchedulerError.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? SchedulerError)?.code
        }
    }

    @Test("A worker completes the execution whose token it got with a request that it answered with 202", .rows("S-95"))
    func complete() async throws {
        let bench = bench()
        try await bench.running {
            let run = try await waiting(on: bench)
            #expect(run.status == .waiting)
            #expect(run.expiresAt == bench.clock.now.addingTimeInterval(600))
            #expect(run.attempts.map(\.statusCode) == [202])
            let token = SecretValue(try #require(bench.transport.requests.last?.headers["X-Token"]))
            await bench.advance(.seconds(300))
            let beaten = try await bench.scheduler.heartbeat(token: token, 0.5, "half")
            #expect(beaten.status == .waiting && beaten.expiresAt == run.expiresAt)
            let stored = try await bench.scheduler.execution(run.id)
            #expect(stored.progress.heartbeatAt == bench.clock.now)
            #expect(stored.progress.report == ProgressReport(fraction: 0.5, message: "half"))
            await bench.advance(.seconds(1))
            let quiet = try await bench.scheduler.heartbeat(token: token)
            #expect(quiet.progress.heartbeatAt == bench.clock.now && quiet.progress.report == stored.progress.report)
            let done = try await bench.scheduler.complete(token: token, output: JSONPayload(["rows": 7]))
            let rows = try JSONPayload(["rows": 7])
            #expect(done.status == .succeeded && done.output == rows)
            let again = await code { try await bench.scheduler.complete(token: token) }
            #expect(again == .illegalState)
        }
    }

    @Test("A worker fails its execution with a token", .rows("S-95"))
    func fail() async throws {
        let bench = bench()
        try await bench.running {
            let run = try await waiting(on: bench)
            let token = try await bench.scheduler.token(for: run.id, validFor: .seconds(60))
            let failed = try await bench.scheduler.fail(token: token, message: "The disk is full.", kind: .budget)
            #expect(failed.status == .failed)
            #expect(failed.failure == ExecutionFailure(kind: .budget, message: "The disk is full."))
            let unsaid = await code { try await bench.scheduler.fail(token: token, message: "") }
            #expect(unsaid == .invalidRequest)
        }
    }

    @Test("A token that was changed, is foreign or has expired is refused", .rows("S-95"))
    func refused() async throws {
        let bench = bench()
        try await bench.running {
            let run = try await waiting(on: bench)
            let token = try await bench.scheduler.token(for: run.id, validFor: .seconds(60))
            let text = token.value
            // Any other byte anywhere.
            for index in text.indices {
                for other in ["0", "1", "f", ".", "A"] where other != String(text[index]) {
                    let changed = SecretValue(text.replacingCharacters(in: index...index, with: other))
                    let found = await code { try await bench.scheduler.heartbeat(token: changed) }
                    #expect(found == .invalidToken, "\(other) at \(index)")
                }
            }
            for bad in [
                "", ".", "1...", text + "0", String(text.dropLast()), text.uppercased(), " " + text,
                String(repeating: "x", count: 5000),
            ] {
                let found = await code { try await bench.scheduler.complete(token: SecretValue(bad)) }
                #expect(found == .invalidToken, "\(bad.prefix(50))")
            }
            let foreign = try ExecutionToken.make(
                for: run.id, expiresAt: .distantFuture, secret: "another secret of 30 bytes....")
            #expect(await code { try await bench.scheduler.fail(token: foreign, message: "x") } == .invalidToken)
            let later = bench.clock.now.addingTimeInterval(59.999)
            #expect(try ExecutionToken.verify(token, secret: Self.secret, at: later) == run.id)
            await bench.advance(.seconds(60))
            #expect(await code { try await bench.scheduler.complete(token: token) } == .expiredToken)
            #expect(try await bench.scheduler.execution(run.id).status == .waiting)
        }
    }

    @Test("The code is HMAC-SHA-256 over the purpose, the execution and the end", .rows("S-95"))
    func code() throws {
        let token = try ExecutionToken.make(
            for: ExecutionID(bits: 1), expiresAt: Date(timeIntervalSince1970: 1_700_000_000.5), secret: Self.secret)
        let head = "1.00000000-0000-0000-0000-000000000001.1700000000500"
        #expect(token.value.hasPrefix(head + "."))
        #expect(
            token.value.dropFirst(head.count + 1) == "5c5f121c0d82301b672a6684bf4da1ea9a65419bae734e89081a4cae299b70be")
    }

    @Test("Without a secret there are no tokens, and a request that needs one is not sent", .rows("S-95"))
    func noSecret() async throws {
        let bench = bench(secret: nil)
        try await bench.running {
            let run = try await waiting(on: bench)
            #expect(run.status == .failed && run.failure?.kind == .missingSecret)
            #expect(run.failure?.message.contains("tokenSecret") == true)
            #expect(bench.transport.requests.isEmpty)
            let found = await code { _ = try await bench.scheduler.token(for: run.id, validFor: .seconds(1)) }
            #expect(found == .invalidConfiguration)
        }
        let short = Bench(configuration: Bench.configuration { $0.tokenSecret = "too short" })
        let refused = await code { try await short.scheduler.run() }
        #expect(refused == .invalidConfiguration)
    }

    @Test("Only status 202 leaves an execution waiting, and only if the request handed out a token", .rows("S-95"))
    func otherAnswers() async throws {
        let bench = bench { request in try .status(request.headers["X-Token"] == nil ? 202 : 200) }
        try await bench.running {
            let (with, without) = (try await waiting(on: bench), try await waiting(on: bench, headers: [:]))
            #expect(with.status == .succeeded && without.status == .succeeded)
        }
    }

    @Test("A token appears in no record, even if the server echoes it", .rows("S-95"))
    func redaction() async throws {
        let bench = bench { request in
            try .status(202, ["content-type": request.headers["X-Token"] ?? ""], body: request.headers["X-Token"] ?? "")
        }
        try await bench.running {
            let run = try await waiting(on: bench)
            let token = try #require(bench.transport.requests.last?.headers["X-Token"])
            let record = try String(decoding: JSONEncoder().encode(run), as: UTF8.self)
            #expect(run.attempts.first?.bodyPreview?.isEmpty == false)
            #expect(!record.contains(token) && !record.contains(token.suffix(64)))
            #expect(bench.transport.requests.last?.headers.fields.first { $0.name == "X-Token" }?.isSensitive == true)
            let handed = try await bench.scheduler.token(for: run.id, validFor: .seconds(9))
            #expect("\(handed)" == "[redacted]")
        }
    }
}
