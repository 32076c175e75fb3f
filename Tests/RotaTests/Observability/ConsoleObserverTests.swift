import Foundation
import RotaRetry
import RotaStore
import RotaTesting
import Testing

@Suite("Console observer")
struct ConsoleObserverTests {
    private struct Refusal: Error, CustomStringConvertible { let description = "the disk is full" }

    private func console(_ lines: Recorded<String>) -> ConsoleObserver {
        ConsoleObserver(zone: .gmt) { lines.add($0) }
    }

    @Test("It says nothing while all is well")
    func quiet() async throws {
        let (bench, lines) = (Bench(), Recorded<String>())
        bench.scheduler.observe(console(lines))
        try await bench.scheduler.handle("work") { _ in }
        try await bench.running {
            try await bench.scheduler.create(
                JobDraft(name: "j", schedule: .every(.seconds(60)), action: .handler("work")))
            try await bench.scheduler.enqueue("work")
            await bench.advance(.hours(1))
        }
        #expect(lines.all.isEmpty, "\(lines.all)")
    }

    @Test("It names the job, the reason and what follows, for each thing that goes wrong")
    func speaks() async throws {
        let (bench, lines) = (Bench(), Recorded<String>())
        bench.scheduler.observe(console(lines))
        try await bench.scheduler.handle("fails") { _ in throw Refusal() }
        func line(_ parts: String...) -> Bool { lines.all.contains { line in parts.allSatisfy { line.contains($0) } } }
        try await bench.scheduler.create(
            JobDraft(
                name: "backup", schedule: .immediately, action: .handler("fails"),
                retry: RetryPolicy(maxAttempts: 2, backoff: .fixed(.seconds(7)), jitter: .none)))
        try await bench.scheduler.create(JobDraft(name: "orphan", schedule: .immediately, action: .handler("gone")))
        try await bench.scheduler.create(
            JobDraft(
                name: "never", schedule: .every(.seconds(60)).ending(at: bench.clock.now), action: .handler("fails")))
        let skipped = try await bench.scheduler.create(
            JobDraft(name: "paused", schedule: .every(.seconds(60)), action: .handler("fails")))
        try await bench.running {
            _ = try await bench.scheduler.pause(skipped.id)
            await bench.advance(.seconds(150))
            _ = try await bench.scheduler.resume(skipped.id)
        }
        #expect(line("backup", "attempt 1 failed", "the disk is full", "Next attempt at"))
        #expect(line("backup", "failed after 2 attempts", "the disk is full"))
        #expect(line("\"gone\"", "orphan"))
        #expect(
            line("never", "will never fire", "Every 60 seconds") || line("never", "will never fire", "Every minute"))
        #expect(line("paused", "skipped 2 occurrences", "paused"))
        #expect(lines.all.allSatisfy { $0.contains(" rota: ") && !$0.contains("Optional(") })
    }

    @Test("What follows a command's output is on a line of its own")
    func outputs() async throws {
        struct Output: Error, CustomStringConvertible { let description = "it failed. Its error output:\noops" }
        let (bench, lines) = (Bench(), Recorded<String>())
        bench.scheduler.observe(console(lines))
        try await bench.scheduler.handle("fails") { _ in throw Output() }
        try await bench.scheduler.create(
            JobDraft(
                name: "backup", schedule: .immediately, action: .handler("fails"),
                retry: RetryPolicy(maxAttempts: 2, backoff: .fixed(.seconds(7)), jitter: .none)))
        try await bench.running { await bench.advance(.seconds(60)) }
        #expect(lines.all.contains { $0.contains("\noops\nNext attempt at ") })
        #expect(lines.all.contains { $0.contains("\noops\nExecution ") })
    }

    @Test("A lost lease is told once, though the renewal and the end of the attempt both tell of it")
    func lostLeases() async throws {
        let (bench, lines) = (Bench(), Recorded<String>())
        let console = console(lines)
        try await bench.scheduler.handle("work") { _ in }
        let first = try await bench.scheduler.enqueue("work")
        let second = try await bench.scheduler.enqueue("work")
        for execution in [first, first, second, first] { console.didLoseLease(of: execution, at: bench.clock.now) }
        #expect(lines.all.count == 3)
    }

    @Test("A lost lease names its job, whether another scheduler took over or the execution was deleted")
    func lostLeaseOfJob() async throws {
        for isDeleted in [false, true] {
            let (bench, lines) = (Bench(), Recorded<String>())
            bench.scheduler.observe(console(lines))
            let clock = bench.clock
            try await bench.scheduler.handle("work") { _ in
                for _ in 0..<600 { try await clock.sleep(for: .seconds(1)) }
            }
            let job = try await bench.scheduler.create(
                JobDraft(name: "long backup", schedule: .immediately, action: .handler("work")))
            try await bench.running {
                await bench.advance(.seconds(1))
                let execution = try #require(try await bench.executions(of: job.id).first)
                if isDeleted {
                    try await bench.scheduler.delete(job.id)
                } else {
                    let lease = try #require(execution.progress.lease)
                    _ = try await bench.store.finish([
                        Completion(
                            executionID: execution.id, token: lease.token, attempt: nil,
                            next: .released(until: clock.now),
                            date: clock.now)
                    ])
                    _ = try await bench.store.claim(
                        ClaimRequest(
                            owner: "thief", limit: 1, now: clock.now, leaseExpiresAt: clock.now.addingTimeInterval(3600)
                        ))
                }
                await bench.advance(.minutes(5))
            }
            #expect(
                lines.all.count { $0.contains("rota: long backup: execution ") && $0.contains("lost its lease") } == 1)
        }
    }

    @Test("A shutdown before run() is told, because run() returns at once")
    func stopsBeforeRunning() async throws {
        let (bench, lines) = (Bench(), Recorded<String>())
        bench.scheduler.observe(console(lines))
        bench.scheduler.beginShutdown()
        try await bench.scheduler.run()
        #expect(lines.all.count == 1 && lines.all[0].contains("beginShutdown()"))
    }

    @Test("Late starts are told once a minute")
    func lateness() async throws {
        let (bench, lines) = (Bench(), Recorded<String>())
        bench.scheduler.observe(console(lines))
        try await bench.scheduler.handle("work") { _ in }
        let job = try await bench.scheduler.create(
            JobDraft(name: "j", schedule: .onDemand, action: .handler("work")))
        for _ in 0..<20 { try await bench.scheduler.trigger(job.id) }
        bench.clock.set(to: bench.clock.now.addingTimeInterval(90))
        try await bench.running { await bench.advance(.seconds(1)) }
        #expect(lines.all.count { $0.contains("1 min 30 s after it was due") } == 1, "\(lines.all)")
    }

    @Test("A source prints its name")
    func sources() {
        #expect("\(ExecutionSource.manual)" == "manual")
    }
}
