import Foundation

/// What holds the executions of one job back, and those of them that are due.
///
/// They are in lanes, one for each concurrency key if keys are limited and one for the others. A lane that is full
/// shows no head; a job that is full, or held until an instant, offers none of its lanes' heads. So whatever is held
/// back is touched by nobody until a slot is freed or the instant comes.
struct JobGate: Sendable {
    struct Lane: Sendable {
        var ready = OrderedIndex<DueKey<ExecutionID>>()
        var running = 0
        /// The key that is in ``JobGate/heads``.
        var head: DueKey<ExecutionID>?
    }

    let priority: Int
    let limits: JobLimits
    /// Whether the runs of the schedule go one after the other.
    let isSerial: Bool
    private(set) var running = 0
    private var lanes: [String?: Lane] = [:]
    private var heads = OrderedIndex<DueKey<ExecutionID>>()
    /// The instant until which a rate or a window holds everything back.
    var heldUntil: Date?
    /// The number of the line of those that share its rates.
    var line: Int?
    /// The key that is in the line, or else in ``ClaimQueue/ready``.
    var offer: DueKey<ExecutionID>?

    /// The runs of the schedule that are not over, if they go one after the other, in the order of their instants.
    private var series = OrderedIndex<DueKey<ExecutionID>>()
    /// Those that have expired, and only wait to be ended.
    private var lapsed = OrderedIndex<DueKey<ExecutionID>>()
    /// Those of the series that have begun.
    private var begun = OrderedIndex<DueKey<ExecutionID>>()
    /// The run whose turn it is: the only one that may be claimed.
    private var turn: ExecutionID?

    /// A gate for a job, or `nil` if the job has no use for one.
    init?(_ limits: JobLimits, isSerial: Bool) {
        self.limits = limits
        self.isSerial = isSerial
        priority = limits.priority
        guard priority != 0 || isSerial || Self.limitsSomething(limits) else { return nil }
    }

    private static func limitsSomething(_ limits: JobLimits) -> Bool {
        limits.concurrency != nil || limits.concurrencyPerKey != nil || limits.rate != nil
            || !limits.sharedRates.isEmpty || limits.window != nil
    }

    /// Whether there is more to it than a priority.
    var isLimited: Bool { isSerial || Self.limitsSomething(limits) }

    /// The head that may be offered, if any.
    var candidate: DueKey<ExecutionID>? {
        guard heldUntil == nil, limits.concurrency.map({ running < max(1, $0) }) ?? true else { return nil }
        return heads.first
    }

    // MARK: Lanes

    mutating func enter(_ ticket: ClaimTicket) {
        let rank = ticket.rank(priority: priority)
        change(laneOf: ticket) { $0.ready.insert(rank) }
    }

    mutating func leave(_ ticket: ClaimTicket) {
        let rank = ticket.rank(priority: priority)
        change(laneOf: ticket) { $0.ready.remove(rank) }
    }

    mutating func count(_ ticket: ClaimTicket, by difference: Int) {
        running += difference
        change(laneOf: ticket) { $0.running += difference }
    }

    private mutating func change(laneOf ticket: ClaimTicket, _ body: (inout Lane) -> Void) {
        let key = limits.concurrencyPerKey == nil ? nil : ticket.concurrencyKey
        var lane = lanes.removeValue(forKey: key) ?? Lane()
        body(&lane)
        let isOpen = key == nil || limits.concurrencyPerKey.map { lane.running < max(1, $0) } ?? true
        let head = isOpen ? lane.ready.first : nil
        if head != lane.head {
            if let old = lane.head { heads.remove(old) }
            if let head { heads.insert(head) }
            lane.head = head
        }
        if !lane.ready.isEmpty || lane.running != 0 { lanes[key] = lane }
    }

    // MARK: The series

    /// Whether an execution is one of those that go one after the other.
    func isInSeries(_ ticket: ClaimTicket) -> Bool { isSerial && ticket.isScheduled }

    /// The runs of the schedule that are not over, if they go one after the other.
    var members: [ExecutionID] { (Array(series.suffix()) + Array(lapsed.suffix())).sorted().map(\.id) }

    /// How many of them have begun.
    var begunCount: Int { begun.count }

    mutating func join(_ ticket: ClaimTicket) {
        series.insert(ticket.turn)
        if ticket.hasBegun { begun.insert(ticket.turn) }
    }

    /// Keeps in mind an execution that would be in the series if it had not expired.
    mutating func setAside(_ ticket: ClaimTicket) {
        lapsed.insert(ticket.turn)
    }

    /// Takes an execution out of the series.
    ///
    /// - Returns: Whether it was its turn.
    mutating func part(_ ticket: ClaimTicket) -> Bool {
        series.remove(ticket.turn)
        begun.remove(ticket.turn)
        lapsed.remove(ticket.turn)
        guard turn == ticket.id else { return false }
        turn = nil
        return true
    }

    /// Passes the turn on: to the first that has begun, or else to the first.
    ///
    /// - Returns: Who had the turn and who has it now, or `nil` if that is the same.
    mutating func passTurn() -> (from: ExecutionID?, to: ExecutionID?)? {
        let next = (begun.first ?? series.first)?.id
        guard next != turn else { return nil }
        defer { turn = next }
        return (turn, next)
    }
}
