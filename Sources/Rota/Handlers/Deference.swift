import Foundation
import RotaCore

/// When a scheduler holds back from claiming, so that another one can take what this one has no handler for.
///
/// Such executions are released until an instant that they share, one in five seconds. Every scheduler on the store
/// knows that instant by then, because it is further off than the longest sleep; and at it, those that have the handler
/// get a head start.
struct Deference {
    private var turns: [Date] = []

    private static let grid = 5.0
    private static let headStart = 0.25

    /// The instant until which an execution is released.
    ///
    /// - Parameter longestSleep: How long another scheduler may go without looking at the store; 30 seconds at most.
    mutating func turn(after now: Date, longestSleep: Duration) -> Date {
        let earliest = now.advanced(by: min(longestSleep, .seconds(30))).timeIntervalSinceReferenceDate + 1
        let turn = Date(timeIntervalSinceReferenceDate: (earliest / Self.grid).rounded(.up) * Self.grid)
        if !turns.contains(turn) { turns.append(turn) }
        return turn
    }

    /// The end of the present head start, or `nil` if nobody has one.
    mutating func end(at now: Date) -> Date? {
        guard !turns.isEmpty else { return nil }
        turns.removeAll { $0.addingTimeInterval(Self.headStart) <= now }
        return turns.first { $0 <= now }?.addingTimeInterval(Self.headStart)
    }
}
