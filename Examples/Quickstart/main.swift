import Foundation
import Rota
import RotaTesting

// swift run quickstart
// Real jobs on a real clock: they fire, fail, are retried, are recorded on disk, and survive a restart.

func fail(_ message: String, code: Int32 = 1) -> Never {
    FileHandle.standardError.write(Data("quickstart: \(message)\n".utf8))
    exit(code)
}

do {
    let options = try Options(CommandLine.arguments.dropFirst())
    let folder = URL(filePath: options.state, directoryHint: .isDirectory).standardizedFileURL
    let store = try await FileJobStore(directory: folder)
    let found = try await store.jobs(JobQuery(limit: 1000)).items
    let finished = found.map { $0.succeeded + $0.failed + $0.dropped }.reduce(0, +)
    print("State in \(folder.path): \(found.isEmpty ? "new" : "\(found.count) jobs, \(finished) executions finished")")

    let jobs: [Job]
    let scheduler: Scheduler
    var server: LoopbackServer?
    if let file = options.crontab {
        let crontab = try Crontab(String(contentsOf: URL(filePath: file), encoding: .utf8))
        let policy = AddressPolicy.publicInternet.adding(hosts: options.allowedHosts)
        scheduler = Scheduler(store: store, transport: URLSessionTransport(addressPolicy: policy))
        jobs = try await scheduler.create(
            crontab.entries.map { entry in
                var draft = entry.draft()
                draft.idempotencyKey = "\(file):\(entry.schedule.summary) \(entry.request.url)"
                return draft
            })
        for job in jobs { print("  \(job.schedule.summary)  \(job.name)") }
    } else {
        let receiver = try await Receiver.start()
        server = receiver
        let policy = AddressPolicy.allowing(hosts: ["127.0.0.1"])
        scheduler = Scheduler(store: store, transport: URLSessionTransport(addressPolicy: policy))
        try await Tour(server: receiver).prepare(scheduler)
        jobs = try await scheduler.jobs(JobQuery(limit: 1000)).items
        print("Receiver on \(receiver.address()); stopping after \(options.seconds) s, or on Ctrl-C.")
    }
    print("")

    let events = scheduler.events()
    let interruption = Interruption { scheduler.beginShutdown() }
    defer { withExtendedLifetime(interruption) {} }
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await scheduler.run() }
        if options.crontab == nil {
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
