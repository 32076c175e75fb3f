import Foundation

// schedule-tool fuzz COUNT [SEED]   random and mutated texts, zone files, JSON and dates
// schedule-tool next                lines "COUNT<tab>EXPRESSION<tab>ZONE<tab>SECONDS" to the next dates
// schedule-tool allocations         counts what next allocates; schedule-allocations.sh preloads the counter
let arguments = CommandLine.arguments.dropFirst()
switch arguments.first {
case "fuzz":
    let count = arguments.dropFirst().first.flatMap { Int($0) } ?? 10_000_000
    let seed = arguments.dropFirst(2).first.flatMap { UInt64($0) } ?? 1
    Fuzz(seed: seed).run(count)
case "allocations":
    exit(countAllocations() ? 0 : 1)
case "next":
    while let line = readLine() { print(answer(line)) }
default:
    FileHandle.standardError.write(Data("schedule-tool fuzz COUNT [SEED] | next | allocations\n".utf8))
    exit(2)
}
