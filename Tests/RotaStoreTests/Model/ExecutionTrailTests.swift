import Foundation
import RotaRetry
import RotaStore
import Testing

@Suite("Decision trails")
struct ExecutionTrailTests {
    private let start = Date(timeIntervalSince1970: 1_772_964_000)

    @Test("The same holds are one decision, whatever the dates in them")
    func repeated() {
        var trail = ExecutionTrail()
        let holds: [([ExecutionHold], Double)] = [
            ([.rate(until: start + 5)], 0), ([.rate(until: start + 9)], 5),
            ([.rate(until: start + 9), .concurrency(limit: 1)], 6), ([], 9), ([], 10),
        ]
        let added = holds.map { holds, seconds in trail.append(holds, at: start + seconds) }
        #expect(added == [true, false, true, true, false])
        #expect(trail.decisions.map(\.holds) == [["rate"], ["rate", "concurrency"], []])
        #expect(trail.decisions.map(\.kind) == [.held, .held, .ready])
    }

    @Test("Every hold has a name of its own")
    func names() {
        let id = ExecutionID(bits: 1)
        let holds: [ExecutionHold] = [
            .notDue(until: start), .pausedQueue(until: nil), .concurrency(limit: 1), .concurrencyPerKey("a", limit: 1),
            .rate(until: start), .sharedRate("mail", until: start), .sharedRate("sms", until: start),
            .window(until: nil), .series(after: id),
            .dependency(on: JobID(bits: 1), name: "a", .any, key: nil, last: nil), .batch(unfinished: 2),
            .externalCompletion(until: nil), .expired(at: start),
        ]
        #expect(Set(holds.map(\.name)).count == holds.count)
    }

    @Test("A long trail keeps its first and its last decisions, and counts the rest")
    func bounded() throws {
        var trail = ExecutionTrail()
        for number in 1...150 { trail.appendClaim(by: "a", attempt: number, at: start + Double(number)) }
        #expect(trail.decisions.count == ExecutionTrail.maximumCount && trail.omitted == 50)
        #expect(trail.decisions.first?.date == start + 1 && trail.decisions.last?.date == start + 150)
        #expect(trail.decisions[49].date == start + 50 && trail.decisions[50].date == start + 101)
        #expect(trail.lines.count == 101 && trail.lines[50] == "… 50 more decisions …")
        let data = try JSONEncoder().encode(trail)
        #expect(try JSONDecoder().decode(ExecutionTrail.self, from: data) == trail)
    }

    @Test("The lines tell how long limits held the execution")
    func lines() {
        var trail = ExecutionTrail()
        trail.append([.concurrency(limit: 4)], at: start)
        trail.appendClaim(by: "a", attempt: 1, at: start + 30)
        let failure = ExecutionFailure(kind: .timeout, message: "no answer")
        func completion(_ next: Completion.Next, _ reason: String? = nil) -> Completion {
            Completion(
                executionID: ExecutionID(bits: 1), token: 1, attempt: nil, next: next, date: start + 40, reason: reason)
        }
        trail.append(completion(.retry(at: start + 42, after: failure), "the fixed delay"))
        trail.append(completion(.released(until: start + 50)))
        trail.append(completion(.waiting(until: nil)))
        trail.append(completion(.failed(failure)))
        trail.append(completion(.succeeded))
        #expect(
            trail.lines == [
                "2026-03-08T10:00:00Z held for 30 s: the limit of 4 executions at a time is reached",
                "2026-03-08T10:00:30Z claimed: attempt 1, by scheduler \"a\"",
                "2026-03-08T10:00:40Z retried: at 2026-03-08T10:00:42Z: the fixed delay",
                "2026-03-08T10:00:40Z released: the attempt was not made; due at 2026-03-08T10:00:50Z",
                "2026-03-08T10:00:40Z waiting: for an external completion",
                "2026-03-08T10:00:40Z stopped: no answer",
            ])
    }
}
