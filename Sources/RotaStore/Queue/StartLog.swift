import Foundation

/// The attempt starts that rate limits count, each kept for as long as a limit may need it.
package struct StartLog: Sendable {
    package private(set) var starts: [RatePool: OrderedIndex<AttemptStart>] = [:]
    /// The shared names that have starts, whether or not a job still uses them.
    private(set) var names = OrderedIndex<String>()
    /// The longest window that ever limited each name, in seconds.
    private var longestWindows: [String: Double] = [:]
    /// The number of rate groups that use each name.
    private var users: [String: Int] = [:]
    /// The names that no job uses any more, ordered by the date from which their starts may be forgotten.
    private var unusedNames = OrderedIndex<UnusedName>()
    /// The dates in `unusedNames`.
    private var unusedUntil: [String: Date] = [:]

    private struct UnusedName: Sendable, Comparable {
        let date: Date
        let name: String

        static func < (lhs: UnusedName, rhs: UnusedName) -> Bool {
            lhs.date == rhs.date ? lhs.name < rhs.name : lhs.date < rhs.date
        }
    }

    mutating func put(_ start: AttemptStart, in pool: RatePool) {
        starts[pool, default: OrderedIndex()].insert(start)
        if case .shared(let name) = pool { names.insert(name) }
        updateUnused(pool)
    }

    /// Forgets the starts of a pool up to and including a date.
    mutating func forget(_ pool: RatePool, through date: Date) {
        while let first = starts[pool]?.first, first.date <= date { starts[pool]?.remove(first) }
        if starts[pool]?.isEmpty ?? false { forget(pool) } else { updateUnused(pool) }
    }

    /// Forgets all starts of a pool.
    mutating func forget(_ pool: RatePool) {
        starts[pool] = nil
        if case .shared(let name) = pool { names.remove(name) }
        updateUnused(pool)
    }

    /// The date at which a rate has room again, or `nil` if it has room now.
    func opening(of limit: RateLimit, in pool: RatePool, at now: Date) -> Date? {
        starts[pool]?.opening(of: limit, at: now)
    }

    /// The date up to which the starts of a pool are no longer needed, or `nil` if all are needed.
    ///
    /// Two windows are kept, in case the clock is set back or the window is made longer. The window before the last
    /// start outside the current window is kept too, in case the clock had jumped ahead and is corrected.
    func forgettable(in pool: RatePool, window: Double, at now: Date) -> Date? {
        guard let starts = starts[pool], let oldest = starts.first,
            let previous = starts.prefixReversed(before: .beginning(of: now.addingTimeInterval(-window)))
                .first(where: { _ in true })
        else { return nil }
        let horizon = min(now.addingTimeInterval(-2 * window), previous.date.addingTimeInterval(-window))
        return oldest.date <= horizon ? horizon : nil
    }

    // MARK: Shared names

    /// The longest window that ever limited a name, in seconds.
    func window(of name: String) -> Double { longestWindows[name] ?? 0 }

    /// Registers a rate group as a user of its names.
    mutating func retain(_ rates: [SharedRateLimit]) {
        for rate in rates {
            longestWindows[rate.name] = max(longestWindows[rate.name] ?? 0, rate.limit.window / .seconds(1))
        }
        for name in Set(rates.map(\.name)) {
            users[name, default: 0] += 1
            updateUnused(.shared(name))
        }
    }

    /// Removes a rate group as a user of its names.
    mutating func release(_ rates: [SharedRateLimit]) {
        for name in Set(rates.map(\.name)) {
            let count = (users[name] ?? 1) - 1
            users[name] = count > 0 ? count : nil
            updateUnused(.shared(name))
        }
    }

    /// The earliest date at which the starts of an unused name may be forgotten.
    var nextForgettableDate: Date? { unusedNames.first?.date }

    /// An unused name whose starts may be forgotten now, and the date of the last of them.
    func forgettableName(at now: Date) -> (pool: RatePool, through: Date)? {
        guard let first = unusedNames.first, first.date <= now else { return nil }
        let pool = RatePool.shared(first.name)
        return starts[pool]?.last.map { (pool, $0.date) }
    }

    /// Lists a name as unused, with its date, if no group uses it.
    ///
    /// Its starts count for two windows more, and for a day at least: after a restart the window of a name that no job
    /// uses is unknown.
    private mutating func updateUnused(_ pool: RatePool) {
        guard case .shared(let name) = pool else { return }
        if let date = unusedUntil.removeValue(forKey: name) { unusedNames.remove(UnusedName(date: date, name: name)) }
        guard users[name] == nil else { return }
        guard let last = starts[pool]?.last else {
            longestWindows[name] = nil
            return
        }
        let date = last.date.addingTimeInterval(max(2 * window(of: name), 86_400))
        unusedUntil[name] = date
        unusedNames.insert(UnusedName(date: date, name: name))
    }
}
