import Foundation
import RotaServer
import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The loopback server's thread: one `poll` over the listener, all connections, and a pipe that wakes it.
final class LoopbackLoop: Sendable {
    private struct State {
        var requests: [LoopbackRequest] = []
        var answers: [(connection: Int, steps: [LoopbackResponse.Step])] = []
        var handlers: [Int: Task<Void, Never>] = [:]
        var received = 0
        var accepted = 0
        var open = 0
        var resetsNew = false
        var isDeaf = false
        var isStopping = false
        var isOver = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let listener: Int32
    private let isRecording: Bool
    private let tls: LoopbackTLS?
    private let wakeUp: (read: Int32, write: Int32)
    private let handler: @Sendable (LoopbackRequest) async -> LoopbackResponse
    private let state = Mutex(State())

    init(
        listener: Int32, isRecording: Bool, tls: LoopbackTLS?,
        handler: @escaping @Sendable (LoopbackRequest) async -> LoopbackResponse
    ) throws {
        self.listener = listener
        self.isRecording = isRecording
        self.tls = tls
        self.handler = handler
        do {
            wakeUp = try LoopbackError.of { () throws(SocketError) in try SystemSocket.pair() }
        } catch {
            SystemSocket.close(listener)
            throw error
        }
    }

    var requests: [LoopbackRequest] { state.withLock { $0.requests } }
    var connectionCount: Int { state.withLock { $0.accepted } }
    var openConnectionCount: Int { state.withLock { $0.open } }

    func resetNewConnections(_ resets: Bool) {
        state.withLock { $0.resetsNew = resets }
    }

    func stopReading() {
        state.withLock { $0.isDeaf = true }
    }

    func start() {
        let thread = Thread { self.run() }
        thread.name = "rota.loopback"
        thread.start()
    }

    func requestStop() {
        state.withLock {
            $0.isStopping = true
            // Write while holding the lock, because the thread closes the pipe under it when it ends.
            if !$0.isOver { _ = write(wakeUp.write, [1], 1) }
        }
    }

    func stop() async {
        requestStop()
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

    private func run() {
        var connections: [Int: LoopbackConnection] = [:]
        while !state.withLock({ $0.isStopping }) {
            let order = Array(connections.keys)
            var polled = [
                pollfd(fd: wakeUp.read, events: Int16(POLLIN), revents: 0),
                pollfd(fd: listener, events: Int16(POLLIN), revents: 0),
            ]
            for number in order {
                guard let connection = connections[number] else { continue }
                let events = connection.wantsToWrite ? POLLIN | POLLOUT : POLLIN
                polled.append(pollfd(fd: connection.descriptor, events: Int16(events), revents: 0))
            }
            if state.withLock({ $0.isDeaf }) {
                for index in polled.indices.dropFirst(2) { polled[index].fd = -1 }
            }
            _ = poll(&polled, nfds_t(polled.count), Self.timeout(connections))
            if polled[0].revents != 0 { _ = SystemSocket.read(wakeUp.read) }
            deliverAnswers(&connections)
            for (number, entry) in zip(order, polled.dropFirst(2)) {
                serve(number, canRead: entry.revents & Int16(POLLIN | POLLHUP | POLLERR) != 0, &connections)
            }
            if polled[1].revents != 0 { acceptAll(&connections) }
        }
        for connection in connections.values { SystemSocket.reset(connection.descriptor) }
        finish()
    }

    private func finish() {
        let waiters = state.withLock { state in
            SystemSocket.close(listener)
            SystemSocket.close(wakeUp.read)
            SystemSocket.close(wakeUp.write)
            state.isOver = true
            state.open = 0
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns the milliseconds until the first pause ends, rounded up, or -1 if there is none.
    private static func timeout(_ connections: [Int: LoopbackConnection]) -> Int32 {
        guard let first = connections.values.compactMap(\.wakesAt).min() else { return -1 }
        // `components` traps on durations whose seconds do not fit `Int64`.
        let (seconds, attoseconds) = min(first - .now, .seconds(60)).components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        return Int32(seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1)
    }

    private func acceptAll(_ connections: inout [Int: LoopbackConnection]) {
        while case .connection(let descriptor) = SystemSocket.accept(listener) {
            let (number, resets) = state.withLock { state -> (Int, Bool) in
                state.accepted += 1
                if !state.resetsNew { state.open += 1 }
                return (state.accepted - 1, state.resetsNew)
            }
            if resets {
                SystemSocket.reset(descriptor)
            } else {
                connections[number] = LoopbackConnection(descriptor: descriptor, number: number, tls: tls)
                if !state.withLock({ $0.isDeaf }) { serve(number, canRead: true, &connections) }
            }
        }
    }

    private func deliverAnswers(_ connections: inout [Int: LoopbackConnection]) {
        let answers = state.withLock { state in
            defer { state.answers = [] }
            return state.answers
        }
        for (number, steps) in answers {
            connections[number]?.isAnswering = false
            connections[number]?.begin(steps)
            serve(number, canRead: false, &connections)
        }
    }

    /// Reads, answers and writes on a connection as far as possible without blocking.
    private func serve(_ number: Int, canRead: Bool, _ connections: inout [Int: LoopbackConnection]) {
        guard var connection = connections.removeValue(forKey: number) else { return }
        if canRead, let bytes = SystemSocket.read(connection.descriptor) {
            guard !bytes.isEmpty else {
                SystemSocket.close(connection.descriptor)
                return state.withLock { $0.open -= 1 }
            }
            guard connection.receive(bytes) else {
                SystemSocket.close(connection.descriptor)
                return state.withLock { $0.open -= 1 }
            }
        }
        switch connection.advance(now: .now) {
        case .gone: return state.withLock { $0.open -= 1 }
        case .blocked: break
        case .idle, .finished:
            if !connection.isAnswering { takeRequest(&connection) }
        }
        connections[number] = connection
    }

    private func takeRequest(_ connection: inout LoopbackConnection) {
        switch connection.parser.next() {
        case .incomplete: break
        case .wantsContinue:
            _ = connection.send(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)[...])
        case .malformed: connection.begin([.write(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)), .close])
        case .request(let request):
            connection.isAnswering = true
            handle(request)
        }
    }

    private func handle(_ request: LoopbackRequest) {
        state.withLock { state in
            let key = state.received
            state.received += 1
            if isRecording { state.requests.append(request) }
            state.handlers[key] = Task {
                let response = await self.handler(request)
                self.answer(request, key, response.steps(toHead: request.method == "HEAD"))
            }
        }
    }

    private func answer(_ request: LoopbackRequest, _ key: Int, _ steps: [LoopbackResponse.Step]) {
        state.withLock { state in
            state.handlers[key] = nil
            guard !state.isStopping else { return }
            state.answers.append((request.connection, steps))
            _ = write(wakeUp.write, [1], 1)
        }
    }
}
