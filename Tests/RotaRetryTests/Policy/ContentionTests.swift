import RotaRetry
import RotaTesting
import Testing

/// Clients that all write one record under optimistic locking, after Brooker's simulator (2015).
///
/// Each reads the version, writes it back, and on a conflict waits and starts over. Every message takes about
/// 10 ms. What counts is the number of writes until all have got through.
struct Contention {
    private struct Event: Comparable {
        var time: Double
        var order: Int
        var client: Int
        var step: Step
        static func < (left: Event, right: Event) -> Bool { (left.time, left.order) < (right.time, right.order) }
    }

    private enum Step: Equatable {
        case readAtServer
        case writeAtServer(version: Int)
    }

    let clients: Int
    /// The delay in milliseconds after a client's nth conflict, given the delay before.
    let delay: (Int, Double?, inout SeededGenerator) -> Double

    /// Runs until every client has got through, and returns how often they wrote.
    func calls(seed: UInt64) -> Int {
        var generator = SeededGenerator(seed: seed)
        var queue = Heap<Event>()
        var order = 0
        var version = 0
        var calls = 0
        var conflicts = [Int](repeating: 0, count: clients)
        var waited = [Double?](repeating: nil, count: clients)
        func send(_ client: Int, _ step: Step, at time: Double) {
            order += 1
            queue.push(Event(time: time, order: order, client: client, step: step))
        }
        for client in 0..<clients { send(client, .readAtServer, at: Self.latency(&generator)) }
        while let event = queue.pop() {
            // There and back.
            let there = event.time + Self.latency(&generator)
            switch event.step {
            case .readAtServer:
                send(event.client, .writeAtServer(version: version), at: there + Self.latency(&generator))
            case .writeAtServer(let seen):
                calls += 1
                if seen == version {
                    version += 1
                } else {
                    conflicts[event.client] += 1
                    let wait = delay(conflicts[event.client], waited[event.client], &generator)
                    waited[event.client] = wait
                    send(event.client, .readAtServer, at: there + wait + Self.latency(&generator))
                }
            }
        }
        return calls
    }

    /// Normal with mean 10 and deviation 2: twelve uniform numbers less six are nearly normal.
    private static func latency(_ generator: inout SeededGenerator) -> Double {
        let normal = (0..<12).reduce(-6.0) { sum, _ in sum + Double.random(in: 0..<1, using: &generator) }
        return abs(10 + 2 * normal)
    }
}

/// A binary heap, least first.
private struct Heap<Element: Comparable> {
    private var items: [Element] = []

    mutating func push(_ item: Element) {
        items.append(item)
        var child = items.count - 1
        while child > 0, items[child] < items[(child - 1) / 2] {
            items.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func pop() -> Element? {
        guard let first = items.first else { return nil }
        let last = items.removeLast()
        guard !items.isEmpty else { return first }
        items[0] = last
        var parent = 0
        while let child = [2 * parent + 1, 2 * parent + 2].filter({ $0 < items.count }).min(by: {
            items[$0] < items[$1]
        }),
            items[child] < items[parent]
        {
            items.swapAt(child, parent)
            parent = child
        }
        return first
    }
}

@Suite("Contention")
struct ContentionTests {
    private static func average(_ backoff: Backoff, _ jitter: Jitter, runs: UInt64 = 20) -> Double {
        let simulation = Contention(clients: 100) { conflict, previous, generator in
            let before = previous.map { Duration.nanoseconds(Int64($0 * 1e6)) }
            return seconds(
                backoff.delay(afterAttempt: conflict, jitter: jitter, previous: before, using: &generator)) * 1000
        }
        return Double((1...runs).reduce(0) { $0 + simulation.calls(seed: $1) }) / Double(runs)
    }

    @Test("100 contending clients: full jitter < equal < decorrelated < none, and full at most half of none")
    func order() {
        let exponential = Backoff.exponential(initial: .milliseconds(10), maximum: .seconds(2))
        let full = Self.average(exponential, .full)
        let equal = Self.average(exponential, .equal)
        let decorrelated = Self.average(
            .decorrelated(initial: .milliseconds(5), maximum: .seconds(2)), .none)
        let none = Self.average(exponential, .none)
        let calls = "full \(full), equal \(equal), decorrelated \(decorrelated), none \(none)"
        #expect(full < equal, "\(calls)")
        #expect(equal < decorrelated, "\(calls)")
        #expect(decorrelated < none, "\(calls)")
        #expect(full <= 0.5 * none, "\(calls)")
    }
}
