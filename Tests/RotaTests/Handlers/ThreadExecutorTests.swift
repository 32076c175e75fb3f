import Testing

@testable import Rota

@Suite("ThreadExecutor")
struct ThreadExecutorTests {
    @Test("All tasks of an executor run on its thread, also after they were suspended")
    func oneThread() async {
        let executor = ThreadExecutor(name: "rota.test")
        let names = await withTaskGroup(of: Set<String?>.self) { group in
            for _ in 0..<100 {
                group.addTask(executorPreference: executor) {
                    var names: Set<String?> = []
                    for _ in 0..<20 {
                        names.insert(ThreadExecutor.currentName)
                        await Task.yield()
                    }
                    return names
                }
            }
            return await group.reduce(into: Set<String?>()) { $0.formUnion($1) }
        }
        #expect(names == ["rota.test"])
        executor.close()
    }

    @Test("A task that comes after the executor was closed runs all the same")
    func afterClosing() async throws {
        let executor = ThreadExecutor(name: "rota.test")
        executor.close()
        for number in 0..<50 {
            let task = Task(executorPreference: executor) {
                await Task.yield()
                return number
            }
            #expect(await task.value == number)
        }
    }

    @Test("An operation's value, its error and its cancellation pass through its own thread")
    func ownThread() async throws {
        struct Failure: Error {}
        #expect(try await withOwnThread(named: "rota.own") { @concurrent in ThreadExecutor.currentName } == "rota.own")
        await #expect(throws: Failure.self) {
            try await withOwnThread(named: "rota.own") { @concurrent in throw Failure() }
        }
        let task = Task {
            try await withOwnThread(named: "rota.own") { @concurrent in
                while !Task.isCancelled { await Task.yield() }
                return true
            }
        }
        task.cancel()
        #expect(try await task.value)
    }
}
