import Foundation
import RotaSchedule

/// A zone's changes from 1969 to 2205 as plain lists, for walkers that ask for offsets all the time.
final class ZoneHistory {
    /// The index of the last result.
    ///
    /// The next one is usually near.
    private var last = 0
    private let instants: [Int]
    private let offsets: [Int]
    /// Whether every offset and every change is a whole number of minutes.
    let hasWholeMinutes: Bool

    init(_ rules: TimeZoneRules) {
        var cursor = Date(timeIntervalSince1970: -31_536_000)
        var instants = [Int.min]
        var offsets = [rules.secondsFromGMT(for: cursor)]
        while let change = rules.nextTransition(after: cursor), change.timeIntervalSince1970 < 7_416_000_000 {
            instants.append(Int(change.timeIntervalSince1970))
            offsets.append(rules.secondsFromGMT(for: change))
            cursor = change
        }
        self.instants = instants
        self.offsets = offsets
        hasWholeMinutes = (offsets + instants.dropFirst()).allSatisfy { $0 % 60 == 0 }
    }

    private func index(at instant: Int) -> Int {
        if instants[last] <= instant, last + 1 == instants.count || instant < instants[last + 1] { return last }
        var (low, high) = (0, instants.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if instants[middle] <= instant { low = middle } else { high = middle }
        }
        last = low
        return low
    }

    func offset(at instant: Int) -> Int {
        offsets[index(at: instant)]
    }

    /// Returns the changes from one second through another.
    func changes(from: Int, through: Int) -> ArraySlice<Int> {
        let lower = index(at: from - 1) + 1
        let upper = index(at: through) + 1
        return instants[lower..<max(lower, upper)]
    }

    /// Whether a stretch contains an offset change, or times that an earlier gap shifts readings into.
    func isBusy(_ instant: Int, _ length: Int) -> Bool {
        var index = index(at: instant + length - 1)
        while index > 0, instants[index] > instant - 90_000 {
            if instants[index] + max(1, offsets[index] - offsets[index - 1]) > instant { return true }
            index -= 1
        }
        return false
    }
}
