import Foundation

// schedule-tool fuzz COUNT [SEED]   random and mutated texts, zone files and instants
// schedule-tool next                lines "COUNT<tab>EXPRESSION<tab>ZONE<tab>SECONDS" to the next instants
let arguments = CommandLine.arguments.dropFirst()
switch arguments.first {
case "fuzz":
    let count = arguments.dropFirst().first.flatMap { Int($0) } ?? 10_000_000
    let seed = arguments.dropFirst(2).first.flatMap { UInt64($0) } ?? 1
    Fuzz(seed: seed).run(count)
case "next":
    while let line = readLine() { print(answer(line)) }
default:
    FileHandle.standardError.write(Data("schedule-tool fuzz COUNT [SEED] | schedule-tool next\n".utf8))
    exit(2)
}
