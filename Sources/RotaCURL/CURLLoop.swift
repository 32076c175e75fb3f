import CRotaCURL
import Foundation
import RotaHTTP
import Synchronization

/// The way to the thread that carries out a transport's requests: a queue of commands, and a wake-up for who waits.
final class CURLLoop: Sendable {
    /// A thing that the thread is asked to do.
    enum Command: Sendable {
        case begin(Order, Result<Transfer, TransportError>?)
        case proceed(Ticket, Result<Transfer, TransportError>)
        case cancel(Ticket)
        /// Take no further requests, and end after those in progress.
        case end
    }

    private struct State {
        var commands: [Command] = []
        var isStarted = false
        var isClosed = false
        var isOver = false
        /// libcurl's handle while the thread waits, to wake it by.
        var sleeper: UInt?
        var closers: [CheckedContinuation<Void, Never>] = []
        var underWay = 0
    }

    private let state = Mutex(State())
    private let settings: HandleSettings
    private let pool: HandlePool

    init(_ settings: HandleSettings) {
        self.settings = settings
        pool = HandlePool(settings)
    }

    /// The number of commands that the thread has not taken yet.
    var queued: Int { state.withLock(\.commands.count) }

    /// The number of requests in progress.
    var underWay: Int { state.withLock(\.underWay) }

    /// Carries out a request and returns its raw result.
    ///
    /// The task that waits prepares the transfer and reads it at the end, so that the thread does only what it must.
    ///
    /// - Parameters:
    ///   - route: The route, if it needs no lookup.
    ///   - lookUp: Finds the route otherwise.
    func carryOut(
        _ request: HTTPRequest, limit: ResponseLimit, deadline: ContinuousClock.Instant, route: Route?,
        lookUp: @escaping @Sendable () async -> Result<Route, TransportError>
    ) async -> Reply {
        let ticket = Ticket()
        let begun = ContinuousClock.now
        var lookup: Task<Void, Never>?
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let order = Order(
                    ticket: ticket, request: request, begun: begun, deadline: deadline, limit: limit,
                    continuation: continuation)
                guard begin(order, route.map { pool.prepare(order, $0) }), route == nil else { return }
                // The loop keeps the deadline meanwhile, so that a resolver that never answers cannot exceed it.
                lookup = Task { [self] in
                    let route = await lookUp()
                    proceed(ticket, route.flatMap { pool.prepare(order, $0) })
                }
            }
        } onCancel: {
            cancel(ticket)
        }
        lookup?.cancel()
        guard let transfer = outcome.transfer else { return Reply(outcome.ending) }
        rota_transfer_take_over(transfer.pointer)
        defer { pool.giveBack(transfer) }
        return Reply(outcome.ending, transfer.pointer, took: outcome.date - begun, looksUp: route == nil)
    }

    /// Begins a request, whose transfer may come later.
    ///
    /// - Returns: Whether the request was taken. If not, it has ended.
    private func begin(_ order: Order, _ prepared: Result<Transfer, TransportError>?) -> Bool {
        let (isClosed, starts) = state.withLock { state -> (Bool, Bool) in
            guard !state.isClosed else { return (true, false) }
            state.underWay += 1
            Self.append(.begin(order, prepared), to: &state)
            defer { state.isStarted = true }
            return (false, !state.isStarted)
        }
        if isClosed {
            pool.giveBack(prepared)
            order.continuation.resume(returning: Outcome(ending: .closed))
            return false
        }
        if starts { start() }
        return true
    }

    /// Gives a request its transfer, or the reason why there is none.
    private func proceed(_ ticket: Ticket, _ prepared: Result<Transfer, TransportError>) {
        let isOver = state.withLock { state in
            Self.append(.proceed(ticket, prepared), to: &state)
            return state.isOver
        }
        if isOver { pool.giveBack(prepared) }
    }

    /// Ends a request.
    func cancel(_ ticket: Ticket) {
        ticket.isCanceled.store(true, ordering: .sequentiallyConsistent)
        state.withLock { Self.append(.cancel(ticket), to: &$0) }
    }

    /// Refuses new requests, waits for those in progress, and ends the thread.
    func close() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state -> Bool in
                Self.end(&state)
                guard state.isStarted, !state.isOver else { return true }
                state.closers.append(continuation)
                return false
            }
            if isOver { continuation.resume() }
        }
    }

    /// Ends the thread of a transport that was released.
    func abandon() {
        state.withLock { Self.end(&$0) }
    }

    private static func end(_ state: inout State) {
        guard !state.isClosed else { return }
        state.isClosed = true
        // Without a thread, the command would stay there, and so would all later ones.
        if state.isStarted { append(.end, to: &state) } else { state.isOver = true }
    }

    private static func append(_ command: Command, to state: inout State) {
        guard !state.isOver else { return }
        state.commands.append(command)
        // Under the lock, so that the handle still exists.
        if let sleeper = state.sleeper, let multi = OpaquePointer(bitPattern: sleeper) {
            state.sleeper = nil
            rota_multi_wake(multi)
        }
    }

    private func start() {
        Thread { [self, settings, pool] in
            var work = LoopThread(self, settings, pool)
            work.run()
            let (late, closers) = state.withLock { state -> ([Command], [CheckedContinuation<Void, Never>]) in
                state.isOver = true
                defer { (state.commands, state.closers) = ([], []) }
                return (state.commands, state.closers)
            }
            for case .proceed(_, let prepared) in late { pool.giveBack(prepared) }
            for closer in closers { closer.resume() }
        }
        .start()
    }
}

extension CURLLoop {
    /// Takes all commands.
    func take() -> [Command] {
        state.withLock { state in
            guard !state.commands.isEmpty else { return [] }
            defer { state.commands = [] }
            return state.commands
        }
    }

    /// Notes that a number of requests have ended.
    func ended(_ count: Int) {
        guard count > 0 else { return }
        state.withLock { $0.underWay -= count }
    }

    /// Waits for sockets, a command, or the end of the time.
    ///
    /// Returns at once if there are commands, but looks at the sockets then too: commands that never cease must not
    /// keep transfers from moving.
    func sleep(_ multi: OpaquePointer, milliseconds: Int32) {
        let sleeps = state.withLock { state in
            guard state.commands.isEmpty else { return false }
            state.sleeper = UInt(bitPattern: multi)
            return true
        }
        guard sleeps else { return rota_multi_wait(multi, 0) }
        rota_multi_wait(multi, milliseconds)
        state.withLock { $0.sleeper = nil }
    }
}
