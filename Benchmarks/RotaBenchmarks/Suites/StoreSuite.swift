/// The goals of the Store module.
enum StoreSuite {
    static let benchmarks: [Benchmark] = []
}
