import RotaStore
import Synchronization

/// The parts that the scheduler, its driver and its workers share.
struct SchedulerContext: Sendable {
    let store: any JobStore
    let clock: any WallClock
    let ids: any IDGenerator
    let configuration: SchedulerConfiguration
    /// The name under which this scheduler holds leases, unique among all schedulers.
    let owner: String
    /// Captures metadata, such as a trace context, for triggered executions.
    let carrier: @Sendable () -> [String: String]
    let signal = Signal()
    /// Asks `run()` to finish.
    let stop = Flag()
    let events = EventHub()
    let workers = WorkerPool()
    let heartbeats = Heartbeats()
    let ends = CompletionWatch()
    let status = DriverStatus()
    private let hasAdvancedIDs = Flag()

    var firePlanner: FirePlanner {
        FirePlanner(misfireThreshold: configuration.misfireThreshold, batchSize: configuration.batchSize)
    }
}

extension SchedulerContext {
    /// Makes new identifiers greater than those in the store, once: the clock may have been ahead before a restart.
    func prepareIDs() async throws {
        guard !hasAdvancedIDs.isSet else { return }
        try await advanceIDs()
        hasAdvancedIDs.set()
    }

    /// Makes new identifiers greater than those in the store.
    func advanceIDs() async throws {
        let execution = try await store.executions(ExecutionQuery(order: .descending, limit: 1)).items.first
        let job = try await store.jobs(JobQuery(order: .descending, limit: 1)).items.first
        for id in [execution?.id.bits, job?.id.bits] { if let id { ids.advance(past: id) } }
    }

    /// Adds the metadata that the carrier captures now; the given values win.
    func carried(with metadata: [String: String]) -> [String: String] {
        let captured = carrier()
        return captured.isEmpty ? metadata : captured.merging(metadata) { $1 }
    }
}
