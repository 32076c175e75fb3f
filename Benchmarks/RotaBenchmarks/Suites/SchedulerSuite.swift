/// The goals of the Scheduler module.
enum SchedulerSuite {
    static let benchmarks: [Benchmark] = []
}
