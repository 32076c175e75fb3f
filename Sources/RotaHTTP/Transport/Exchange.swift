import Foundation
import Synchronization

/// One request and its response: the state, and the continuation, which is resumed exactly once.
///
/// Four sides may end an exchange, in any order and on any thread: URLSession, the deadline, the body limit, and the
/// waiting task. The first one wins and later events are dropped.
final class Exchange: Sendable {
    private enum Phase {
        case idle
        case waiting(CheckedContinuation<HTTPResponse, any Error>)
        case finished(Result<HTTPResponse, TransportError>)
    }

    private struct State {
        var phase = Phase.idle
        /// The actions that cancel the work in progress: a lookup, then a URLSession task.
        var stops: [@Sendable () -> Void] = []
        var started = ContinuousClock.now
        /// Whether URLSession has the request, and may have sent it.
        var isHandedOver = false
        var headAt: ContinuousClock.Instant?
        var status = 0
        var headers = HTTPHeaders()
        var body = Data()
        var pieces = 0

        /// Whether the body comes byte by byte, each of which costs as much as a whole piece.
        var isSlivered: Bool { pieces > 16_384 && body.count / 8 < pieces }
    }

    private let state = Mutex(State())
    private let url: URL
    private let limit: ResponseLimit

    init(url: URL, limit: ResponseLimit) {
        self.url = url
        self.limit = limit
    }

    /// Takes the continuation.
    ///
    /// Returns `false` if the exchange has already ended.
    func start(_ continuation: CheckedContinuation<HTTPResponse, any Error>) -> Bool {
        let early: Result<HTTPResponse, TransportError>? = state.withLock {
            if case .finished(let result) = $0.phase { return result }
            $0.phase = .waiting(continuation)
            return nil
        }
        guard let early else { return true }
        continuation.resume(with: early)
        return false
    }

    /// Registers an action that cancels a part of the work in progress.
    ///
    /// - Returns: `false` if the exchange has already ended and `stop` was called instead.
    @discardableResult
    func attach(_ stop: @escaping @Sendable () -> Void) -> Bool {
        let isOver = state.withLock {
            if case .finished = $0.phase { return true }
            $0.stops.append(stop)
            return false
        }
        if isOver { stop() }
        return !isOver
    }

    /// Notes that URLSession takes the request.
    func handOver() {
        state.withLock { $0.isHandedOver = true }
    }

    /// Whether a task waits for the end.
    var isWaiting: Bool {
        state.withLock {
            if case .waiting = $0.phase { true } else { false }
        }
    }

    /// Whether the response's header has arrived.
    var hasHead: Bool { state.withLock { $0.headAt != nil } }

    func receive(status: Int, headers: HTTPHeaders) {
        state.withLock {
            $0.headAt = .now
            $0.status = status
            $0.headers = headers
        }
    }

    /// Stores a piece of the body, or ends the exchange if the limit is reached.
    func receive(_ data: Data) {
        let (isOver, isSlivered) = state.withLock { state -> (Bool, Bool) in
            guard case .waiting = state.phase else { return (false, false) }
            let room = limit.bytes - state.body.count
            state.body.append(data.prefix(room))
            state.pieces += 1
            return (data.count > room, state.isSlivered)
        }
        // On Linux, URLSession queues every chunk as an operation, and faster than it handles them.
        if isSlivered, !isOver { return fail(.badResponse, "the response's body comes in pieces of a few bytes") }
        guard isOver else { return }
        if limit.refusesMore {
            fail(.tooLarge, "the response's body has more than \(limit.bytes) bytes")
        } else {
            finish(isTruncated: true)
        }
    }

    /// Ends the exchange with the response as received.
    func finish(isTruncated: Bool = false) {
        end { state in
            let now = ContinuousClock.now
            guard let head = state.headAt else {
                return .failure(TransportError(.badResponse, "the response has no header", url: url))
            }
            return .success(
                HTTPResponse(
                    status: state.status, headers: state.headers, body: state.body, bodyIsTruncated: isTruncated,
                    timings: HTTPTimings(
                        firstByte: head - state.started, transfer: now - head, total: now - state.started)))
        }
    }

    /// Ends the exchange with an error, which keeps the header if it has arrived.
    func fail(_ code: TransportError.Code, _ message: String) {
        end { state in
            let head = state.headAt == nil ? nil : HTTPResponse(status: state.status, headers: state.headers)
            return .failure(
                TransportError(
                    code, message, url: url, response: head, mayHaveBeenSent: state.isHandedOver ? nil : false))
        }
    }

    /// Ends the exchange with an error.
    func fail(_ error: TransportError) {
        end { _ in .failure(error) }
    }

    private func end(_ result: (State) -> Result<HTTPResponse, TransportError>) {
        let wake: (@Sendable () -> Void)? = state.withLock { state in
            if case .finished = state.phase { return nil }
            let outcome = result(state)
            let phase = state.phase
            let stops = state.stops
            state.phase = .finished(outcome)
            state.stops = []
            state.body = Data()
            return {
                for stop in stops { stop() }
                if case .waiting(let continuation) = phase { continuation.resume(with: outcome) }
            }
        }
        wake?()
    }
}
