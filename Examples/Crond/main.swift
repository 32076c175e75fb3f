import Foundation
import Rota

let usage = """
    usage: crond [run] CRONTAB [--state FOLDER] [--metrics FILE]
           crond check CRONTAB
           crond list-timers CRONTAB [--state FOLDER]
    """

func end(_ message: String) -> Never {
    FileHandle.standardError.write(Data("\(message)\n".utf8))
    exit(1)
}

var words = Array(CommandLine.arguments.dropFirst())
@MainActor func option(_ name: String) -> String? {
    guard let place = words.firstIndex(of: name) else { return nil }
    guard place + 1 < words.count else { end("\(name) needs a value.\n\(usage)") }
    defer { words.removeSubrange(place...(place + 1)) }
    return words[place + 1]
}
let state = URL(filePath: option("--state") ?? "crond-state")
let metrics = option("--metrics")
let verb = ["run", "check", "list-timers"].contains(words.first) ? words.removeFirst() : "run"
guard words.count == 1, let crontab = words.first, !crontab.hasPrefix("-") else { end(usage) }

do {
    if verb == "run" {
        let store = try await FileJobStore(directory: state)
        try await Daemon(crontab: crontab, store: store, metricsFile: metrics).run()
    } else {
        let table = try CommandTable(file: crontab)
        for problem in table.problems + table.notes { print("\(crontab), \(problem)") }
        let drafts = try table.drafts()
        if verb == "list-timers" {
            let jobs = try await (try? FileJobStore(inspecting: state))?.jobs(
                JobQuery(declaredBy: "crond", limit: 1000))
            print(Timers.table(drafts, jobs: jobs?.items ?? [], now: Date()))
        } else {
            print("\(table.lines.count) lines, \(table.problems.count) mistakes")
        }
        if !table.problems.isEmpty { exit(1) }
    }
} catch {
    end("\(error)")
}
