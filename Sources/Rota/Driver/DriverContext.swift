import RotaStore

/// What a driver shares with the scheduler, with its workers and with those who watch.
struct DriverContext: Sendable {
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
    let workforce = Workforce()
    let vitals = VitalSigns()
    let ends = EndWatch()
    let status = DriverStatus()

    var planner: FirePlanner {
        FirePlanner(tolerance: configuration.misfireThreshold, batchSize: configuration.batchSize)
    }
}
