import Foundation
import Rota
import RotaAPI
import RotaHTTP
import RotaStore
import RotaTesting
import Synchronization
import Testing

@Suite("Changes of many records")
struct BulkTests {
    /// A clock on which a second passes with each look at it, once it is told to.
    private final class TickingClock: WallClock {
        private let state = Mutex((now: APIBench.start, ticks: false))

        var now: Date {
            state.withLock { state in
                if state.ticks { state.now += 1 }
                return state.now
            }
        }

        func start() { state.withLock { $0.ticks = true } }
        func sleep(until deadline: Date) async throws {}
    }

    private static func send(_ api: SchedulerAPI, _ target: String, _ body: JSONValue) async -> Answer {
        Answer(await api.respond(to: APIRequest(method: "POST", target: target, body: Data(body.text.utf8))))
    }

    private static func api(
        on store: some JobStore, _ clock: some WallClock, timeLimit: Duration = .seconds(30),
        report: @escaping @Sendable (any Error) -> Void = { _ in }
    ) -> (Scheduler, SchedulerAPI) {
        let scheduler = Scheduler(store: store, clock: clock)
        return (
            scheduler,
            SchedulerAPI(scheduler, as: .trigrun, timeLimit: timeLimit, report: { error, _ in report(error) }) { _, _ in
                .open
            }
        )
    }

    private static func fill(_ scheduler: Scheduler, with count: Int) async throws {
        let job = try await scheduler.create(JobDraft(name: "x", schedule: .onDemand, action: .handler("x")))
        for _ in 0..<count { try await scheduler.trigger(job.id) }
    }

    @Test("A request without time for all names what is left, and the rest is replayed once, by its identifiers")
    func remaining() async throws {
        let clock = TickingClock()
        let (scheduler, api) = Self.api(on: InMemoryJobStore(), clock, timeLimit: .seconds(25))
        try await Self.fill(scheduler, with: 20)
        clock.start()
        var answer = await Self.send(
            api, "/_rota/executions/bulk", ["query": ["job": "x"], "action": "replay", "confirm": true])
        var (done, rounds) = (answer.done?.int ?? 0, 1)
        #expect(answer.status == 200 && answer.reason?.string?.contains("longer than") == true, "\(answer.text)")
        while let rest = answer.remainingIDs?.elements, rounds < 50 {
            #expect(rest.count == answer.remaining?.int && done + rest.count == 20)
            answer = await Self.send(api, "/_rota/executions/bulk", ["ids": .array(rest), "action": "replay"])
            done += answer.done?.int ?? 0
            rounds += 1
        }
        #expect(done == 20 && rounds > 1 && answer.remaining == 0)
        #expect(try await scheduler.counts().executions[.queued] == 40)
    }

    @Test("Records named by their identifiers need neither a query nor a confirmation, and cannot have them")
    func identifiers() async throws {
        let (scheduler, api) = Self.api(on: InMemoryJobStore(), ManualClock())
        try await Self.fill(scheduler, with: 2)
        let job = try #require(try await scheduler.jobs().items.first)
        let ids: JSONValue = [.string(job.id.description)]
        #expect(await Self.send(api, "/_rota/jobs/bulk", ["ids": ids, "action": "pause"]).done == 1)
        #expect(try await scheduler.job(job.id).state == .paused)
        for body in [
            ["ids": ids, "action": "pause", "query": ["search": "x"]], ["ids": ids, "action": "pause", "confirm": 1],
            ["ids": ["nonsense"], "action": "pause"], ["ids": .array([]), "action": "pause"], ["action": "pause"],
            ["query": ["search": "x"], "action": "pause", "confirm": false],
            ["ids": ids, "action": "pause", "idempotencyKey": "k"],
        ] as [JSONValue] {
            #expect(await Self.send(api, "/_rota/jobs/bulk", body).status == 422, "\(body.text)")
        }
        let all = await Self.send(
            api, "/_rota/jobs/bulk", ["query": ["search": "x"], "action": "resume", "confirm": true])
        #expect(all.done == 1)
    }

    @Test("A deletion that runs out of time leaves no secret of the jobs that it deleted")
    func secrets() async throws {
        let clock = TickingClock()
        let vault = MemoryVault()
        let scheduler = Scheduler(store: InMemoryJobStore(), secrets: vault, clock: clock)
        let api = SchedulerAPI(scheduler, as: .trigrun, vault: vault, timeLimit: .seconds(12)) { _, _ in .open }
        var ids: [JSONValue] = []
        for number in 0..<30 {
            let name = "strait-webhook-\(number)"
            try await vault.set(SecretValue("0123456789-\(number)"), named: name)
            var draft = JobDraft(name: name, schedule: .onDemand, action: .handler("x"))
            draft.definition.notifications = [
                NotificationRule(
                    on: .completion, .webhook(url: "https://hooks.example.com/", secret: "secret://\(name)"))
            ]
            ids.append(.string(try await scheduler.create(draft).id.description))
        }
        clock.start()
        let answer = await Self.send(api, "/_rota/jobs/bulk", ["ids": .array(ids), "action": "delete"])
        let left = answer.remaining?.int ?? 0
        #expect(answer.status == 200 && (1..<30).contains(left), "\(answer.text)")
        #expect(try await vault.secretNames().count == left)
    }

    @Test("An execution that has ended is not told as canceled")
    func ended() async throws {
        let bench = APIBench(.trigrun)
        try await bench.scheduler.handle("x") { _ in }
        try await Self.fill(bench.scheduler, with: 1)
        try await bench.running { await bench.advance(.seconds(1)) }
        let job = try #require(try await bench.scheduler.jobs().items.first)
        let live = try await bench.scheduler.trigger(job.id)
        let ended = try #require(
            try await bench.scheduler.executions(ExecutionQuery(statuses: [.succeeded])).items.first)
        let ids: JSONValue = [.string(ended.id.description), .string(live.id.description)]
        for _ in 0..<2 {
            let answer = await bench.send("POST", "/_rota/executions/bulk", ["ids": ids, "action": "cancel"])
            #expect(answer.done == 1 && answer.failed?.elements.count == 1, "\(answer.text)")
            #expect(answer.failed?[0]?["id"]?.string == ended.id.description)
            #expect(answer.failed?[0]?["message"]?.string?.contains("it has ended, as succeeded") == true)
        }
    }

    @Test("A full disk is 503 with a time to come back, told to the log, and what was done before is told too")
    func fullDisk() async throws {
        let files = FaultyFileSystem()
        let reported = Mutex<[String]>([])
        let store = try await FileJobStore(path: "/store", environment: .inMemory(files))
        let (scheduler, api) = Self.api(
            on: store, ManualClock(), report: { error in reported.withLock { $0.append("\(error)") } })
        try await Self.fill(scheduler, with: 20)
        let cancel: JSONValue = ["query": ["job": "x"], "action": "cancel", "confirm": true]
        // Room for some of the twenty.
        files.fault = FileFault(at: 8, .fail(.noSpace), persists: true)
        let partial = await Self.send(api, "/_rota/executions/bulk", cancel)
        #expect(partial.status == 200 && (1..<20).contains(partial.done?.int ?? 0), "\(partial.text)")
        #expect((partial.done?.int ?? 0) + (partial.remaining?.int ?? 0) == 20)
        #expect(partial.reason?.string == "The store cannot be used now. Try again later.")
        let refused = await Self.send(api, "/_rota/executions/bulk", cancel)
        #expect(refused.status == 503 && refused.response.headers["Retry-After"] == "5", "\(refused.text)")
        let run = await Self.send(api, "/_rota/jobs/x/run", .object([]))
        #expect(run.status == 503 && !run.text.contains("/store"), "\(run.text)")
        #expect(reported.withLock(\.count) == 3)
        try? await store.close()
    }
}
