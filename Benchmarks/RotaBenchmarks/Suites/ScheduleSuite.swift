/// The goals of the Schedule module.
enum ScheduleSuite {
    static let benchmarks: [Benchmark] = []
}
