import Foundation
import Rota

// swift run -c release benchmarks [--tiny] [id …]
let arguments = CommandLine.arguments.dropFirst()
if arguments.first == "--memory", let size = arguments.last.flatMap({ Int($0) }) {
    print(try await SchedulerSuite.bytesPerJob(size), terminator: "")
    exit(0)
}
if arguments.first == "--open", let path = arguments.last {
    print(try await StoreSuite.open(path), terminator: "")
    exit(0)
}
if arguments.first == "--soak", let total = arguments.last.flatMap({ Int($0) }) {
    let soak = Soak(total: total)
    let isMet =
        if arguments.contains("file") {
            try await StoreFloor.withFolder { try await soak.run(FileJobStore(directory: $0)) }
        } else {
            try await soak.run(InMemoryJobStore())
        }
    exit(isMet ? 0 : 1)
}
let scale: Scale = arguments.contains("--tiny") ? .tiny : .full
let wanted = Set(arguments.filter { !$0.hasPrefix("--") })
var all =
    ScheduleSuite.benchmarks + RetrySuite.benchmarks + HTTPSuite.benchmarks + StoreSuite.benchmarks
    + SchedulerSuite.benchmarks + StoreSuite.atSize + StoreSuite.steering
    + APISuite.benchmarks

#if Postgres
    if ProcessInfo.processInfo.environment["ROTA_POSTGRES"] != nil { all += PostgresSuite.benchmarks }
#endif
let unknown = wanted.subtracting(all.map(\.id))
guard unknown.isEmpty else {
    FileHandle.standardError.write(
        Data("No benchmark \(unknown.sorted()); there are \(all.map(\.id).joined(separator: ", ")).\n".utf8))
    exit(2)
}

for benchmark in all where wanted.isEmpty || wanted.contains(benchmark.id) {
    print("\(benchmark.id)  \(benchmark.title)  (goal: \(benchmark.goal))")
    for figure in try await benchmark.run(scale) {
        let value = String(format: figure.value < 100 ? "%.1f" : "%.0f", figure.value)
        let ratio = figure.ratio.map { String(format: "   %.2fx ", $0.value) + $0.floor } ?? ""
        print(
            "    " + figure.name.padding(toLength: 44, withPad: " ", startingAt: 0) + "\(value) \(figure.unit)\(ratio)")
    }
}
