import Foundation
import RotaSchedule

/// Which execution is the next to be claimed.
///
/// Those without a priority and without limits, nearly all, are in one index by their due time. The others wait for
/// their due time in a second one, and are then in a third, by their rank; of a job with limits only the one that may
/// start is there.
///
/// What is where depends on the executions and jobs, and on the times that were asked about; who asks again after
/// reading everything from a file gets the same answers.
package struct ClaimQueue: Sendable {
    package private(set) var plain = OrderedIndex<DueKey<ExecutionID>>()
    private var delayed = OrderedIndex<DueKey<ExecutionID>>()
    private var ready = OrderedIndex<DueKey<ExecutionID>>()
    /// Jobs that a rate or a window holds back, by the instant at which it may let them go.
    private var held = OrderedIndex<DueKey<JobID>>()
    /// Lines of jobs that shared rates hold back, by the instant at which they may let them go.
    private var heldLines = OrderedIndex<HeldLine>()
    private var gates: [JobID: JobGate] = [:]
    private var lines: [Int: RateLine] = [:]
    private var lineNumbers: [[SharedRateLimit]: Int] = [:]
    private var lastLine = 0
    package private(set) var ledger = StartLedger()

    // MARK: Jobs

    /// The jobs' terms; executions must have been taken out under the old ones, and are put in again under the new.
    mutating func setTerms(of id: JobID, _ limits: JobLimits, isSerial: Bool) {
        dropTerms(of: id)
        guard var gate = JobGate(limits, isSerial: isSerial) else { return }
        if !limits.sharedRates.isEmpty { gate.line = join(limits.sharedRates) }
        gates[id] = gate
    }

    mutating func removeTerms(of id: JobID) {
        dropTerms(of: id)
        ledger.forget(.job(id))
    }

    private mutating func dropTerms(of id: JobID) {
        guard let gate = gates.removeValue(forKey: id) else { return }
        if let until = gate.heldUntil { held.remove(DueKey(instant: until, id: id)) }
        if let offer = gate.offer { replace(offer, with: nil, in: gate.line) }
        if let line = gate.line { leave(line) }
    }

    private mutating func join(_ rates: [SharedRateLimit]) -> Int {
        let number = lineNumbers[rates] ?? lastLine + 1
        if lines[number] == nil {
            lastLine = number
            lineNumbers[rates] = number
            lines[number] = RateLine(rates)
            ledger.use(rates)
        }
        lines[number]?.jobCount += 1
        return number
    }

    private mutating func leave(_ number: Int) {
        lines[number]?.jobCount -= 1
        guard let line = lines[number], line.jobCount == 0 else { return }
        lines[number] = nil
        lineNumbers[line.rates] = nil
        ledger.leave(line.rates)
    }

    /// Whether an execution may be held back, so that ``opening(for:at:)`` must be asked.
    func isLimited(_ ticket: @autoclosure () -> ClaimTicket) -> Bool {
        !gates.isEmpty && gate(of: ticket()).map { gates.values[$0].isLimited } ?? false
    }

    private func gate(of ticket: ClaimTicket) -> Dictionary<JobID, JobGate>.Index? {
        ticket.isNotification ? nil : gates.index(forKey: ticket.jobID)
    }

    // MARK: Executions

    /// Takes note of an execution that is not over.
    ///
    /// - Returns: Whether the turn in its job's series may have to be passed on.
    mutating func add(_ ticket: ClaimTicket) -> Bool {
        guard !gates.isEmpty || ticket.priority != nil else {
            if ticket.status == .queued { plain.insert(ticket.due) }
            return false
        }
        guard let gate = gate(of: ticket), gates.values[gate].isLimited else {
            if ticket.status == .queued { enter(ticket) }
            return false
        }
        if ticket.status == .running { change(ticket.jobID) { $0.count(ticket, by: 1) } }
        guard gates.values[gate].isInSeries(ticket) else {
            if ticket.status == .queued { enter(ticket) }
            return false
        }
        gates.values[gate].join(ticket)
        return true
    }

    /// Takes an execution out, as it was when it was added.
    ///
    /// - Returns: Whether the turn in its job's series may have to be passed on.
    mutating func remove(_ ticket: ClaimTicket) -> Bool {
        guard !gates.isEmpty || ticket.priority != nil else {
            if ticket.status == .queued { plain.remove(ticket.due) }
            return false
        }
        guard let gate = gate(of: ticket), gates.values[gate].isLimited else {
            if ticket.status == .queued { leave(ticket) }
            return false
        }
        if ticket.status == .running { change(ticket.jobID) { $0.count(ticket, by: -1) } }
        guard gates.values[gate].isInSeries(ticket) else {
            if ticket.status == .queued { leave(ticket) }
            return false
        }
        if gates.values[gate].part(ticket), ticket.status == .queued { leave(ticket) }
        return true
    }

    /// Takes a queued execution out because it has expired.
    ///
    /// - Returns: Whether the turn in its job's series may have to be passed on.
    mutating func setAside(_ ticket: ClaimTicket) -> Bool {
        let wasInSeries = remove(ticket)
        if let gate = gate(of: ticket), gates.values[gate].isInSeries(ticket) {
            gates.values[gate].setAside(ticket)
        }
        return wasInSeries
    }

    /// The runs of a job's schedule that are not over and go one after the other, in the order of their instants.
    func series(of id: JobID) -> [ExecutionID] { gates[id]?.members ?? [] }

    /// How many of them have begun.
    func begunCount(of id: JobID) -> Int { gates[id]?.begunCount ?? 0 }

    /// Passes the turn in a job's series on.
    ///
    /// - Returns: The execution to ``leave(_:)`` and the one to ``enter(_:)`` if it is queued; `nil` for no change.
    mutating func passTurn(of id: JobID) -> (from: ExecutionID?, to: ExecutionID?)? {
        guard let gate = gates.index(forKey: id) else { return nil }
        return gates.values[gate].passTurn()
    }

    /// Lets a queued execution wait for its due time.
    mutating func enter(_ ticket: ClaimTicket) {
        if isPlain(ticket) { plain.insert(ticket.due) } else { delayed.insert(ticket.due) }
    }

    mutating func leave(_ ticket: ClaimTicket) {
        if isPlain(ticket) {
            plain.remove(ticket.due)
        } else if !delayed.remove(ticket.due) {
            changeReady(ticket, adding: false)
        }
    }

    private func isPlain(_ ticket: ClaimTicket) -> Bool {
        guard let gate = gate(of: ticket) else { return ticket.priority ?? 0 == 0 }
        return !gates.values[gate].isLimited && ticket.priority ?? gates.values[gate].priority == 0
    }

    // MARK: Time

    /// An execution whose due time has come, which is now to be made ready.
    mutating func popDue(at now: Date) -> ExecutionID? {
        guard let key = delayed.first, key.instant <= now else { return nil }
        delayed.remove(key)
        return key.id
    }

    mutating func makeReady(_ ticket: ClaimTicket) {
        changeReady(ticket, adding: true)
    }

    /// Lets an execution wait again that is not due, because the clock was set back.
    mutating func postpone(_ ticket: ClaimTicket) {
        leave(ticket)
        enter(ticket)
    }

    private mutating func changeReady(_ ticket: ClaimTicket, adding: Bool) {
        let gate = gate(of: ticket)
        if let gate, gates.values[gate].isLimited {
            change(ticket.jobID) { if adding { $0.enter(ticket) } else { $0.leave(ticket) } }
        } else {
            let rank = ticket.rank(priority: gate.map { gates.values[$0].priority } ?? 0)
            if adding { ready.insert(rank) } else { ready.remove(rank) }
        }
    }

    /// The execution to be claimed first, if the limits of its job allow it.
    func first(at now: Date) -> ExecutionID? {
        let due = plain.first.flatMap { $0.instant <= now ? $0 : nil }
        guard let ready = ready.first else { return due?.id }
        guard let due else { return ready.id }
        return min(due, ready).id
    }

    /// The earliest instant after another at which something may become claimable.
    func nextInstant(after now: Date) -> Date? {
        [
            plain.next(after: .end(of: now))?.instant, delayed.next(after: .end(of: now))?.instant,
            held.next(after: .end(of: now)).map(\.instant).flatMap { $0 < .distantFuture ? $0 : nil },
            heldLines.next(after: HeldLine(instant: now, number: .max))?.instant,
        ].compactMap(\.self).min()
    }

    // MARK: Limits

    /// Sets aside what the rates or the window of a job hold back: the job, or all that share its rates.
    ///
    /// - Returns: Whether the job's executions may not start now.
    mutating func holdsBack(_ id: JobID, at now: Date) -> Bool {
        guard let gate = gates.index(forKey: id) else { return false }
        if let opening = opening(for: id, gates.values[gate].limits, at: now) {
            held.insert(DueKey(instant: opening, id: id))
            change(id) { $0.heldUntil = opening }
            return true
        }
        guard let number = gates.values[gate].line,
            let opening = gates.values[gate].limits.sharedRates.compactMap({
                ledger.opening(of: $0.limit, in: .shared($0.name), at: now)
            }).max()
        else { return false }
        heldLines.insert(HeldLine(instant: opening, number: number))
        change(line: number) { $0.heldUntil = opening }
        return true
    }

    /// The instant at which the job's own rate and its window may let another of its executions start.
    ///
    /// - Returns: `nil` if one may start now; the distant future for never.
    private func opening(for id: JobID, _ limits: JobLimits, at now: Date) -> Date? {
        let rate = limits.rate.flatMap { ledger.opening(of: $0, in: .job(id), at: now) }
        guard let window = limits.window, !window.contains(now) else { return rate }
        let opening = window.nextOpening(from: now) ?? .distantFuture
        return rate.map { max($0, opening) } ?? opening
    }

    /// How many jobs and lines are held until an instant.
    package var heldCount: Int { held.count + heldLines.count }

    /// Lets go of the jobs and lines that are held until an instant that has come, or of all.
    mutating func letGo(at now: Date?) {
        while let key = held.first, now.map({ key.instant <= $0 }) ?? true {
            held.remove(key)
            change(key.id) { $0.heldUntil = nil }
        }
        while let key = heldLines.first, now.map({ key.instant <= $0 }) ?? true {
            heldLines.remove(key)
            change(line: key.number) { $0.heldUntil = nil }
        }
    }

    /// What the starts of an attempt of a job are counted by, and the window of each in seconds.
    func pools(of id: JobID) -> [(pool: RatePool, window: Double)] {
        guard let limits = gates[id]?.limits else { return [] }
        var pools: [(RatePool, Double)] = []
        if let rate = limits.rate { pools.append((.job(id), rate.window / .seconds(1))) }
        for name in Set(limits.sharedRates.map(\.name)).sorted() {
            pools.append((.shared(name), ledger.window(of: name)))
        }
        return pools
    }

    mutating func put(_ start: AttemptStart, in pool: RatePool) {
        ledger.put(start, in: pool)
    }

    mutating func forgetStarts(in pool: RatePool, through date: Date) {
        ledger.forget(pool, through: date)
    }

    // MARK: Offers

    /// Changes a gate, and keeps what it offers in step.
    private mutating func change(_ id: JobID, _ body: (inout JobGate) -> Void) {
        guard let gate = gates.index(forKey: id) else { return }
        body(&gates.values[gate])
        let (old, new) = (gates.values[gate].offer, gates.values[gate].candidate)
        guard old != new else { return }
        gates.values[gate].offer = new
        replace(old, with: new, in: gates.values[gate].line)
    }

    /// Changes a line, and keeps what it offers in step.
    private mutating func change(line number: Int, _ body: (inout RateLine) -> Void) {
        guard let line = lines.index(forKey: number) else { return }
        body(&lines.values[line])
        if let until = lines.values[line].heldUntil, lines.values[line].isEmpty {
            heldLines.remove(HeldLine(instant: until, number: number))
            lines.values[line].heldUntil = nil
        }
        let (old, new) = (lines.values[line].offer, lines.values[line].candidate)
        guard old != new else { return }
        lines.values[line].offer = new
        replace(old, with: new, in: nil)
    }

    /// Takes back what was offered, to a line or to whoever claims, and offers something else.
    private mutating func replace(_ old: DueKey<ExecutionID>?, with new: DueKey<ExecutionID>?, in line: Int?) {
        if let line {
            change(line: line) { $0.replace(old, with: new) }
        } else {
            if let old { ready.remove(old) }
            if let new { ready.insert(new) }
        }
    }
}
