import Foundation
import Rota
import RotaTesting

// swift run quickstart
// Real jobs on the system clock: they fire, fail, are retried, are recorded on disk, and survive a restart.

/// Prints a line and flushes it, also to a file or a pipe.
func say(_ line: String = "") {
    print(line)
    fflush(nil)
}

func fail(_ message: String, code: Int32 = 1) -> Never {
    FileHandle.standardError.write(Data("quickstart: \(message)\n".utf8))
    exit(code)
}

do {
    let options = try Options(CommandLine.arguments.dropFirst())
    let crontab = try options.crontab.map { try Crontab(contentsOf: $0) }
    let folder = URL(filePath: options.state, directoryHint: .isDirectory).standardizedFileURL
    let store = try await FileJobStore(directory: folder)
    let found = try await store.jobs(JobQuery(limit: 1000)).items
    let finished = found.map { $0.succeeded + $0.failed + $0.canceledOrExpired }.reduce(0, +)
    say("State in \(folder.path): \(found.isEmpty ? "new" : "\(found.count) jobs, \(finished) executions finished")")

    let jobs: [Job]
    let scheduler: Scheduler
    var server: LoopbackServer?
    if let crontab {
        let policy = AddressPolicy.publicInternet.adding(hosts: options.allowedHosts)
        scheduler = Scheduler(store: store, transport: .automatic(addressPolicy: policy))
        jobs = try await scheduler.create(
            crontab.entries.map { entry in
                var draft = entry.draft()
                draft.idempotencyKey = "crontab/\(entry.schedule.summary) \(entry.request.url)"
                return draft
            })
        for job in jobs { say("  \(job.schedule.summary)  \(job.name)") }
    } else {
        let receiver = try await Receiver.start()
        server = receiver
        let policy = AddressPolicy.allowing(hosts: ["127.0.0.1"])
        scheduler = Scheduler(store: store, transport: .automatic(addressPolicy: policy))
        jobs = try await Tour(server: receiver).prepare(scheduler)
        say("Receiver on \(receiver.address()); stopping after \(options.seconds) s, or on Ctrl-C.")
    }
    // Jobs that another tour or crontab left in this folder must not run.
    let strangers = Set(found.map(\.id)).subtracting(jobs.map(\.id))
    if !strangers.isEmpty {
        let gone = try await store.delete(Array(strangers))
        say("Deleted \(gone.count) jobs of an earlier start that this one does not have.")
    }
    say()

    let events = scheduler.events()
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await scheduler.run(stoppingOn: .interrupt, .terminate) }
        if crontab == nil {
            group.addTask {
                try? await Task.sleep(for: .seconds(options.seconds))
                scheduler.beginShutdown()
            }
        }
        var report = Report(jobs: jobs)
        for await event in events where event.kind == .executionFinished {
            if let execution = event.execution { report.add(execution) }
        }
        report.printSummary()
        group.cancelAll()
        try await group.waitForAll()
    }
    await server?.stop()
    try await store.close()
} catch let error as UsageError {
    fail([error.message, Options.usage].compactMap(\.self).joined(separator: "\n"), code: error.message == nil ? 0 : 2)
} catch {
    fail("\(error)")
}
