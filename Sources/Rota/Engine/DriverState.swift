import Foundation
import RotaCore
import RotaStore

// The state that a driver keeps between its passes.

/// Decides when the driver must ask the store for due work again.
struct Polling {
    /// Whether something happened that the driver does not know of.
    var hasNews = true
    private var lastPoll = Date.distantPast
    private var nextPoll = Date.distantPast

    /// How long a busy driver goes without asking what other schedulers have left in the store.
    let gap: Duration

    init(gap: Duration) {
        self.gap = gap
    }

    /// Asks for a poll at a date or earlier.
    mutating func poll(by date: Date) {
        nextPoll = min(nextPoll, date)
    }

    mutating func recordPoll(at now: Date, next: Date) {
        (hasNews, lastPoll, nextPoll) = (false, now, next)
    }

    /// Whether the store must be asked now.
    ///
    /// - Parameter prefersQueuedWork: Whether due jobs can wait, because there are queued executions to claim.
    func isNeeded(at now: Date, prefersQueuedWork: Bool) -> Bool {
        hasNews
            || now >= nextPoll && !prefersQueuedWork
            // The clock was set back, or the gap has passed.
            || now < lastPoll || now >= lastPoll.advanced(by: gap)
    }
}

/// The number of executions to claim before a worker is free for them, on a store whose commits are slow.
///
/// While attempts are short, workers would wait most of the time for the commit that claims their next work. So the
/// number doubles whenever they had nothing left, and is halved whenever much was left. Long attempts make it 0: what
/// they keep from beginning is better left to other schedulers.
struct Lookahead {
    /// The number of executions.
    private(set) var count = 0
    /// When those that have not begun are released.
    private(set) var deadline: Date?

    private let limit: Int

    /// The longest attempt after which work is claimed ahead.
    private static let longestAttempt = Duration.milliseconds(5)
    /// How long claimed work may wait for a worker.
    private static let longestWait = Duration.milliseconds(50)

    /// - Parameter limit: The largest number.
    init(limit: Int) {
        self.limit = limit
    }

    /// Adapts the number to what the workers have done since the last commit.
    ///
    /// - Parameters:
    ///   - results: The attempts that have ended, at least one.
    ///   - unbegun: The number of claimed executions that no worker has taken.
    mutating func adapt(to results: [AttemptResult], unbegun: Int) {
        if unbegun == 0 { deadline = nil }
        if results.contains(where: { $0.duration > Self.longestAttempt }) {
            count = 0
        } else if unbegun == 0 {
            count = min(limit, max(2 * count, results.count))
        } else if unbegun > count / 2 {
            count /= 2
        }
    }

    /// Limits how long the work waits that was claimed ahead.
    mutating func begin(at now: Date) {
        deadline = now.advanced(by: Self.longestWait)
    }

    /// Whether claimed work has waited too long.
    ///
    /// Then nothing more is claimed ahead.
    mutating func isOver(at now: Date) -> Bool {
        guard let deadline else { return false }
        // After the clock was set back, the deadline is further away than it was meant to be.
        self.deadline = min(deadline, now.advanced(by: Self.longestWait))
        guard now >= deadline else { return false }
        end()
        return true
    }

    /// Claims nothing ahead until there are short attempts again.
    mutating func end() {
        (count, deadline) = (0, nil)
    }
}

/// How long executions have been in progress, by a clock that is never set.
///
/// Only executions whose policy limits that time are remembered, from their first attempt in this process on. After a
/// restart, the time before it counts by the dates of the wall clock.
struct ElapsedTimes {
    private var starts: [ExecutionID: Duration] = [:]
    /// Executions that other schedulers continue are never removed one by one.
    private static let limit = 100_000

    var isEmpty: Bool { starts.isEmpty }

    /// Remembers when a claimed execution whose time may be limited was first started.
    mutating func begin(_ claim: Claim, uptime: Duration, at now: Date) {
        guard starts[claim.execution.id] == nil else { return }
        if starts.count >= Self.limit { starts = [:] }
        let before = claim.execution.progress.startedAt.map { now.elapsed(since: $0) } ?? .zero
        starts[claim.execution.id] = uptime - max(.zero, before)
    }

    /// Returns the time since an execution was first started.
    func elapsed(_ execution: Execution, uptime: Duration, at now: Date) -> Duration {
        starts[execution.id].map { uptime - $0 }
            ?? max(.zero, now.elapsed(since: execution.progress.startedAt ?? now))
    }

    mutating func end(_ id: ExecutionID) {
        if !starts.isEmpty { starts[id] = nil }
    }
}

extension Claim {
    /// Whether the execution's retry policy may limit its time.
    var mayLimitTime: Bool { job.retryTimeLimit != nil || execution.hasOverrides }
}

/// The due jobs that cannot be planned now, because the rules of a time zone cannot be read.
///
/// They are tried again every minute. The wait is not stored: another scheduler on the same store may have the rules.
struct Postponements {
    private var ends: [JobID: Date] = [:]

    /// How long to wait before the next try.
    static let delay = Duration.seconds(60)

    /// The number of jobs that wait.
    var count: Int { ends.count }

    /// Lets a job wait.
    ///
    /// - Returns: The date of the next try.
    mutating func add(_ id: JobID, at now: Date) -> Date {
        let end = now.advanced(by: Self.delay)
        ends[id] = end
        return end
    }

    /// Ends the waits that have lasted long enough, or longer than they can, because the clock was set back.
    mutating func expire(at now: Date) {
        guard !ends.isEmpty else { return }
        let latest = now.advanced(by: Self.delay)
        ends = ends.filter { $0.value > now && $0.value <= latest }
    }

    /// Whether a job waits.
    func contains(_ id: JobID) -> Bool { ends[id] != nil }

    /// The date of the next try, or `nil` if no job waits.
    var next: Date? { ends.values.min() }
}

/// The claimed executions whose attempts have not ended, each in a slot of its own.
///
/// An attempt keeps its slot until it ends, even if its lease was lost and the execution was claimed again meanwhile.
/// So does a handler that was abandoned: it may occupy a thread. Nothing else is known of it, and nothing waits for it.
/// Slots are reused, so a pass allocates nothing once the scheduler is warm.
struct InFlight {
    private var leases: [LeaseKey?] = []
    private var freeSlots: [Int] = []
    /// The leases of attempts with a timeout or heartbeat watch, which sleeps by itself.
    private var watched: Set<LeaseKey> = []
    /// The work whose handlers were abandoned and have not ended, by slot.
    private var abandoned: [Int: ClaimedWork] = [:]
    /// The number of slots that are occupied.
    private(set) var count = 0

    /// Whether no result is awaited.
    var isEmpty: Bool { count == abandoned.count }

    /// The leases of the attempts whose results are awaited.
    var held: some Sequence<LeaseKey> { leases.lazy.compactMap(\.self) }

    /// The sleeper tags of the attempts whose results are awaited.
    ///
    /// - Parameter waiting: Work that cannot begin before another attempt ends.
    func tags(without waiting: [ClaimedWork]) -> [SleeperTag] {
        let waiting = Set(waiting.map(\.claim.leaseKey))
        return held.filter { !waiting.contains($0) }.map { .run($0.executionID, token: $0.token) }
            + watched.subtracting(waiting).map { .watch($0.executionID, token: $0.token) }
    }

    /// Adds an attempt that is about to begin.
    ///
    /// - Returns: Its slot.
    mutating func begin(_ claim: Claim) -> Int {
        let lease = claim.leaseKey
        if claim.isWatched { watched.insert(lease) }
        count += 1
        if let slot = freeSlots.popLast() {
            leases[slot] = lease
            return slot
        }
        leases.append(lease)
        return leases.count - 1
    }

    /// Removes the attempt whose result has come, or the handler that has ended after it was abandoned.
    mutating func end(_ work: ClaimedWork, isLate: Bool) {
        guard let slot = work.slot else { return }
        if isLate {
            // It may have ended before the driver learned that it was abandoned: then the slot is free already.
            guard abandoned[slot] === work, !work.hasAbandonedHandlers else { return }
            abandoned[slot] = nil
            freeSlots.append(slot)
            count -= 1
        } else if work.hasAbandonedHandlers {
            guard let lease = leases[slot] else { return }
            watched.remove(lease)
            leases[slot] = nil
            abandoned[slot] = work
        } else {
            end(slot)
        }
    }

    /// Removes the attempt in a slot.
    mutating func end(_ slot: Int) {
        guard let lease = leases[slot] else { return }
        if !watched.isEmpty { watched.remove(lease) }
        leases[slot] = nil
        freeSlots.append(slot)
        count -= 1
    }
}

extension WallClock {
    /// Reads the clock, and refuses a time so far off that adding a second does not change it.
    func usableTime() throws -> Date {
        let now = now
        guard now.addingTimeInterval(1) > now else {
            throw SchedulerError(
                .unusableClock,
                "The clock is at \(now.timeIntervalSince1970) seconds since 1970, too far from the present to count "
                    + "seconds. Set the clock to the current date.",
                value: "\(now.timeIntervalSince1970)")
        }
        return now
    }
}
