import Foundation
import Synchronization

/// The memory of this process that is in use, in bytes.
func residentBytes() -> Int {
    #if os(Linux)
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return pages * 4096
    #else
        var usage = rusage()
        getrusage(RUSAGE_SELF, &usage)
        return usage.ru_maxrss
    #endif
}

/// The processor time that this process has used, in seconds.
func processorSeconds() -> Double {
    Double(clock()) / Double(CLOCKS_PER_SEC)
}

/// Numbers that many tasks collect.
final class Samples: Sendable {
    private let numbers = Mutex<[Double]>([])

    func append(_ number: Double) {
        numbers.withLock { $0.append(number) }
    }

    func sorted() -> [Double] {
        numbers.withLock { $0.sorted() }
    }
}

/// Counts events, and lets a task wait for a number of them.
final class Countdown: Sendable {
    private struct State {
        var remaining: Int
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state: Mutex<State>

    init(_ count: Int) {
        state = Mutex(State(remaining: count))
    }

    func countDown() {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.remaining -= 1
            return state.remaining == 0 ? state.waiter : nil
        }
        waiter?.resume()
    }

    func wait() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                state.waiter = continuation
                return state.remaining <= 0
            }
            if isOver { continuation.resume() }
        }
    }
}
