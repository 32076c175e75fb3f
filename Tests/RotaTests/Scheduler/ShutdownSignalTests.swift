import Foundation
import RotaTesting
import Testing

/// The signals are those of the whole process, so one test at a time.
@Suite("Shutdown on a signal", .serialized)
struct ShutdownSignalTests {
    @Test("A signal shuts down, and what is running may end")
    func drains() async throws {
        let bench = Bench()
        let gate = Gate()
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        try await bench.scheduler.handle("work") { _ in
            begin.yield()
            await gate.wait()
        }
        let job = try await bench.scheduler.create(
            JobDraft(name: "j", schedule: .immediately, action: .handler("work")))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await bench.scheduler.run(stoppingOn: .hangup) }
            for await _ in begun { break }
            kill(getpid(), SIGHUP)
            await gate.open()
            try await group.waitForAll()
        }
        #expect(try await bench.executions(of: job.id).map(\.status) == [.succeeded])
    }

    @Test("A second signal cancels what is running")
    func cancels() async throws {
        let bench = Bench()
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        try await bench.scheduler.handle("work") { _ in
            begin.yield()
            try await Task.sleep(for: .seconds(1_000_000))
        }
        let job = try await bench.scheduler.create(
            JobDraft(name: "j", schedule: .immediately, action: .handler("work")))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await bench.scheduler.run(stoppingOn: .hangup) }
            for await _ in begun { break }
            kill(getpid(), SIGHUP)
            // Two that come together count once, so wait until the first was seen.
            while !bench.scheduler.isStopping { await Task.yield() }
            kill(getpid(), SIGHUP)
            try await group.waitForAll()
        }
        #expect(try await bench.executions(of: job.id).map(\.status) == [.queued])
    }

    @Test("Afterwards a signal does what it did before")
    func restores() async throws {
        let counter = signal(SIGHUP, SIG_IGN)
        defer { signal(SIGHUP, counter) }
        let bench = Bench()
        bench.scheduler.beginShutdown()
        try await bench.scheduler.run(stoppingOn: .hangup)
        // It was ignored before, so it does not end the process now.
        kill(getpid(), SIGHUP)
    }

    @Test("Canceling the task cancels the run")
    func cancellation() async throws {
        let bench = Bench()
        let running = Task { try await bench.scheduler.run(stoppingOn: .hangup) }
        running.cancel()
        try await running.value
    }
}
