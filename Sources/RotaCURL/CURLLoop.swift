import CRotaCURL
import Foundation
import RotaHTTP
import Synchronization

/// The way to the thread that carries out a transport's requests: a queue of commands, and a wake-up for who waits.
final class CURLLoop: Sendable {
    /// A thing that the thread is asked to do.
    enum Command: Sendable {
        case begin(Order, Route?)
        case proceed(Ticket, Result<Route, TransportError>)
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

    init(_ settings: HandleSettings) {
        self.settings = settings
    }

    /// The number of requests in progress.
    var underWay: Int { state.withLock(\.underWay) }

    /// Begins a request, whose route may come later.
    func begin(_ order: Order, _ route: Route?) {
        let (isClosed, starts) = state.withLock { state -> (Bool, Bool) in
            guard !state.isClosed else { return (true, false) }
            state.underWay += 1
            Self.append(.begin(order, route), to: &state)
            defer { state.isStarted = true }
            return (false, !state.isStarted)
        }
        if isClosed { return order.continuation.resume(returning: Reply(.closed)) }
        if starts { start() }
    }

    /// Gives a request its route, or the reason why there is none.
    func proceed(_ ticket: Ticket, _ route: Result<Route, TransportError>) {
        state.withLock { Self.append(.proceed(ticket, route), to: &$0) }
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
        append(.end, to: &state)
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
        let thread = Thread { [self, settings] in
            var work = LoopThread(self, settings)
            work.run()
            let closers = state.withLock { state -> [CheckedContinuation<Void, Never>] in
                state.isOver = true
                state.commands = []
                defer { state.closers = [] }
                return state.closers
            }
            for closer in closers { closer.resume() }
        }
        thread.name = "rota.curl"
        thread.start()
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
    /// Returns at once if there are commands.
    func sleep(_ multi: OpaquePointer, milliseconds: Int32) {
        let sleeps = state.withLock { state in
            guard state.commands.isEmpty else { return false }
            state.sleeper = UInt(bitPattern: multi)
            return true
        }
        guard sleeps else { return }
        rota_multi_wait(multi, milliseconds)
        state.withLock { $0.sleeper = nil }
    }
}
