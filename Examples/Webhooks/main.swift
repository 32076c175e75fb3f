import Foundation
import Rota
import RotaTesting

// A webhook sender: deliveries to many endpoints, each with its own URL, body and signature, to a receiver that fails
// 30 % of them and hangs up on 5 %. Run it with a number of deliveries: `swift run webhooks 10000`.

struct Delivery: Encodable, Sendable {
    var url: String
    var event = "invoice.paid"
    var number: Int
}

let count = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 1000
guard (1...10_000).contains(count) else {
    print("Give a number of deliveries from 1 to 10,000.")
    exit(64)
}
let perSecond = 1000

// The receiver decides by the execution and the attempt.
let receiver = try await LoopbackServer { request in
    let key = ["X-Cron-Service-Execution-Id", "X-Cron-Service-Attempt"].map { request.headers[$0] ?? "" }.joined()
    var random = SeededGenerator(seed: key.utf8.reduce(0) { $0 &* 31 &+ UInt64($1) })
    switch Int.random(in: 0..<100, using: &random) {
    case 0..<30: return .status(503, text: "try again")
    case 30..<35: return .hangUp
    default: return .status(200, text: "thanks")
    }
}

var configuration = SchedulerConfiguration()
configuration.maximumConcurrency = 64
let scheduler = Scheduler(
    store: InMemoryJobStore(), transport: .automatic(addressPolicy: .unrestricted),
    secrets: InMemorySecrets(["hooks": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]), configuration: configuration)

_ = try await scheduler.declare(
    [
        JobDraft(
            queue: "deliver",
            action: .http(
                .post(
                    "{{payload.url}}", headers: ["X-Event": "{{payload.event}}"],
                    body: .json(["event": "{{payload.event}}", "number": "{{payload.number}}"]),
                    signature: "secret://hooks")),
            retry: .exponential(maxAttempts: 12, initial: .milliseconds(100), maximum: .seconds(1)),
            retention: .last(count)
        ).with { $0.limits.rate = RateLimit(perSecond, per: .seconds(1)) },
        JobDraft(queue: "report"),
    ], owner: "webhooks")

let clock = ContinuousClock()
let start = clock.now
try await scheduler.handle("report") { context in
    guard let batch = context.batch else { return }
    let elapsed = (clock.now - start) / .seconds(1)
    let attempts = receiver.requests.count
    let minimum = Double(attempts) / Double(perSecond)
    print("\(batch.succeeded) of \(batch.total) delivered, \(batch.failed) failed, in \(attempts) attempts")
    print(
        String(format: "%.1f s; the rate allows no less than %.1f s: %.2f times", elapsed, minimum, elapsed / minimum))
    scheduler.beginShutdown()
}
let requests = try (1...count).map { number in
    TriggerRequest(payload: try JSONPayload(Delivery(url: receiver.address("/hooks/\(number)"), number: number)))
}
try await scheduler.enqueue("deliver", requests, then: TriggerRequest.FollowUp("report"))
try await scheduler.run(stoppingOn: .terminate, .interrupt)
print("\(try await scheduler.countDeadLetters()) dead letters")
