import Foundation

/// The starts of attempts that limits of rates have to know, and for how long.
package struct StartLedger: Sendable {
    package private(set) var starts: [RatePool: OrderedIndex<AttemptStart>] = [:]
    /// The names that jobs share, or have shared, under which there are starts.
    private(set) var names = OrderedIndex<String>()
    /// The longest window by which each name was ever limited, in seconds.
    private var longestWindows: [String: Double] = [:]
    /// By how many lines each name is used.
    private var users: [String: Int] = [:]
    /// The names that nobody uses any longer, by the instant at which their starts may be forgotten.
    private var idle = OrderedIndex<IdleName>()
    private var ends: [String: Date] = [:]

    private struct IdleName: Sendable, Comparable {
        let instant: Date
        let name: String

        static func < (lhs: IdleName, rhs: IdleName) -> Bool {
            lhs.instant == rhs.instant ? lhs.name < rhs.name : lhs.instant < rhs.instant
        }
    }

    mutating func put(_ start: AttemptStart, in pool: RatePool) {
        starts[pool, default: OrderedIndex()].insert(start)
        if case .shared(let name) = pool { names.insert(name) }
        updateIdle(pool)
    }

    mutating func forget(_ pool: RatePool, through date: Date) {
        while let first = starts[pool]?.first, first.date <= date { starts[pool]?.remove(first) }
        if starts[pool]?.isEmpty ?? false { forget(pool) } else { updateIdle(pool) }
    }

    mutating func forget(_ pool: RatePool) {
        starts[pool] = nil
        if case .shared(let name) = pool { names.remove(name) }
        updateIdle(pool)
    }

    /// The instant at which a rate has room again, or `nil` if it has now.
    func opening(of limit: RateLimit, in pool: RatePool, at now: Date) -> Date? {
        starts[pool]?.opening(of: limit, at: now)
    }

    /// The instant up to which the starts of a pool need not be known any longer, if there are such.
    ///
    /// Twice the window is kept, for a clock that is set back, and for a window that is made longer; and the window
    /// before the last start outside the present one, for a clock that had jumped ahead and is set right.
    func forgettable(in pool: RatePool, window: Double, at now: Date) -> Date? {
        guard let starts = starts[pool], let oldest = starts.first,
            let previous = starts.prefixReversed(before: .beginning(of: now.addingTimeInterval(-window)))
                .first(where: { _ in true })
        else { return nil }
        let horizon = min(now.addingTimeInterval(-2 * window), previous.date.addingTimeInterval(-window))
        return oldest.date <= horizon ? horizon : nil
    }

    // MARK: Shared names

    /// The longest window by which a name was limited, in seconds.
    func window(of name: String) -> Double { longestWindows[name] ?? 0 }

    mutating func use(_ rates: [SharedRateLimit]) {
        for rate in rates {
            longestWindows[rate.name] = max(longestWindows[rate.name] ?? 0, rate.limit.window / .seconds(1))
        }
        for name in Set(rates.map(\.name)) {
            users[name, default: 0] += 1
            updateIdle(.shared(name))
        }
    }

    mutating func leave(_ rates: [SharedRateLimit]) {
        for name in Set(rates.map(\.name)) {
            let count = (users[name] ?? 1) - 1
            users[name] = count > 0 ? count : nil
            updateIdle(.shared(name))
        }
    }

    /// When the starts under the first name that nobody uses may be forgotten.
    var idleEnd: Date? { idle.first?.instant }

    /// A name that nobody uses, whose starts may be forgotten by now, and the last of them.
    func forgettableName(at now: Date) -> (pool: RatePool, through: Date)? {
        guard let first = idle.first, first.instant <= now else { return nil }
        let pool = RatePool.shared(first.name)
        return starts[pool]?.last.map { (pool, $0.date) }
    }

    /// A name comes and goes with those who use it; its starts count until then, and for a day at least.
    ///
    /// The day is for a name whose window went with the last job that used it, when the records are read from a file.
    private mutating func updateIdle(_ pool: RatePool) {
        guard case .shared(let name) = pool else { return }
        if let end = ends.removeValue(forKey: name) { idle.remove(IdleName(instant: end, name: name)) }
        guard users[name] == nil else { return }
        guard let last = starts[pool]?.last else {
            longestWindows[name] = nil
            return
        }
        let end = last.date.addingTimeInterval(max(2 * window(of: name), 86_400))
        ends[name] = end
        idle.insert(IdleName(instant: end, name: name))
    }
}
