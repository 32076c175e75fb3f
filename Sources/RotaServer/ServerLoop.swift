import Foundation
import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The server's thread: one `poll` over the listener, all connections, and a pipe that wakes it.
final class ServerLoop: Sendable {
    private struct State {
        var answers: [(connection: Int, response: ServerResponse)] = []
        var handlers: [Int: Task<Void, Never>] = [:]
        var readers: Set<Int> = []
        var stop: Stop?
        var isOver = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private struct Stop {
        /// When reads that still run are canceled.
        var cancels: ContinuousClock.Instant
        /// When connections are cut.
        var ends: ContinuousClock.Instant
    }

    private let listener: Int32
    private let limits: ServerLimits
    private let wakeUp: (read: Int32, write: Int32)
    private let refusing: @Sendable (ServerRefusal) -> ServerResponse
    private let handler: @Sendable (ServerRequest) async -> ServerResponse
    private let state = Mutex(State())

    init(
        listener: Int32, limits: ServerLimits, refusing: @escaping @Sendable (ServerRefusal) -> ServerResponse,
        handler: @escaping @Sendable (ServerRequest) async -> ServerResponse
    ) throws(SocketError) {
        self.listener = listener
        self.limits = limits
        self.refusing = refusing
        self.handler = handler
        do {
            wakeUp = try SystemSocket.pair()
        } catch {
            SystemSocket.close(listener)
            throw error
        }
    }

    func start() {
        let thread = Thread { self.run() }
        thread.name = "rota.server"
        thread.start()
    }

    /// Asks the thread to end.
    func requestStop(grace: Duration) {
        let now = ContinuousClock.now
        state.withLock {
            guard $0.stop == nil else { return }
            $0.stop = Stop(cancels: now + min(grace, .seconds(1)), ends: now + grace)
            wake($0)
        }
    }

    /// Waits until the thread has ended.
    func ended() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock {
                if !$0.isOver { $0.waiters.append(continuation) }
                return $0.isOver
            }
            if isOver { continuation.resume() }
        }
        let handlers = state.withLock { Array($0.handlers.values) }
        for handler in handlers { handler.cancel() }
        for handler in handlers { await handler.value }
    }

    /// Wakes the thread, under the lock, because the thread closes the pipe under it when it ends.
    private func wake(_ state: State) {
        if !state.isOver { _ = write(wakeUp.write, [1], 1) }
    }

    private func run() {
        var connections: [Int: ServerConnection] = [:]
        var count = 0
        var pausesUntil: ContinuousClock.Instant?
        while true {
            let now = ContinuousClock.now
            let stop = state.withLock { $0.stop }
            if let stop {
                for (number, connection) in connections where connection.isIdle { close(number, &connections) }
                if connections.isEmpty || stop.ends <= now { break }
                if stop.cancels <= now { cancelReaders() }
            }
            if let pause = pausesUntil, pause <= now { pausesUntil = nil }
            let accepts = stop == nil && pausesUntil == nil && hasRoom(connections)
            let order = Array(connections.keys)
            var polled = [
                pollfd(fd: wakeUp.read, events: Int16(POLLIN), revents: 0),
                pollfd(fd: accepts ? listener : -1, events: Int16(POLLIN), revents: 0),
            ]
            for number in order {
                guard let connection = connections[number] else { continue }
                let events =
                    (connection.wantsToRead || connection.watchesForEnd ? POLLIN : 0)
                    | (connection.wantsToWrite ? POLLOUT : 0)
                polled.append(pollfd(fd: connection.descriptor, events: Int16(events), revents: 0))
            }
            // A deadline of a connection may have passed since the last look at it: then the poll returns at once. The
            // date of the cancellation stays in the past, and must not do so.
            let dates = [pausesUntil, stop?.ends, stop?.cancels].compactMap { $0 }.filter { $0 > now }
            let deadlines = connections.values.compactMap(\.deadline) + dates
            _ = poll(&polled, nfds_t(polled.count), Self.milliseconds(until: deadlines.min(), now))
            if polled[0].revents != 0 { _ = SystemSocket.read(wakeUp.read) }
            deliverAnswers(&connections, isStopping: stop != nil)
            for (number, entry) in zip(order, polled.dropFirst(2)) {
                guard entry.revents != 0 || connections[number]?.deadline.map({ $0 <= .now }) == true else { continue }
                let isBroken = entry.revents & Int16(POLLERR | POLLNVAL) != 0
                serve(number, reads: entry.revents & Int16(POLLIN | POLLHUP) != 0, isBroken: isBroken, &connections)
            }
            guard polled[1].revents != 0 else { continue }
            accepting: while true {
                let isFull = connections.count >= limits.connections
                let idle = isFull ? Self.longestIdle(connections) : nil
                guard !isFull || idle != nil else { break }
                switch SystemSocket.accept(listener) {
                case .none: break accepting
                case .exhausted:
                    pausesUntil = .now + .milliseconds(100)
                    break accepting
                case .connection(let descriptor):
                    if let idle { close(idle, &connections) }
                    count += 1
                    connections[count] = ServerConnection(
                        descriptor: descriptor, limits: limits, refusing: refusing, now: .now)
                    serve(count, reads: true, isBroken: false, &connections)
                }
            }
        }
        for connection in connections.values { SystemSocket.reset(connection.descriptor) }
        finish()
    }

    /// Whether another connection can be accepted, perhaps in place of one that only waits.
    private func hasRoom(_ connections: [Int: ServerConnection]) -> Bool {
        connections.count < limits.connections || Self.longestIdle(connections) != nil
    }

    /// The connection that has waited longest for its next request.
    ///
    /// One whose request has arrived since the last look at it is not idle: closing it would reset the request.
    static func longestIdle(_ connections: [Int: ServerConnection]) -> Int? {
        let idle = connections.compactMap { number, connection in
            connection.idleEnd.map { (number: number, end: $0, descriptor: connection.descriptor) }
        }
        return idle.sorted { $0.end < $1.end }.first { SystemSocket.peek($0.descriptor) == .nothing }?.number
    }

    private func finish() {
        let waiters = state.withLock { state in
            SystemSocket.close(listener)
            SystemSocket.close(wakeUp.read)
            SystemSocket.close(wakeUp.write)
            state.isOver = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// The milliseconds until a date, rounded up, or -1 without one.
    private static func milliseconds(until date: ContinuousClock.Instant?, _ now: ContinuousClock.Instant) -> Int32 {
        guard let date else { return -1 }
        let (seconds, attoseconds) = (date - now).components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        return Int32(min(seconds, 60) * 1000 + attoseconds / 1_000_000_000_000_000 + 1)
    }

    private func close(_ number: Int, _ connections: inout [Int: ServerConnection]) {
        guard let connection = connections.removeValue(forKey: number) else { return }
        SystemSocket.close(connection.descriptor)
        state.withLock { $0.handlers[number] }?.cancel()
    }

    private func deliverAnswers(_ connections: inout [Int: ServerConnection], isStopping: Bool) {
        let answers = state.withLock { state in
            defer { state.answers = [] }
            return state.answers
        }
        for (number, response) in answers {
            connections[number]?.answer(response, closes: isStopping)
            serve(number, reads: false, isBroken: false, &connections)
        }
    }

    /// Reads, answers and writes on a connection as far as possible without blocking.
    private func serve(
        _ number: Int, reads: Bool, isBroken: Bool, _ connections: inout [Int: ServerConnection]
    ) {
        guard var connection = connections[number] else { return }
        if reads { connection.look(now: .now) }
        guard !isBroken, !reads || connection.receive() else { return close(number, &connections) }
        let step = connection.advance(now: .now)
        connections[number] = connection
        switch step {
        case .wait: break
        case .close: close(number, &connections)
        case .abandon: cancelReader(number)
        case .handle(let request): handle(request, for: number)
        }
    }

    private func handle(_ request: ServerRequest, for number: Int) {
        let isRead = request.method == "GET" || request.method == "HEAD"
        state.withLock { state in
            if isRead { state.readers.insert(number) }
            state.handlers[number] = Task {
                let response = await self.handler(request)
                self.state.withLock { state in
                    state.handlers[number] = nil
                    state.readers.remove(number)
                    guard !state.isOver else { return }
                    state.answers.append((number, response))
                    self.wake(state)
                }
            }
        }
    }

    /// Cancels a handler if its request only reads.
    private func cancelReader(_ number: Int) {
        let reader = state.withLock { state in state.readers.contains(number) ? state.handlers[number] : nil }
        reader?.cancel()
    }

    /// Cancels handlers of requests that only read, such as those that wait for events.
    private func cancelReaders() {
        let readers = state.withLock { state in state.readers.compactMap { state.handlers[$0] } }
        for reader in readers { reader.cancel() }
    }
}
