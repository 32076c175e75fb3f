import Foundation
import Rota

let store = try await FileJobStore(directory: URL(filePath: "daily-report-state"))
let scheduler = Scheduler(store: store, observers: [ConsoleObserver()])
let declared = try await scheduler.declare(
    [
        .init(
            name: "daily-report",
            schedule: .cron("30 9 * * 1-5", in: "America/New_York"),
            action: .http(.post("https://api.example.com/report")),
            retry: .exponential(maxAttempts: 5))
    ], owner: "my-app")
print(declared)
for job in declared.jobs {
    print("\(job.name): \(job.schedule.summary), next \(job.nextRunAt?.formatted(.iso8601) ?? "never")")
}
try await scheduler.run(stoppingOn: .terminate, .interrupt)
try await store.close()
