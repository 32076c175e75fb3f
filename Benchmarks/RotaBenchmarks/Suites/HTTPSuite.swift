/// The goals of the HTTP module.
enum HTTPSuite {
    static let benchmarks: [Benchmark] = []
}
