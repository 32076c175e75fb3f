import CRotaCURL
import Foundation
import RotaCore
import RotaHTTP
import Synchronization

/// The thread that owns libcurl's handles: it takes commands, moves transfers on, and ends them.
///
/// Nothing in a turn blocks, so a request ends within a turn of its deadline or cancellation.
struct LoopThread {
    private typealias Transfer = UnsafeMutablePointer<rota_transfer>

    private enum Stage {
        /// Its route is not known yet.
        case waiting
        case running(Transfer)
    }

    /// After this long without a request, the connections are closed.
    private static let patience = Duration.seconds(30)

    private let loop: CURLLoop
    private let settings: HandleSettings
    private var multi: OpaquePointer?
    private var pool: HandlePool
    private var orders: [Ticket: (order: Order, stage: Stage)] = [:]
    private var tickets: [UInt64: Ticket] = [:]
    private var deadlines = DeadlineHeap<Ticket>()
    private var lastID: UInt64 = 0
    private var lastUse = ContinuousClock.now
    private var mayKeepConnections = false
    private var isEnding = false
    /// The requests that have ended in this turn, with their results.
    private var ended: [(order: Order, reply: Reply)] = []

    init(_ loop: CURLLoop, _ settings: HandleSettings) {
        self.loop = loop
        self.settings = settings
        pool = HandlePool(settings)
    }

    mutating func run() {
        rota_thread_block_signals()
        while true {
            let commands = loop.take()
            if !commands.isEmpty { lastUse = .now }
            for command in commands { obey(command) }
            if let multi { turn(multi) }
            expire()
            report()
            if orders.isEmpty, isEnding { break }
            rest()
        }
        pool.empty()
        if let multi { rota_multi_destroy(multi) }
    }

    private mutating func obey(_ command: CURLLoop.Command) {
        switch command {
        case .begin(let order, let route):
            guard !order.ticket.isCanceled.load(ordering: .sequentiallyConsistent) else {
                return finish(order, Reply(.canceled))
            }
            orders[order.ticket] = (order, .waiting)
            deadlines.push(.init(date: order.deadline, ticket: order.ticket))
            if let route { start(order, route) }
        case .proceed(let ticket, let route):
            guard let order = orders[ticket]?.order, case .waiting = orders[ticket]?.stage else { return }
            switch route {
            case .success(let route): start(order, route)
            case .failure(let error): end(ticket, .failed(error))
            }
        case .cancel(let ticket): end(ticket, .canceled)
        case .end: isEnding = true
        }
    }

    private mutating func start(_ order: Order, _ route: Route) {
        let now = ContinuousClock.now
        guard order.deadline > now else { return end(order.ticket, .deadline) }
        guard let multi = multi ?? makeMulti() else {
            return end(order.ticket, .failed(Self.problem("libcurl has no memory")))
        }
        let transfer: Transfer
        switch pool.take() {
        case .success(let made): transfer = made
        case .failure(let error): return end(order.ticket, .failed(Self.problem(error.message)))
        }
        let code = order.prepare(transfer, route, now: now)
        guard code == 0 else {
            pool.giveBack(transfer)
            return end(order.ticket, .failed(CURLFailure.unsent(code)))
        }
        lastID &+= 1
        transfer.pointee.id = lastID
        guard rota_multi_add(multi, transfer) == 0 else {
            pool.giveBack(transfer)
            return end(order.ticket, .failed(Self.problem("libcurl did not take the request")))
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
    private mutating func turn(_ multi: OpaquePointer) {
        guard rota_multi_perform(multi) == 0 else {
            for ticket in Array(tickets.values) { end(ticket, .failed(TransportError(.other, "libcurl failed"))) }
            return replaceMulti()
        }
        while let transfer = rota_multi_next_done(multi) {
            guard let ticket = tickets[transfer.pointee.id] else { continue }
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
        guard case .running(let transfer) = stage else { return finish(order, Reply(ending)) }
        tickets[transfer.pointee.id] = nil
        let reply = Reply(ending, transfer, order)
        if let multi { rota_multi_remove(multi, transfer) }
        pool.giveBack(transfer)
        finish(order, reply)
    }

    private mutating func finish(_ order: Order, _ reply: Reply) {
        ended.append((order, reply))
    }

    /// Wakes the tasks whose requests have ended.
    private mutating func report() {
        guard !ended.isEmpty else { return }
        loop.ended(ended.count)
        for (order, reply) in ended { order.continuation.resume(returning: reply) }
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
            if mayKeepConnections, .now - lastUse >= Self.patience { replaceMulti() }
            guard let multi = self.multi else { return }
            return loop.sleep(multi, milliseconds: mayKeepConnections ? 30_000 : 3_600_000)
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
