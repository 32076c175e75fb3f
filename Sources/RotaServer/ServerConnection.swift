import Foundation

/// A connection, owned by the server's thread: what it reads, what it owes, and until when.
struct ServerConnection {
    enum Phase {
        /// It waits for a request.
        case reading
        /// A handler is at work. Nothing is read meanwhile, so a client cannot make the server hoard its requests.
        case answering
        /// The last response is sent, and what the client still sends is dropped.
        ///
        /// Closing at once would make the system send a reset, which can destroy the response on its way.
        case draining
    }

    /// The next step after ``advance(now:)``.
    enum Step {
        case wait
        case handle(ServerRequest)
        /// Its client seems to have left: a handler that only waits should answer now.
        case abandon
        case close
    }

    let descriptor: Int32
    private(set) var phase = Phase.reading
    private var parser: RequestParser
    private let limits: ServerLimits
    private let refusing: @Sendable (ServerRefusal) -> ServerResponse
    private var output: [UInt8] = []
    private var written = 0
    /// The client sends nothing more.
    private var isInputClosed = false
    /// The client has sent more while a handler is at work, so its end cannot be seen.
    private var hasMoreInput = false
    private var closesAfterOutput = false
    private var isHead = false
    private var drained = 0
    private var hasServed = false
    private var placeBefore: RequestParser.Place?
    /// When all of what waits to be sent must have been accepted.
    private var outputDeadline: ContinuousClock.Instant?
    /// When the client has taken too long.
    private(set) var deadline: ContinuousClock.Instant?

    /// How much is dropped from a client that is being told to stop.
    private static let mostDrained = 1 << 20
    private static let drainTime = Duration.seconds(2)

    init(
        descriptor: Int32, limits: ServerLimits, refusing: @escaping @Sendable (ServerRefusal) -> ServerResponse,
        now: ContinuousClock.Instant
    ) {
        self.descriptor = descriptor
        self.limits = limits
        self.refusing = refusing
        parser = RequestParser(limits: limits)
        deadline = now + limits.headTime
    }

    var wantsToWrite: Bool { written < output.count }
    var wantsToRead: Bool { !isInputClosed && phase != .answering && (phase == .draining || !wantsToWrite) }
    /// Whether the end of the client's input is to be noticed while a handler is at work.
    var watchesForEnd: Bool { phase == .answering && !isInputClosed && !hasMoreInput }
    /// Whether it can be closed without anyone missing anything.
    var isIdle: Bool { phase == .reading && !wantsToWrite && parser.place == .between }
    /// When a connection that has been answered will have waited too long for its next request, if it waits for one.
    var idleEnd: ContinuousClock.Instant? { hasServed && isIdle ? deadline : nil }

    /// Reads what has arrived.
    ///
    /// - Returns: Whether the connection still exists.
    mutating func receive() -> Bool {
        guard wantsToRead, let bytes = SystemSocket.read(descriptor) else { return true }
        if bytes.isEmpty { isInputClosed = true }
        if phase == .draining {
            drained += bytes.count
            return !isInputClosed && drained <= Self.mostDrained
        }
        parser.append(bytes)
        return true
    }

    /// Looks whether the client has sent its end, and leaves all else where it is.
    mutating func look(now: ContinuousClock.Instant) {
        guard watchesForEnd else { return }
        switch SystemSocket.peek(descriptor) {
        case .end:
            isInputClosed = true
            deadline = now + limits.leaveTime
        case .bytes: hasMoreInput = true
        case .nothing: break
        }
    }

    /// Takes the response of the handler.
    mutating func answer(_ response: ServerResponse, closes: Bool) {
        guard phase == .answering else { return }
        phase = .reading
        hasMoreInput = false
        closesAfterOutput = closesAfterOutput || closes
        output += response.bytes(closes: closesAfterOutput, withoutBody: isHead)
        deadline = nil
        placeBefore = nil
        hasServed = true
    }

    /// Writes and reads on as far as possible without blocking.
    mutating func advance(now: ContinuousClock.Instant) -> Step {
        if let deadline, deadline <= now, let step = timeOut(now) { return step }
        while true {
            guard let isFlushed = flush(now) else { return .close }
            guard isFlushed else { return .wait }
            switch phase {
            case .answering: return .wait
            case .draining: return isInputClosed ? .close : .wait
            case .reading:
                if closesAfterOutput { return finish(now) }
                switch parser.next() {
                case .incomplete:
                    if isInputClosed { return .close }
                    setDeadline(now)
                    return .wait
                case .wantsContinue: output += Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)
                case .refused(let refusal): refuse(refusal)
                case .request(let request, let keepsAlive):
                    closesAfterOutput = !keepsAlive
                    isHead = request.method == "HEAD"
                    phase = .answering
                    deadline = nil
                    return .handle(request)
                }
            }
        }
    }

    private mutating func refuse(_ refusal: ServerRefusal) {
        closesAfterOutput = true
        output += refusing(refusal).bytes(closes: true, withoutBody: parser.isHead)
    }

    private mutating func finish(_ now: ContinuousClock.Instant) -> Step {
        guard !isInputClosed else { return .close }
        SystemSocket.endOutput(descriptor)
        phase = .draining
        deadline = now + Self.drainTime
        return .wait
    }

    /// The client took too long.
    private mutating func timeOut(_ now: ContinuousClock.Instant) -> Step? {
        if phase == .answering, !wantsToWrite {
            deadline = nil
            return .abandon
        }
        guard phase == .reading, !wantsToWrite, !closesAfterOutput, parser.place != .between else { return .close }
        deadline = nil
        refuse(parser.refusal(ServerRefusal(408, "request_timeout", "The request did not arrive in time.")))
        return nil
    }

    /// A deadline begins with what is waited for, and no byte of it moves the deadline.
    private mutating func setDeadline(_ now: ContinuousClock.Instant) {
        let place = parser.place
        guard place != placeBefore else { return }
        placeBefore = place
        switch place {
        case .between: deadline = now + (hasServed ? limits.idleTime : limits.headTime)
        case .head: deadline = now + limits.headTime
        case .body: deadline = now + limits.bodyTime
        }
    }

    /// Sends what waits.
    ///
    /// - Returns: Whether all is sent, or `nil` if the connection no longer exists.
    private mutating func flush(_ now: ContinuousClock.Instant) -> Bool? {
        while written < output.count {
            guard let count = SystemSocket.write(descriptor, output[written...].prefix(1 << 16)) else { return nil }
            guard count > 0 else {
                let end = outputDeadline ?? now + limits.writeTime + .seconds((output.count - written) / rate)
                outputDeadline = end
                if deadline == nil { deadline = min(now + limits.writeTime, end) }
                return false
            }
            written += count
            deadline = nil
            placeBefore = nil
        }
        output.removeAll(keepingCapacity: output.count < 1 << 16)
        written = 0
        outputDeadline = nil
        return true
    }

    private var rate: Int { max(1, limits.slowestRate) }
}
