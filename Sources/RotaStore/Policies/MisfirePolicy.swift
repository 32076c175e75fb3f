/// What becomes of the occurrences that were missed while nobody was there to fire them.
///
/// An occurrence is missed if its instant has passed by more than the policy's tolerance when the scheduler sees it:
/// after a downtime, a suspend, or a step of the clock.
public struct MisfirePolicy: Sendable, Hashable, Codable {
    package enum Rule: Sendable, Hashable, Codable {
        case skip
        case latest
        case all(limit: Int)
    }

    package let rule: Rule
    /// The lateness beyond which an occurrence is not run whatever the rule, or `nil` for no limit.
    public let maximumLateness: Duration?

    /// Runs the latest of the missed occurrences once; the default.
    public static let latest = MisfirePolicy(rule: .latest, maximumLateness: nil)

    /// Runs none of the missed occurrences.
    public static let skip = MisfirePolicy(rule: .skip, maximumLateness: nil)

    /// Runs the latest missed occurrence once, unless it is too late for it.
    public static func latest(within lateness: Duration) -> MisfirePolicy {
        MisfirePolicy(rule: .latest, maximumLateness: lateness)
    }

    /// Runs every missed occurrence, the newest ones if there are more than a limit.
    ///
    /// - Parameters:
    ///   - limit: The largest number of missed occurrences to run, from 1 to 10,000; values outside are clamped.
    ///   - lateness: The lateness beyond which an occurrence is not run, or `nil` for no limit.
    public static func all(limit: Int, within lateness: Duration? = nil) -> MisfirePolicy {
        MisfirePolicy(rule: .all(limit: min(max(limit, 1), 10_000)), maximumLateness: lateness)
    }
}
