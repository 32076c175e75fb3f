import RotaTesting
import Synchronization
import Testing

@testable import RotaHTTP

@Suite("DeadlineTimer")
struct DeadlineTimerTests {
    @Test("Every deadline that is not canceled runs once, in order", arguments: 0..<4)
    func order(_ seed: Int) async {
        let timer = DeadlineTimer(label: "test")
        let (runs, run) = AsyncStream<Int>.makeStream()
        var random = SeededGenerator(seed: UInt64(seed))
        var expected: [(Int, Int)] = []
        for number in 0..<300 {
            let delay = Int.random(in: 0...40, using: &random)
            let ticket = timer.schedule(after: .milliseconds(delay)) { run.yield(number) }
            if delay > 30 { timer.cancel(ticket) } else { expected.append((delay, number)) }
        }
        _ = timer.schedule(after: .milliseconds(60)) { run.finish() }
        var seen: [Int] = []
        for await number in runs { seen.append(number) }
        #expect(seen.sorted() == expected.map(\.1).sorted())
    }

    @Test("Canceled deadlines are dropped at once, and the others still run")
    func canceled() async {
        let timer = DeadlineTimer(label: "test")
        for _ in 0..<10_000 {
            timer.cancel(timer.schedule(after: .seconds(3600)) { Issue.record("a deadline ran that was taken back") })
        }
        #expect(timer.pendingCount <= 128)
        await withCheckedContinuation { continuation in
            _ = timer.schedule(after: .milliseconds(1)) { continuation.resume() }
        }
    }

    @Test("A far deadline does not delay a near one")
    func rearmed() async {
        let timer = DeadlineTimer(label: "test")
        let far = timer.schedule(after: .seconds(100_000_000)) { Issue.record("the far deadline ran") }
        await withCheckedContinuation { continuation in
            _ = timer.schedule(after: .milliseconds(1)) { continuation.resume() }
        }
        timer.cancel(far)
    }
}
