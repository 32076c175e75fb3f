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

/// The due executions of one job with a priority or limits, and how many of its executions run.
///
/// ```
///   due executions by concurrency key        first of each key that has room        the job
///   "a":  7 8 9      (1 of 2 running)   ──►  7 ┐
///   "b":  2 4        (2 of 2 running)   ──►  – ├──►  keyFirsts  ──►  next, unless the job is full or blocked
///   none: 3 5                           ──►  3 ┘
/// ```
///
/// A key without room has no first execution, and a job that is full or blocked has no next one. So executions that
/// cannot start cost nothing until one of the job's executions ends or the date comes.
struct JobQueue: Sendable {
    /// The due executions with one concurrency key.
    struct KeyQueue: Sendable {
        var ready = OrderedIndex<DueKey<ExecutionID>>()
        var running = 0
        /// The execution that is in ``JobQueue/keyFirsts``.
        var first: DueKey<ExecutionID>?
    }

    let priority: Int
    let limits: JobLimits
    /// The executions that start one at a time, in order.
    let series: OverlapPolicy.Series
    /// Whether nothing may start: the job is a paused queue.
    let isHeld: Bool
    private(set) var running = 0
    private var keyQueues: [String?: KeyQueue] = [:]
    private var keyFirsts = OrderedIndex<DueKey<ExecutionID>>()
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
    init?(_ limits: JobLimits, priority: Int, series: OverlapPolicy.Series, isHeld: Bool) {
        self.limits = limits
        self.series = series
        self.isHeld = isHeld
        self.priority = priority
        guard priority != 0 || series != .none || isHeld || Self.hasLimit(limits) else { return nil }
    }

    private static func hasLimit(_ limits: JobLimits) -> Bool {
        limits.concurrency != nil || limits.concurrencyPerKey != nil || limits.rate != nil
            || !limits.sharedRates.isEmpty || limits.window != nil
    }

    /// Whether anything besides a priority decides when its executions start.
    var isLimited: Bool { series != .none || isHeld || Self.hasLimit(limits) }

    /// The execution that may start next, if any may.
    var next: DueKey<ExecutionID>? {
        guard !isHeld, blockedUntil == nil, limits.concurrency.map({ running < max(1, $0) }) ?? true else { return nil }
        return keyFirsts.first
    }

    // MARK: Concurrency keys

    mutating func enqueue(_ entry: QueueEntry) {
        let rank = entry.rank(priority: priority)
        update(keyOf: entry) { $0.ready.insert(rank) }
    }

    mutating func dequeue(_ entry: QueueEntry) {
        let rank = entry.rank(priority: priority)
        update(keyOf: entry) { $0.ready.remove(rank) }
    }

    mutating func countRunning(_ entry: QueueEntry, by difference: Int) {
        running += difference
        update(keyOf: entry) { $0.running += difference }
    }

    /// Changes the queue of an execution's concurrency key and keeps `keyFirsts` up to date.
    private mutating func update(keyOf entry: QueueEntry, _ body: (inout KeyQueue) -> Void) {
        let key = limits.concurrencyPerKey == nil ? nil : entry.concurrencyKey
        var queue = keyQueues.removeValue(forKey: key) ?? KeyQueue()
        body(&queue)
        let hasRoom = key == nil || limits.concurrencyPerKey.map { queue.running < max(1, $0) } ?? true
        let first = hasRoom ? queue.ready.first : nil
        if first != queue.first {
            if let old = queue.first { keyFirsts.remove(old) }
            if let first { keyFirsts.insert(first) }
            queue.first = first
        }
        if !queue.ready.isEmpty || queue.running != 0 { keyQueues[key] = queue }
    }

    /// The limits on concurrent executions that keep one from starting.
    func holds(on entry: QueueEntry) -> [ExecutionHold] {
        var holds: [ExecutionHold] = []
        if let limit = limits.concurrency, running >= max(1, limit) { holds.append(.concurrency(limit: max(1, limit))) }
        if let limit = limits.concurrencyPerKey, let key = entry.concurrencyKey,
            keyQueues[key]?.running ?? 0 >= max(1, limit)
        {
            holds.append(.concurrencyPerKey(key, limit: max(1, limit)))
        }
        if isSerialExecution(entry), let current, current != entry.id { holds.append(.series(after: current)) }
        return holds
    }

    // MARK: Serial executions

    /// Whether an execution is one of those that start one at a time.
    func isSerialExecution(_ entry: QueueEntry) -> Bool { entry.isMember(of: series) }

    /// The unfinished serial executions, the expired ones included, in the order of their nominal dates.
    var serialExecutions: [ExecutionID] { (Array(serial.suffix()) + Array(expired.suffix())).sorted().map(\.id) }

    /// The number of unfinished serial executions that have started.
    var startedCount: Int { started.count }

    mutating func addSerial(_ entry: QueueEntry) {
        serial.insert(entry.nominalKey)
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
