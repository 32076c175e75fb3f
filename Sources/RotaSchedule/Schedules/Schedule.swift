public import Foundation

/// When a job is due: a rule that names instants, and what narrows it down.
///
/// A schedule is a value without a clock. It answers which instant follows or precedes another:
///
/// ```swift
/// let schedule = try Schedule.cron("30 9 * * 1-5", in: "America/New_York").limited(toRuns: 10)
/// schedule.next(after: .now)
/// ```
public struct Schedule: Sendable, Hashable {
    indirect enum Rule: Sendable, Hashable {
        case cron(CronExpression, zone: String, DaylightSavingPolicy)
        case every(Duration, anchor: Date?)
        case afterCompletion(Duration, anchor: Date?)
        case once(Date)
        case immediately(Date?)
        case union([Schedule])
    }

    /// A span of time over which the occurrences of many jobs are spread.
    struct Smoothing: Sendable, Hashable {
        var window: Duration
        var key: String
    }

    var rule: Rule
    /// The first instant that counts, or `nil` if the schedule has no beginning.
    public internal(set) var start: Date?
    /// The instant from which nothing counts any more, or `nil` if the schedule has no end.
    public internal(set) var end: Date?
    /// How many runs the schedule is for, or `nil` for no limit; the scheduler counts them.
    public internal(set) var maximumRuns: Int?
    var smoothing: Smoothing?

    init(_ rule: Rule) {
        self.rule = rule
    }
}
