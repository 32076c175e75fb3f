import Foundation
import Rota
import RotaHTTP
import RotaTesting
import Synchronization

extension SchedulerSuite {
    /// Jobs per second from due to durably recorded, compared with the same requests through the transport alone.
    static func delivery(_ scale: Scale) async throws -> [Figure] {
        let size = max(64, scale.iterations(6400))
        let arrived = Countdowns()
        let server = try await LoopbackServer(recording: false) { _ in
            arrived.present?.countDown()
            return .status(200, text: "ok")
        }
        #if os(Linux)
            let transport = CURLTransport(addressPolicy: .unrestricted)
        #else
            let transport = URLSessionTransport(addressPolicy: .unrestricted)
        #endif
        let request = try HTTPRequest(method: .post, url: server.url("/"), body: .bytes(HTTPSuite.payload))
        let text = String(decoding: HTTPSuite.payload, as: UTF8.self)
        let action = JobAction.http(try .post(server.url("/").absoluteString, body: .text(text)))
        var (alone, storeAlone, stored): ([Double], [Double], [Double]) = ([], [], [])
        var (aloneCost, storeCost, storedCost): ([Double], [Double], [Double]) = ([], [], [])
        for round in 0..<5 {
            let processor = processorSeconds()
            let rate = try await HTTPSuite.rate(size) { try await transport.send(request).status }
            let cost = (processorSeconds() - processor) * 1e6 / Double(size)
            let local = try await throughput(size, transport, action: .handler("none"), arrived)
            let rateOfBoth = try await throughput(size, transport, action: action, arrived)
            guard round > 0 else { continue }  // The first round opens the connections.
            alone.append(rate)
            storeAlone.append(local.rate)
            stored.append(rateOfBoth.rate)
            aloneCost.append(cost)
            storeCost.append(local.cost)
            storedCost.append(rateOfBoth.cost)
        }
        await transport.close()
        await server.stop()
        return [
            Figure("the transport alone", median(alone), "requests/s"),
            Figure("scheduler and store alone", median(storeAlone), "jobs/s"),
            Figure(
                "scheduler, file store", median(stored), "jobs/s",
                ratio: (median(zip(stored, alone).map { $0 / $1 }), "the transport alone")),
            Figure(
                "scheduler, file store again", median(stored), "jobs/s",
                ratio: (median(zip(stored, zip(alone, storeAlone)).map { $0 / min($1.0, $1.1) }), "the lower of both")),
            // On a machine that both fill, one after the other is the most that can be had.
            Figure(
                "scheduler, file store once more", median(stored), "jobs/s",
                ratio: (
                    median(zip(stored, zip(alone, storeAlone)).map { $0 * (1 / $1.0 + 1 / $1.1) }),
                    "one after the other"
                )),
            // The server runs in this process, so its time is in the first and the last. Processors divided by the sum
            // of the first two are the most jobs per second that this machine can have.
            Figure("processor time, transport and server", median(aloneCost), "µs/request"),
            Figure("processor time, scheduler and store", median(storeCost), "µs/job"),
            Figure("processor time, all", median(storedCost), "µs/job"),
        ]
    }

    /// Jobs per second from due to durably recorded in a file store, and the microseconds of processor time for each.
    private static func throughput(
        _ size: Int, _ transport: any HTTPTransport, action: JobAction, _ arrived: Countdowns
    ) async throws -> (rate: Double, cost: Double) {
        try await StoreFloor.withFolder { folder in
            let store = try await FileJobStore(directory: folder)
            var configuration = SchedulerConfiguration()
            configuration.maximumConcurrency = 32
            let scheduler = Scheduler(store: store, transport: transport, configuration: configuration)
            try await scheduler.handle("none") { _ in arrived.present?.countDown() }
            let date = Date().addingTimeInterval(0.05 + Double(size) / 20_000)
            try await fill(scheduler, size) { _ in (.once(at: date), action) }
            try await Task.sleep(for: .seconds(max(0, date.timeIntervalSinceNow) + 0.01))
            let done = Countdown(size)
            arrived.present = done
            defer { arrived.present = nil }
            let result = try await run(scheduler, size: size, done: done)
            try await store.close()
            return result
        }
    }
}

/// The countdown of the current round, for a server that outlives it.
private final class Countdowns: Sendable {
    private let state = Mutex<Countdown?>(nil)

    var present: Countdown? {
        get { state.withLock(\.self) }
        set { state.withLock { $0 = newValue } }
    }
}
