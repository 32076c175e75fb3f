import Foundation

/// Whether a change of the queue may let another serial execution of the job be claimed.
///
/// After `mayAdvance` the caller calls ``ClaimQueue/advanceSerial(of:)``, once all changes of the job are made.
enum SerialEffect: Sendable {
    case none
    case mayAdvance

    /// The effect of two changes of one job.
    func combined(with other: SerialEffect) -> SerialEffect { self == .mayAdvance ? self : other }
}

/// A change of the serial execution that may be claimed.
struct SerialAdvance: Sendable {
    let previous: ExecutionID?
    let current: ExecutionID?
}

/// The due executions of one job with a priority, limits or dependencies, and how many of its executions run.
///
/// ```
///   due executions                     by concurrency key: the first        the job
///                                      of each key that has room
///   with a key to match, gate open ──►  open ───┐
///   with a key to match, gate closed    –       ├──►  next, unless the job is full or blocked
///   matched with the latest ─────────►  latest ─┘   (`latest` only while that allows a start)
/// ```
///
/// A key without room has no first execution, a closed gate keeps its executions out, and a job that is full or blocked
/// has no next one. So executions that cannot start cost nothing until one of the job's executions ends, a gate opens,
/// or the date comes.
struct JobQueue: Sendable {
    /// The rules by which the executions of a job start, in addition to their dates.
    struct Rules: Sendable {
        var priority: Int
        var limits: JobLimits
        /// The executions that start one at a time, in order.
        var series: OverlapPolicy.Series
        /// Whether nothing may start: the job is a paused queue.
        var isHeld: Bool
        /// Whether the latest executions of the jobs it depends on allow a start; `nil` if it depends on none.
        var latestAllows: Bool?

        /// Whether any rule but the priority restricts starts.
        var isLimited: Bool { series != .none || isHeld || latestAllows != nil || limits.restrictStarts }
    }

    /// The due executions that are matched with executions of other jobs by one key.
    private struct Gate: Sendable {
        var isOpen: Bool
        /// Each execution with its concurrency key.
        var ready: [DueKey<ExecutionID>: String?] = [:]
    }

    private(set) var rules: Rules
    private(set) var running = 0
    private var runningByKey: [String: Int] = [:]
    /// The due executions that no dependency holds.
    private var open = KeyedQueue()
    /// The due executions that are matched with the latest ones of other jobs.
    private var latest = KeyedQueue()
    private var gates: [DependencyMatch: Gate] = [:]
    /// The date until which a rate or a window allows no start.
    var blockedUntil: Date?
    /// The number of the group of jobs that share its rates.
    var group: Int?
    /// The execution that the job has in its ``RateGroup``, or else in `ClaimQueue.ready`.
    var published: DueKey<ExecutionID>?

    /// The unfinished serial executions that have not expired, in the order of their nominal dates.
    private var serial = OrderedIndex<DueKey<ExecutionID>>()
    /// The serial executions that have expired and are not yet pruned.
    private var expired = OrderedIndex<DueKey<ExecutionID>>()
    /// The members of `serial` that have started.
    private var started = OrderedIndex<DueKey<ExecutionID>>()
    /// The only serial execution that may be claimed.
    private var current: ExecutionID?

    /// Creates the queue of a job, or returns `nil` if the job has neither a priority nor limits.
    init?(_ rules: Rules) {
        self.rules = rules
        guard rules.priority != 0 || rules.isLimited else { return nil }
    }

    var limits: JobLimits { rules.limits }
    var priority: Int { rules.priority }
    var isLimited: Bool { rules.isLimited }

    /// The execution that may start next, if any may.
    var next: DueKey<ExecutionID>? {
        guard !rules.isHeld, blockedUntil == nil, limits.concurrency.map({ running < max(1, $0) }) ?? true else {
            return nil
        }
        guard rules.latestAllows == true, let other = latest.first else { return open.first }
        return open.first.map { min($0, other) } ?? other
    }

    // MARK: Due executions

    /// Adds a due execution.
    ///
    /// - Parameter isOpen: Whether the dependencies allow executions with its key to start.
    mutating func enqueue(_ entry: QueueEntry, isOpen: Bool) {
        let (rank, key) = (entry.rank(priority: priority), self.key(of: entry))
        switch place(of: entry) {
        case .open: open.insert(rank, key, hasRoom: hasRoom(key))
        case .latest: latest.insert(rank, key, hasRoom: hasRoom(key))
        case .gate(let match):
            setGate(match, isOpen: isOpen)
            gates[match, default: Gate(isOpen: isOpen)].ready.updateValue(key, forKey: rank)
            if isOpen { open.insert(rank, key, hasRoom: hasRoom(key)) }
        }
    }

    mutating func dequeue(_ entry: QueueEntry) {
        let (rank, key) = (entry.rank(priority: priority), self.key(of: entry))
        switch place(of: entry) {
        case .open: open.remove(rank, key, hasRoom: hasRoom(key))
        case .latest: latest.remove(rank, key, hasRoom: hasRoom(key))
        case .gate(let match):
            if gates[match]?.isOpen ?? false { open.remove(rank, key, hasRoom: hasRoom(key)) }
            gates[match]?.ready.removeValue(forKey: rank)
            if gates[match]?.ready.isEmpty ?? false { gates[match] = nil }
        }
    }

    mutating func countRunning(_ entry: QueueEntry, by difference: Int) {
        running += difference
        guard let key = key(of: entry) else { return }
        let count = runningByKey[key, default: 0] + difference
        runningByKey[key] = count == 0 ? nil : count
        open.update(key, hasRoom: hasRoom(key))
        latest.update(key, hasRoom: hasRoom(key))
    }

    private enum Place {
        case open
        case latest
        case gate(DependencyMatch)
    }

    /// Where a due execution waits.
    ///
    /// One that has started passed its dependencies then.
    private func place(of entry: QueueEntry) -> Place {
        guard rules.latestAllows != nil, !entry.hasStarted else { return .open }
        return entry.match == .latest ? .latest : .gate(entry.match)
    }

    /// The concurrency key of an execution, if the job limits each key.
    private func key(of entry: QueueEntry) -> String? { limits.concurrencyPerKey == nil ? nil : entry.concurrencyKey }

    private func hasRoom(_ key: String?) -> Bool {
        guard let key, let limit = limits.concurrencyPerKey else { return true }
        return runningByKey[key] ?? 0 < max(1, limit)
    }

    /// The limits on concurrent executions that keep one from starting.
    func holds(on entry: QueueEntry) -> [ExecutionHold] {
        var holds: [ExecutionHold] = []
        if let limit = limits.concurrency, running >= max(1, limit) { holds.append(.concurrency(limit: max(1, limit))) }
        if let limit = limits.concurrencyPerKey, let key = entry.concurrencyKey, !hasRoom(key) {
            holds.append(.concurrencyPerKey(key, limit: max(1, limit)))
        }
        if isSerialExecution(entry), let current, current != entry.id { holds.append(.series(after: current)) }
        return holds
    }

    // MARK: Dependencies

    /// Whether due executions wait behind the gate of a key, open or not.
    func hasGate(_ match: DependencyMatch) -> Bool { gates[match] != nil }

    /// Sets whether the latest executions of the jobs it depends on allow a start.
    mutating func setLatest(allows: Bool) { rules.latestAllows = allows }

    /// Opens or closes the gate of a key.
    ///
    /// - Complexity: O(*k* log *n*) in the number *k* of due executions with the key, if the gate moves.
    mutating func setGate(_ match: DependencyMatch, isOpen: Bool) {
        guard let gate = gates[match], gate.isOpen != isOpen else { return }
        gates[match]?.isOpen = isOpen
        for (rank, key) in gate.ready {
            if isOpen {
                open.insert(rank, key, hasRoom: hasRoom(key))
            } else {
                open.remove(rank, key, hasRoom: hasRoom(key))
            }
        }
    }

    // MARK: Serial executions

    /// Whether an execution is one of those that start one at a time.
    func isSerialExecution(_ entry: QueueEntry) -> Bool { entry.isMember(of: rules.series) }

    /// The unfinished serial executions, the expired ones included, in the order of their nominal dates.
    var serialExecutions: [ExecutionID] { (Array(serial.suffix()) + Array(expired.suffix())).sorted().map(\.id) }

    var serialCount: Int { serial.count + expired.count }

    /// The number of unfinished serial executions that have started.
    var startedCount: Int { started.count }

    mutating func addSerial(_ entry: QueueEntry) {
        serial.insert(entry.nominalKey)
        // It may have expired by a time to which the clock was set ahead.
        expired.remove(entry.nominalKey)
        if entry.hasStarted { started.insert(entry.nominalKey) }
    }

    mutating func addExpired(_ entry: QueueEntry) {
        expired.insert(entry.nominalKey)
    }

    /// Removes a serial execution.
    ///
    /// - Returns: Whether it was the current one.
    mutating func removeSerial(_ entry: QueueEntry) -> Bool {
        serial.remove(entry.nominalKey)
        started.remove(entry.nominalKey)
        expired.remove(entry.nominalKey)
        guard current == entry.id else { return false }
        current = nil
        return true
    }

    /// Makes the first started execution the current one, or else the first of all.
    ///
    /// - Returns: The change, or `nil` if the current execution stays the same.
    mutating func advanceSerial() -> SerialAdvance? {
        let next = (started.first ?? serial.first)?.id
        guard next != current else { return nil }
        defer { current = next }
        return SerialAdvance(previous: current, current: next)
    }
}

extension JobLimits {
    /// Whether any limit decides when executions start.
    var restrictStarts: Bool {
        concurrency != nil || concurrencyPerKey != nil || rate != nil || !sharedRates.isEmpty || window != nil
    }
}
