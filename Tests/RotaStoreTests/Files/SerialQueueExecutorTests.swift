import RotaStore
import Testing

@Suite struct SerialQueueExecutorTests {
    /// Counts with a group commit: each caller waits for the end of the round in which it counted.
    actor Counter {
        let executor = SerialQueueExecutor(label: "counter")
        nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

        private(set) var count = 0
        private(set) var rounds = 0
        private var waiting: [CheckedContinuation<Void, Never>] = []

        func increment() async {
            count += 1
            if waiting.isEmpty {
                executor.atEndOfRound { self.assumeIsolated { $0.flush() } }
            }
            await withCheckedContinuation { waiting.append($0) }
        }

        /// Queues calls while this one still runs, so that all of them fall into one round.
        func burst(_ count: Int) -> [Task<Void, Never>] {
            (0..<count).map { _ in Task { await self.increment() } }
        }

        func isIsolated() -> Bool? { executor.isIsolatingCurrentContext() }

        private func flush() {
            rounds += 1
            let resumed = waiting
            waiting = []
            for continuation in resumed { continuation.resume() }
        }
    }

    @Test("Every caller is resumed at the end of a round")
    func groups() async {
        let counter = Counter()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<64 {
                group.addTask {
                    for _ in 0..<100 { await counter.increment() }
                }
            }
        }
        #expect(await counter.count == 6400)
        #expect(await counter.rounds <= 6400)
    }

    @Test("Calls that wait at the same time share one round")
    func shared() async {
        let counter = Counter()
        for task in await counter.burst(64) { await task.value }
        #expect(await counter.count == 64)
        #expect(await counter.rounds == 1)
    }

    @Test("A single caller is resumed every time")
    func alone() async {
        let counter = Counter()
        for _ in 0..<1000 { await counter.increment() }
        #expect(await counter.count == 1000)
        #expect(await counter.rounds == 1000)
    }

    @Test("The executor knows whether it is running")
    func isolation() async {
        let counter = Counter()
        #expect(await counter.isIsolated() == true)
        #expect(counter.executor.isIsolatingCurrentContext() == false)
    }
}
