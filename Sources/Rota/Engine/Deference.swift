import Foundation
import RotaCore
import RotaStore

/// Holds a scheduler back from claiming, so that another one can take what this one has no handler for.
///
/// ```
///   released ──────── longestSleep + 1 s ────────▶│ release date: a multiple of 5 s
///                                                  ├─ head start, 0.25 s ┤
///                                                  others claim          this scheduler claims again
/// ```
///
/// Every scheduler on the store knows of the release by then, because the date is further away than the longest sleep.
///
/// If the clock of the other one is behind this one's by more than the head start, this one claims first again. So the
/// head start doubles each time that the same execution is released. A scheduler claims nothing in a head start, so a
/// longer one comes about once a minute at most, in turn for the dates of the released executions.
struct Deference {
    private var releases: [Release] = []
    /// The head starts of executions, as multiples of the first one.
    private var factors: [ExecutionID: Int] = [:]

    /// The date of the latest longer head start.
    private var latestLong: Date?

    private struct Release {
        var date: Date
        var headStart: Duration

        var end: Date { date.advanced(by: headStart) }
    }

    /// Release dates are multiples of this many seconds, so that executions released at different times share one.
    private static let spacing: TimeInterval = 5
    /// The time between two longer head starts.
    ///
    /// Executions return after 35 or 40 s, so each meets one in its turn.
    private static let longSpacing: TimeInterval = 65
    private static let headStart = Duration.milliseconds(250)
    /// The longest head start is as many times as long: 4 s, more than clocks may differ by unless told otherwise.
    private static let longest = 16
    /// Executions that others have taken are never removed one by one.
    private static let limit = 10_000

    /// Returns the date until which an execution is released.
    ///
    /// - Parameters:
    ///   - id: The execution.
    ///   - now: The current date.
    ///   - longestSleep: How long another scheduler may go without polling the store. Capped at 30 seconds.
    mutating func releaseDate(of id: ExecutionID, after now: Date, longestSleep: Duration) -> Date {
        let earliest = now.advanced(by: min(longestSleep, .seconds(30))).timeIntervalSinceReferenceDate + 1
        if factors.count >= Self.limit, factors[id] == nil { factors = [:] }
        let factor = min(factors[id].map { $0 * 2 } ?? 1, Self.longest)
        let date = Date(timeIntervalSinceReferenceDate: (earliest / Self.spacing).rounded(.up) * Self.spacing)
        factors[id] = factor
        let headStart = Self.headStart * (mayBeLong(date) ? factor : 1)
        if headStart > Self.headStart { latestLong = date }
        if let place = releases.firstIndex(where: { $0.date == date }) {
            releases[place].headStart = max(releases[place].headStart, headStart)
        } else {
            releases.append(Release(date: date, headStart: headStart))
        }
        return date
    }

    private func mayBeLong(_ date: Date) -> Bool {
        guard let latestLong else { return true }
        // Either way, because the clock may have been set back.
        return date == latestLong || abs(date.timeIntervalSince(latestLong)) >= Self.longSpacing
    }

    /// The end of the current head start, or `nil` if there is none.
    mutating func end(at now: Date) -> Date? {
        guard !releases.isEmpty else { return nil }
        releases.removeAll { $0.end <= now }
        return releases.filter { $0.date <= now }.map(\.end).max()
    }
}

/// Decides when to report a handler that is not registered.
///
/// All executions that need one are claimed and released together, again and again, and there may be thousands.
struct MissingHandlers {
    private var reportedAt: [String: Date] = [:]

    /// The shortest time between two reports of one handler.
    private static let gap: TimeInterval = 30

    /// Returns whether to report a handler now, and remembers it.
    mutating func isNews(_ name: String, at now: Date) -> Bool {
        if let date = reportedAt[name], date <= now, now < date.addingTimeInterval(Self.gap) { return false }
        reportedAt = reportedAt.filter { now < $0.value.addingTimeInterval(Self.gap) }
        reportedAt[name] = now
        return true
    }
}
