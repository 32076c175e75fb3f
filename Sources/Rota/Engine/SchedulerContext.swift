package import Foundation
import RotaStore
import Synchronization

/// What a driver shares with the scheduler, with its workers and with those who watch.
struct SchedulerContext: Sendable {
    let store: any JobStore
    let clock: any WallClock
    let ids: any IDGenerator
    let configuration: SchedulerConfiguration
    /// The name under which this scheduler holds leases, unique among all schedulers.
    let owner: String
    /// Captures what is to travel with an execution that somebody asks for.
    let carrier: @Sendable () -> [String: String]
    let signal = Signal()
    let stop = StopRequest()
    let events = EventHub()
    let workers = WorkerPool()
    let vitals = VitalSigns()
    let ends = CompletionWatch()
    let status = DriverStatus()

    var planner: FirePlanner {
        FirePlanner(tolerance: configuration.misfireThreshold, batchSize: configuration.batchSize)
    }
}

extension SchedulerContext {
    /// The labels of an execution that somebody asks for: what is captured now, under what is given.
    func carried(with metadata: [String: String]) -> [String: String] {
        let captured = carrier()
        return captured.isEmpty ? metadata : captured.merging(metadata) { $1 }
    }
}

extension Execution {
    /// The same execution, not yet stored, with other labels.
    func with(metadata: [String: String]) -> Execution {
        guard metadata != self.metadata else { return self }
        return Execution(
            id: id, jobID: jobID, jobName: jobName, jobVersion: jobVersion, source: source, scheduledFor: scheduledFor,
            createdAt: createdAt, payload: payload, metadata: metadata, details: details, progress: progress,
            attempts: attempts)
    }

    /// The same execution, not yet stored, with other details.
    func with(details: ExecutionDetails) -> Execution {
        Execution(
            id: id, jobID: jobID, jobName: jobName, jobVersion: jobVersion, source: source, scheduledFor: scheduledFor,
            createdAt: createdAt, payload: payload, metadata: metadata, details: details, progress: progress,
            attempts: attempts)
    }
}

/// What a scheduler's driver is doing, for tools that own its time and must know when it has nothing left to do.
package final class DriverStatus: Sendable {
    /// What a driver is doing.
    package enum Phase: Sendable, Equatable {
        /// `run()` has not been called.
        case new
        /// It works.
        case awake
        /// It sleeps until an instant, while workers are busy with executions.
        case asleep(until: Date, busy: [SleeperTag])
        /// `run()` has returned.
        case ended
    }

    private struct State {
        var phase = Phase.new
        var observer: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    package init() {}

    /// What the driver is doing.
    package var phase: Phase { state.withLock(\.phase) }

    /// Has a closure called after every change of the phase, in place of the one given before.
    package func onChange(_ observer: @escaping @Sendable () -> Void) {
        state.withLock { $0.observer = observer }
    }

    /// Marks the beginning of `run()`.
    ///
    /// - Returns: `false` if it is under way already.
    func begin() -> Bool {
        let isFirst = state.withLock { state in
            switch state.phase {
            case .awake, .asleep: return false
            case .new, .ended:
                state.phase = .awake
                return true
            }
        }
        return isFirst
    }

    func change(to phase: Phase) {
        let observer = state.withLock { state in
            state.phase = phase
            return state.observer
        }
        observer?()
    }
}
