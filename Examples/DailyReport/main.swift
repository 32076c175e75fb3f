import Foundation
import Rota

let stateDirectory = URL(filePath: "daily-report-state")
let scheduler = Scheduler(
    store: try await FileJobStore(directory: stateDirectory), transport: .automatic)
let job = try await scheduler.create(
    .init(
        name: "daily-report",
        schedule: .cron("30 9 * * 1-5", in: "America/New_York"),
        action: .http(.post("https://api.example.com/report")),
        retry: .exponential(maxAttempts: 5),
        idempotencyKey: "daily-report"))
print("\(job.name): \(job.schedule.summary)")
print("next run: \(job.nextRunAt?.formatted(.iso8601) ?? "none")")
try await scheduler.run()
