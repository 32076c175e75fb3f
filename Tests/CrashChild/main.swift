import Foundation
import RotaHTTP
import RotaStore
import RotaTesting

#if os(Linux)
    import RotaCURL
#endif

// The process that the kill tests kill: crash-child hold FOLDER | crash-child run FOLDER SEED SEGMENT,SEGMENT… It says
// on standard output what the store has acknowledged, one line each. While it holds a folder, it inserts a job for each
// line that it reads, then closes the store, and says "done" or the code of the error. And what the script store-model
// runs: crash-child compare memory|files OPERATIONS SEED. And what the tests of transports run, because a check may end
// or freeze its process: crash-child check urlsession|curl NAME, or without a name for the names of all checks.

/// Says a line at once: what is said must be out before the process is killed.
func say(_ line: some CustomStringConvertible) {
    FileHandle.standardOutput.write(Data("\(line)\n".utf8))
}

let arguments = Array(CommandLine.arguments.dropFirst())
guard arguments.count >= 2 else {
    say("usage: crash-child hold FOLDER | run FOLDER SEED [SEGMENT,…] | compare memory|files OPERATIONS SEED")
    exit(2)
}

if arguments[0] == "compare" {
    let comparison = arguments[1] == "files" ? StoreComparison.files() : .memory
    let count = arguments.count > 2 ? Int(arguments[2]) ?? 1200 : 1200
    let seed = arguments.count > 3 ? UInt64(arguments[3]) ?? 1 : 1
    do {
        let found = { (what: String) in say("A difference, which is now shortened: \(what)") }
        try await comparison.runLives(count, seed: seed, comparingContentsEvery: 60, found: found) { made in
            if made.isMultiple(of: 60_000) { say("\(arguments[1]): \(made) operations agree") }
        }
        say("\(arguments[1]): all operations agree, seed \(seed)")
        exit(0)
    } catch {
        say("\(error)")
        exit(1)
    }
}

if arguments[0] == "check" {
    let certificate = try? LoopbackCertificate()
    let tls = certificate.map { TransportContract.tlsChecks(trusting: $0) } ?? []
    let all =
        (TransportContract.checks + tls)
        .map { ($0, RedirectPolicy.never) } + TransportContract.redirectChecks.map { ($0, .following(upTo: 5)) }
    guard arguments.count > 2 else {
        for (check, _) in all { say(check) }
        exit(0)
    }
    guard let (check, redirects) = all.first(where: { $0.0.name == arguments[2] }) else {
        say("there is no check of this name")
        exit(2)
    }
    do {
        try await check.run {
            #if os(Linux)
                if arguments[1] == "curl" {
                    var configuration = CURLTransport.Configuration()
                    configuration.addressPolicy = .unrestricted
                    configuration.redirects = redirects
                    configuration.authorities = certificate?.file
                    return CURLTransport(configuration)
                }
            #endif
            return URLSessionTransport(addressPolicy: .unrestricted, redirects: redirects)
        }
        say("passed")
        exit(0)
    } catch {
        say("\(error)")
        exit(1)
    }
}

var environment = FileStoreEnvironment()
// Small enough that a compaction is often under way when the end comes.
environment.compactionMinimum = 1 << 15
environment.snapshotChunk = 4
let store = try await FileJobStore(path: arguments[1], environment: environment)

switch arguments[0] {
case "hold":
    func tell(_ body: () async throws -> Void) async {
        do {
            try await body()
            say("done")
        } catch {
            say((error as? FileStoreError)?.code.description ?? "\(error)")
        }
    }
    say("open")
    var inserted: UInt128 = 1000
    while readLine() != nil {
        await tell {
            let definition = JobDefinition(name: "held", schedule: .every(.seconds(60)), action: .handler("work"))
            let date = Date(timeIntervalSince1970: 1_750_000_000)
            let state = ScheduleState(state: .active, decidedThrough: date, next: date + 60)
            inserted += 1
            let id = JobID(bits: inserted)
            _ = try await store.insert([
                JobInsertion(Job(id: id, definition: definition, createdAt: date, scheduleState: state))
            ])
        }
    }
    await tell { try await store.close() }
default:
    var script = StoreScript(seed: arguments.count > 2 ? UInt64(arguments[2]) ?? 0 : 0)
    let segments = arguments.count > 3 ? arguments[3].split(separator: ",").compactMap { Int($0) } : []
    for segment in segments {
        for _ in 0..<segment { _ = script.next() }
        script.reopen()
    }
    var acknowledged = 0
    say(acknowledged)
    while true {
        let (operation, expected) = script.next()
        let result = try await operation.run(on: store)
        guard result == expected else {
            say("operation \(acknowledged + 1), \(operation), answered \(result), not \(expected)")
            exit(3)
        }
        acknowledged += 1
        say(acknowledged)
    }
}
