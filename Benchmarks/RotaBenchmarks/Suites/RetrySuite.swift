/// The goals of the Retry module.
enum RetrySuite {
    static let benchmarks: [Benchmark] = []
}
