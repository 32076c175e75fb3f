import CRotaCURL
import Foundation
import RotaCore
import RotaHTTP
import Synchronization

/// The thread that owns libcurl's handles: it takes commands, moves transfers on, and ends them.
///
/// Nothing in a round blocks, so a request ends within a round of its deadline or cancellation.
struct LoopThread {
    private enum Stage {
        /// Its transfer is not there yet, because its route is not known.
        case waiting
        case running(Transfer)
    }

    private let loop: CURLLoop
    private let settings: HandleSettings
    private var multi: OpaquePointer?
    private let pool: HandlePool
    private var orders: [Ticket: (order: Order, stage: Stage)] = [:]
    private var tickets: [UInt64: Ticket] = [:]
    private var deadlines = DeadlineHeap<Ticket>()
    private var lastID: UInt64 = 0
    private var lastUse = ContinuousClock.now
    private var mayKeepConnections = false
    private var isEnding = false
    /// The requests that have ended in this round, with their results.
    private var ended: [(order: Order, outcome: Outcome)] = []

    init(_ loop: CURLLoop, _ settings: HandleSettings, _ pool: HandlePool) {
        self.loop = loop
        self.settings = settings
        self.pool = pool
    }

    mutating func run() {
        rota_thread_prepare()
        while true {
            let commands = loop.take()
            if !commands.isEmpty { lastUse = .now }
            for command in commands { obey(command) }
            if let multi { perform(multi) }
            expire()
            report()
            if orders.isEmpty, isEnding { break }
            rest()
        }
        if let multi { rota_multi_destroy(multi) }
    }

    private mutating func obey(_ command: CURLLoop.Command) {
        switch command {
        case .begin(let order, let prepared):
            guard !order.ticket.isCanceled.load(ordering: .sequentiallyConsistent) else {
                pool.giveBack(prepared)
                return finish(order, Outcome(ending: .canceled))
            }
            orders[order.ticket] = (order, .waiting)
            deadlines.push(.init(date: order.deadline, ticket: order.ticket))
            if let prepared { start(order, prepared) }
        case .proceed(let ticket, let prepared):
            guard let order = orders[ticket]?.order, case .waiting = orders[ticket]?.stage else {
                return pool.giveBack(prepared)
            }
            start(order, prepared)
        case .cancel(let ticket): end(ticket, .canceled)
        case .end: isEnding = true
        }
    }

    private mutating func start(_ order: Order, _ prepared: Result<Transfer, TransportError>) {
        let transfer: Transfer
        switch prepared {
        case .success(let made): transfer = made
        case .failure(let error): return end(order.ticket, .failed(error))
        }
        rota_transfer_take_over(transfer.pointer)
        guard order.deadline > .now else {
            pool.giveBack(transfer)
            return end(order.ticket, .deadline)
        }
        lastID &+= 1
        transfer.pointer.pointee.id = lastID
        guard let multi = multi ?? makeMulti(), rota_multi_add(multi, transfer.pointer) == 0 else {
            pool.giveBack(transfer)
            return end(order.ticket, .failed(Self.problem("libcurl did not take the request, or has no memory")))
        }
        tickets[lastID] = order.ticket
        orders[order.ticket] = (order, .running(transfer))
        mayKeepConnections = true
    }

    private static func problem(_ message: String) -> TransportError {
        TransportError(.other, message, mayHaveBeenSent: false)
    }

    private mutating func makeMulti() -> OpaquePointer? {
        let kept = max(64, settings.connectionsPerHost)
        multi = rota_multi_create(settings.connectionsPerHost, kept)
        return multi
    }

    /// Moves the transfers on, and ends those that are complete or unacceptable.
    private mutating func perform(_ multi: OpaquePointer) {
        guard rota_multi_perform(multi) == 0 else {
            for ticket in Array(tickets.values) { end(ticket, .failed(TransportError(.other, "libcurl failed"))) }
            return replaceMulti()
        }
        while let transfer = rota_multi_next_done(multi) {
            guard let ticket = tickets[transfer.pointee.id], !rota_multi_begin_again(multi, transfer) else { continue }
            end(ticket, .finished(transfer.pointee.code))
        }
        while let transfer = rota_multi_next_head(multi) {
            guard let ticket = tickets[transfer.pointee.id], !AnswerHead.isAcceptable(transfer.pointee.head.contents)
            else { continue }
            end(ticket, .unacceptable)
        }
    }

    private mutating func end(_ ticket: Ticket, _ ending: Reply.Ending) {
        guard let (order, stage) = orders.removeValue(forKey: ticket) else { return }
        guard case .running(let transfer) = stage else { return finish(order, Outcome(ending: ending)) }
        tickets[transfer.pointer.pointee.id] = nil
        if let multi { rota_multi_remove(multi, transfer.pointer) }
        rota_transfer_hand_over(transfer.pointer)
        finish(order, Outcome(ending: ending, transfer: transfer))
    }

    private mutating func finish(_ order: Order, _ outcome: Outcome) {
        ended.append((order, outcome))
    }

    /// Wakes the tasks whose requests have ended.
    private mutating func report() {
        guard !ended.isEmpty else { return }
        loop.ended(ended.count)
        for (order, outcome) in ended { order.continuation.resume(returning: outcome) }
        ended.removeAll(keepingCapacity: true)
    }

    private mutating func expire() {
        guard !deadlines.isEmpty else { return }
        let now = ContinuousClock.now
        while let first = deadlines.first, first.date <= now || orders[first.ticket] == nil {
            deadlines.removeFirst()
            end(first.ticket, .deadline)
        }
        deadlines.compact(live: orders.count) { orders[$0] != nil }
    }

    /// Waits until there is something to do.
    private mutating func rest() {
        guard let multi = multi ?? makeMulti() else {
            // The process has no descriptors or no memory left. No request is in progress then, and each new one fails.
            return Thread.sleep(forTimeInterval: 0.01)
        }
        guard let first = deadlines.first else {
            if mayKeepConnections, .now - lastUse >= settings.idleLimit { replaceMulti() }
            guard let multi = self.multi else { return }
            let idle = Int32(clamping: settings.idleLimit.millisecondsRoundedUp)
            return loop.sleep(multi, milliseconds: mayKeepConnections ? idle : 3_600_000)
        }
        let left = first.date - .now
        let milliseconds = left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000
        loop.sleep(multi, milliseconds: Int32(clamping: max(0, min(milliseconds + 1, 60_000))))
    }

    /// Closes the kept connections.
    private mutating func replaceMulti() {
        if let multi { rota_multi_destroy(multi) }
        multi = nil
        mayKeepConnections = false
        _ = makeMulti()
    }
}

extension rota_buffer {
    /// The bytes in place.
    var contents: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: bytes, count: count) }
}
