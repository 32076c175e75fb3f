import Foundation
import RotaSchedule

/// Finds the execution to claim next.
///
/// ```
///   add ──┬── no priority, no limits ────────────────► plain ────────────────────────┐
///         │                                                                          ▼
///         ├── a priority ──► delayed ── due ─────────────────────────► ready ───────► first(at:)
///         │                                                              ▲
///         └── limits ──────► delayed ── due ──► JobQueue ── its next ────┤
///                                                  │                     │
///                                                  └─ shared rates ─► RateGroup
/// ```
///
/// A blocked job or group publishes nothing until its date.
///
/// - **plain** holds nearly all executions, ordered by due time.
/// - **delayed** holds the others until they are due, ordered by due time.
/// - **ready** holds due executions, ordered by ``QueueEntry/rank(priority:)``. A job with limits *publishes* at most
///   one of its executions here: the next that may start. Jobs that share rates publish to their ``RateGroup``, which
///   publishes one for all of them.
/// - An execution that depends on others of its key is *gated*: it waits in its ``JobQueue`` until they allow it.
/// - A ``JobQueue`` or ``RateGroup`` is *blocked* until a date while a rate has no room or a window is closed.
/// - *Serial* executions, those of a schedule whose overlap policy allows one at a time, enter `delayed` only when
///   they are the current one of their job.
///
/// The contents depend only on the executions, the jobs and the times asked about, so a queue that is rebuilt from a
/// file gives the same answers.
package struct ClaimQueue: Sendable {
    package private(set) var plain = OrderedIndex<DueKey<ExecutionID>>()
    private var delayed = OrderedIndex<DueKey<ExecutionID>>()
    private var ready = OrderedIndex<DueKey<ExecutionID>>()
    /// Jobs blocked by their own rate or window, ordered by the date at which they may start again.
    private var blockedJobs = OrderedIndex<DueKey<JobID>>()
    /// Groups blocked by their shared rates, ordered by the date at which they may start again.
    private var blockedGroups = OrderedIndex<BlockedGroup>()
    private var jobQueues: [JobID: JobQueue] = [:]
    private var groups: [Int: RateGroup] = [:]
    private var groupNumbers: [[SharedRateLimit]: Int] = [:]
    private var lastGroup = 0
    /// The attempt starts that rate limits count.
    package private(set) var startLog = StartLog()

    // MARK: Jobs

    /// Sets what decides when a job's executions start.
    ///
    /// The caller removes the job's executions under the old limits first and adds them again afterwards.
    mutating func setRules(of id: JobID, _ rules: JobQueue.Rules) {
        dropLimits(of: id)
        guard var queue = JobQueue(rules) else { return }
        if !rules.limits.sharedRates.isEmpty { queue.group = joinGroup(rules.limits.sharedRates) }
        jobQueues[id] = queue
    }

    // MARK: Dependencies

    /// Whether an execution starts only when the dependencies of its key allow it.
    func isGated(_ entry: QueueEntry) -> Bool {
        entry.match != .latest && jobQueue(of: entry).map { jobQueues.values[$0].rules.latestAllows != nil } ?? false
    }

    /// Whether due executions of a job wait behind the gate of a key, open or not.
    func hasGate(of id: JobID, _ match: DependencyMatch) -> Bool { jobQueues[id]?.hasGate(match) ?? false }

    /// Opens or closes the gate of a key for a job's executions.
    mutating func setGate(of id: JobID, _ match: DependencyMatch, isOpen: Bool) {
        update(job: id) { queue in
            if match == .latest { queue.setLatest(allows: isOpen) } else { queue.setGate(match, isOpen: isOpen) }
        }
    }

    /// Removes a deleted job's limits and its logged starts.
    mutating func removeLimits(of id: JobID) {
        dropLimits(of: id)
        startLog.forget(.job(id))
    }

    private mutating func dropLimits(of id: JobID) {
        guard let queue = jobQueues.removeValue(forKey: id) else { return }
        if let until = queue.blockedUntil { blockedJobs.remove(DueKey(date: until, id: id)) }
        if let published = queue.published { publish(nil, replacing: published, in: queue.group) }
        if let group = queue.group { leaveGroup(group) }
    }

    private mutating func joinGroup(_ rates: [SharedRateLimit]) -> Int {
        let number = groupNumbers[rates] ?? lastGroup + 1
        if groups[number] == nil {
            lastGroup = number
            groupNumbers[rates] = number
            groups[number] = RateGroup(rates)
            startLog.retain(rates)
        }
        groups[number]?.jobCount += 1
        return number
    }

    private mutating func leaveGroup(_ number: Int) {
        groups[number]?.jobCount -= 1
        guard let group = groups[number], group.jobCount == 0 else { return }
        groups[number] = nil
        groupNumbers[group.rates] = nil
        startLog.release(group.rates)
    }

    /// Whether an execution's job has limits, so that ``blockIfLimited(_:at:)`` must be asked before it is claimed.
    func isLimited(_ entry: @autoclosure () -> QueueEntry) -> Bool {
        !jobQueues.isEmpty && jobQueue(of: entry()).map { jobQueues.values[$0].isLimited } ?? false
    }

    /// The queue of an execution's job; `nil` for notifications, to which no limits apply.
    private func jobQueue(of entry: QueueEntry) -> Dictionary<JobID, JobQueue>.Index? {
        entry.isNotification ? nil : jobQueues.index(forKey: entry.jobID)
    }

    // MARK: Executions

    /// Adds an unfinished execution.
    mutating func add(_ entry: QueueEntry) -> SerialEffect {
        guard !jobQueues.isEmpty || entry.priority != nil else {
            if entry.status == .queued { plain.insert(entry.due) }
            return .none
        }
        guard let queue = jobQueue(of: entry), jobQueues.values[queue].isLimited else {
            if entry.status == .queued { enqueue(entry) }
            return .none
        }
        if entry.status == .running { update(job: entry.jobID) { $0.countRunning(entry, by: 1) } }
        guard jobQueues.values[queue].isSerialExecution(entry) else {
            if entry.status == .queued { enqueue(entry) }
            return .none
        }
        jobQueues.values[queue].addSerial(entry)
        return .mayAdvance
    }

    /// Removes an execution, given as it was when it was added.
    mutating func remove(_ entry: QueueEntry) -> SerialEffect {
        guard !jobQueues.isEmpty || entry.priority != nil else {
            if entry.status == .queued { plain.remove(entry.due) }
            return .none
        }
        guard let queue = jobQueue(of: entry), jobQueues.values[queue].isLimited else {
            if entry.status == .queued { dequeue(entry) }
            return .none
        }
        if entry.status == .running { update(job: entry.jobID) { $0.countRunning(entry, by: -1) } }
        guard jobQueues.values[queue].isSerialExecution(entry) else {
            if entry.status == .queued { dequeue(entry) }
            return .none
        }
        // A serial execution that is not the current one never entered `delayed`.
        if jobQueues.values[queue].removeSerial(entry), entry.status == .queued { dequeue(entry) }
        return .mayAdvance
    }

    /// Removes a queued execution that has expired; a serial one stays listed in ``serialExecutions(of:)``.
    mutating func removeExpired(_ entry: QueueEntry) -> SerialEffect {
        let effect = remove(entry)
        if let queue = jobQueue(of: entry), jobQueues.values[queue].isSerialExecution(entry) {
            jobQueues.values[queue].addExpired(entry)
        }
        return effect
    }

    /// A job's unfinished serial executions, in the order of their nominal dates.
    func serialExecutions(of id: JobID) -> [ExecutionID] { jobQueues[id]?.serialExecutions ?? [] }

    /// The number of a job's unfinished serial executions, the expired ones included.
    func serialCount(of id: JobID) -> Int { jobQueues[id]?.serialCount ?? 0 }

    /// The number of a job's unfinished serial executions that have started.
    func startedSerialCount(of id: JobID) -> Int { jobQueues[id]?.startedCount ?? 0 }

    /// Chooses the serial execution of a job that may be claimed now.
    ///
    /// - Returns: The change, for which the caller calls ``dequeue(_:)`` and ``enqueue(_:)``; `nil` if there is none.
    mutating func advanceSerial(of id: JobID) -> SerialAdvance? {
        guard let queue = jobQueues.index(forKey: id) else { return nil }
        return jobQueues.values[queue].advanceSerial()
    }

    /// Lets a queued execution wait for its due time.
    mutating func enqueue(_ entry: QueueEntry) {
        if isPlain(entry) { plain.insert(entry.due) } else { delayed.insert(entry.due) }
    }

    /// Undoes ``enqueue(_:)``, whether or not the execution has become due since.
    mutating func dequeue(_ entry: QueueEntry) {
        if isPlain(entry) {
            plain.remove(entry.due)
        } else if !delayed.remove(entry.due) {
            updateReady(entry, adding: false)
        }
    }

    private func isPlain(_ entry: QueueEntry) -> Bool {
        guard let queue = jobQueue(of: entry) else { return entry.priority ?? 0 == 0 }
        return !jobQueues.values[queue].isLimited && entry.priority ?? jobQueues.values[queue].priority == 0
    }

    // MARK: Time

    /// Removes the first delayed execution that is due; the caller passes it to ``makeReady(_:isOpen:)``.
    mutating func popDue(at now: Date) -> ExecutionID? {
        guard let key = delayed.first, key.date <= now else { return nil }
        delayed.remove(key)
        return key.id
    }

    /// Adds an execution that has become due.
    ///
    /// - Parameter isOpen: Whether the dependencies of a gated execution allow it to start.
    mutating func makeReady(_ entry: QueueEntry, isOpen: Bool) {
        updateReady(entry, adding: true, isOpen: isOpen)
    }

    /// Lets a ready execution wait again because the clock was set back before its due time.
    mutating func postpone(_ entry: QueueEntry) {
        dequeue(entry)
        enqueue(entry)
    }

    private mutating func updateReady(_ entry: QueueEntry, adding: Bool, isOpen: Bool = true) {
        let queue = jobQueue(of: entry)
        if let queue, jobQueues.values[queue].isLimited {
            update(job: entry.jobID) { if adding { $0.enqueue(entry, isOpen: isOpen) } else { $0.dequeue(entry) } }
        } else {
            let rank = entry.rank(priority: queue.map { jobQueues.values[$0].priority } ?? 0)
            if adding { ready.insert(rank) } else { ready.remove(rank) }
        }
    }

    /// The execution to claim first, provided that ``blockIfLimited(_:at:)`` does not block its job.
    func first(at now: Date) -> ExecutionID? {
        // Without a priority the rank is the due time, so the two indexes compare directly.
        let due = plain.first.flatMap { $0.date <= now ? $0 : nil }
        guard let ready = ready.first else { return due?.id }
        guard let due else { return ready.id }
        return min(due, ready).id
    }

    /// The earliest date after `now` at which an execution may become claimable.
    func nextDate(after now: Date) -> Date? {
        [
            plain.next(after: .end(of: now))?.date, delayed.next(after: .end(of: now))?.date,
            blockedJobs.next(after: .end(of: now)).map(\.date).flatMap { $0 < .distantFuture ? $0 : nil },
            blockedGroups.next(after: BlockedGroup(until: now, number: .max))?.until,
        ].compactMap(\.self).min()
    }

    // MARK: Rates and windows

    /// Blocks a job, or its whole rate group, if a rate has no room or the window is closed.
    ///
    /// - Returns: Whether the job's executions may not start now.
    mutating func blockIfLimited(_ id: JobID, at now: Date) -> Bool {
        guard let queue = jobQueues.index(forKey: id) else { return false }
        if let opening = opening(for: id, jobQueues.values[queue].limits, at: now) {
            blockedJobs.insert(DueKey(date: opening, id: id))
            update(job: id) { $0.blockedUntil = opening }
            return true
        }
        guard let number = jobQueues.values[queue].group,
            let opening = jobQueues.values[queue].limits.sharedRates.compactMap({
                startLog.opening(of: $0.limit, in: .shared($0.name), at: now)
            }).max()
        else { return false }
        blockedGroups.insert(BlockedGroup(until: opening, number: number))
        update(group: number) { $0.blockedUntil = opening }
        return true
    }

    /// The date at which the job's own rate and window allow the next start.
    ///
    /// - Returns: `nil` if one may start now; the distant future if the window never opens again.
    private func opening(for id: JobID, _ limits: JobLimits, at now: Date) -> Date? {
        let rate = limits.rate.flatMap { startLog.opening(of: $0, in: .job(id), at: now) }
        guard let window = limits.window, !window.contains(now) else { return rate }
        let opening = window.nextCheck(from: now) ?? .distantFuture
        return rate.map { max($0, opening) } ?? opening
    }

    /// The limits that keep a queued execution from starting, apart from the time.
    func holds(on entry: QueueEntry, at now: Date) -> [ExecutionHold] {
        guard let index = jobQueue(of: entry) else { return [] }
        let queue = jobQueues.values[index]
        var holds = queue.holds(on: entry)
        if let rate = queue.limits.rate, let opening = startLog.opening(of: rate, in: .job(entry.jobID), at: now) {
            holds.append(.rate(until: opening))
        }
        for shared in queue.limits.sharedRates {
            guard let opening = startLog.opening(of: shared.limit, in: .shared(shared.name), at: now) else { continue }
            holds.append(.sharedRate(shared.name, until: opening))
        }
        if let window = queue.limits.window, !window.contains(now) {
            holds.append(.window(until: window.nextOpening(from: now)))
        }
        return holds
    }

    /// For tests: the number of blocked jobs and groups.
    package var blockedCount: Int { blockedJobs.count + blockedGroups.count }

    /// Unblocks the jobs and groups whose date has come, or all of them if `now` is `nil`.
    mutating func unblock(at now: Date?) {
        while let key = blockedJobs.first, now.map({ key.date <= $0 }) ?? true {
            blockedJobs.remove(key)
            update(job: key.id) { $0.blockedUntil = nil }
        }
        while let group = blockedGroups.first, now.map({ group.until <= $0 }) ?? true {
            blockedGroups.remove(group)
            update(group: group.number) { $0.blockedUntil = nil }
        }
    }

    /// The rate pools that count a start of the job, each with its window in seconds.
    func pools(of id: JobID) -> [(pool: RatePool, window: Double)] {
        guard let limits = jobQueues[id]?.limits else { return [] }
        var pools: [(RatePool, Double)] = []
        if let rate = limits.rate { pools.append((.job(id), rate.window / .seconds(1))) }
        for name in Set(limits.sharedRates.map(\.name)).sorted() {
            pools.append((.shared(name), startLog.window(of: name)))
        }
        return pools
    }

    mutating func put(_ start: AttemptStart, in pool: RatePool) {
        startLog.put(start, in: pool)
    }

    mutating func forgetStarts(in pool: RatePool, through date: Date) {
        startLog.forget(pool, through: date)
    }

    // MARK: Publishing

    /// Changes a job's queue and publishes its next execution if that has changed.
    private mutating func update(job id: JobID, _ body: (inout JobQueue) -> Void) {
        guard let queue = jobQueues.index(forKey: id) else { return }
        body(&jobQueues.values[queue])
        let (old, new) = (jobQueues.values[queue].published, jobQueues.values[queue].next)
        guard old != new else { return }
        jobQueues.values[queue].published = new
        publish(new, replacing: old, in: jobQueues.values[queue].group)
    }

    /// Changes a group and publishes its next execution if that has changed.
    private mutating func update(group number: Int, _ body: (inout RateGroup) -> Void) {
        guard let group = groups.index(forKey: number) else { return }
        body(&groups.values[group])
        if let until = groups.values[group].blockedUntil, groups.values[group].isEmpty {
            blockedGroups.remove(BlockedGroup(until: until, number: number))
            groups.values[group].blockedUntil = nil
        }
        let (old, new) = (groups.values[group].published, groups.values[group].next)
        guard old != new else { return }
        groups.values[group].published = new
        publish(new, replacing: old, in: nil)
    }

    /// Replaces a published execution in a group, or in `ready`.
    private mutating func publish(
        _ new: DueKey<ExecutionID>?, replacing old: DueKey<ExecutionID>?, in group: Int?
    ) {
        if let group {
            update(group: group) { $0.replace(old, with: new) }
        } else {
            if let old { ready.remove(old) }
            if let new { ready.insert(new) }
        }
    }
}
