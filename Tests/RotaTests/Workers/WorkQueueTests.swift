import Synchronization
import Testing

@testable import Rota

@Suite("Work queue and outbox")
struct WorkQueueTests {
    @Test("Every element is handed out once, to waiting and later workers", arguments: [1, 8])
    func once(workers: Int) async {
        let queue = WorkQueue<Int>()
        let seen = Outbox<Int>(signal: Signal())
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<workers {
                group.addTask {
                    while let element = await queue.next(isDrained: {}) {
                        seen.push(element, isUrgent: false)
                        if element % 7 == 0 { await Task.yield() }
                    }
                }
            }
            for batch in 0..<50 { queue.push(Array((batch * 40)..<(batch * 40 + 40))) }
            queue.close()
        }
        #expect(seen.drain().sorted() == Array(0..<2000))
    }

    @Test("Slow work does not wait behind other work while workers are free", .timeLimit(.minutes(20)))
    func oneEach() async {
        let queue = WorkQueue<Int>()
        let gate = Turnstile(count: 16)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    // No worker continues before all have started.
                    while await queue.next(isDrained: {}) != nil { await gate.pass() }
                }
            }
            queue.push(Array(0..<16))
            await gate.wait()
            queue.close()
        }
    }

    @Test("Work that no worker has started can be taken back, and workers keep waiting")
    func takenBack() async {
        let queue = WorkQueue<Int>()
        queue.push([1, 2, 3])
        #expect(await queue.next(isDrained: {}) == 1)
        #expect(queue.drain() == [2, 3])
        queue.push([4])
        var isDrained = false
        #expect(await queue.next(isDrained: { isDrained = true }) == 4)
        #expect(isDrained)
        queue.close()
        #expect(await queue.next(isDrained: {}) == nil)
    }

    @Test("The driver is signaled for urgent results, an empty queue and a full batch")
    func announced() {
        let signal = Signal()
        let outbox = Outbox<Int>(signal: signal)
        outbox.push(1, isUrgent: false)
        #expect(!signal.isRaised)
        outbox.flush()
        #expect(signal.isRaised)
        #expect(!signal.lower(), "results are no news")
        #expect(outbox.drain() == [1])
        outbox.flush()
        #expect(!signal.isRaised, "there is nothing to tell")

        outbox.push(2, isUrgent: true)
        #expect(signal.isRaised)
        _ = signal.lower()
        #expect(outbox.drain() == [2])

        for number in 0..<31 { outbox.push(number, isUrgent: false) }
        #expect(!signal.isRaised)
        outbox.push(31, isUrgent: false)
        #expect(signal.isRaised)
        #expect(outbox.drain() == Array(0..<32))
        signal.raise()
        #expect(signal.lower(), "anything else is news")
    }
}

/// A barrier that opens when a number of tasks have reached it.
private final class Turnstile: Sendable {
    private let state: Mutex<(missing: Int, waiters: [CheckedContinuation<Void, Never>])>

    init(count: Int) {
        state = Mutex((count, []))
    }

    func pass() async {
        await wait(counting: 1)
    }

    func wait() async {
        await wait(counting: 0)
    }

    private func wait(counting number: Int) async {
        await withCheckedContinuation { continuation in
            let passing = state.withLock { state in
                state.missing -= number
                state.waiters.append(continuation)
                guard state.missing <= 0 else { return [CheckedContinuation<Void, Never>]() }
                defer { state.waiters = [] }
                return state.waiters
            }
            for waiter in passing { waiter.resume() }
        }
    }
}
