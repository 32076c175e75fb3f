import Foundation
import RotaHTTP
import RotaServer

/// A connection of the loopback server, owned by the server's thread.
struct LoopbackConnection {
    let descriptor: Int32
    var parser: LoopbackParser
    /// The remaining steps of the current response.
    private var steps: [LoopbackResponse.Step] = []
    private var written = 0
    /// The end of the current pause.
    private(set) var wakesAt: ContinuousClock.Instant?
    /// Whether a handler is running.
    var isAnswering = false
    private let secure: LoopbackTLS.Session?
    /// The encrypted bytes that wait for the socket.
    private var sealed: [UInt8] = []

    /// The state of the connection after ``advance(now:)``.
    enum Outcome {
        case idle, blocked, finished, gone
    }

    init(descriptor: Int32, number: Int, tls: LoopbackTLS?) {
        self.descriptor = descriptor
        secure = tls.map(LoopbackTLS.Session.init)
        parser = LoopbackParser(connection: number)
    }

    /// Takes what arrived.
    ///
    /// Returns `false` if the connection has become useless.
    mutating func receive(_ bytes: [UInt8]) -> Bool {
        guard let secure else {
            parser.append(bytes)
            return true
        }
        parser.append(secure.open(bytes))
        sealed += secure.takeOutput()
        return flush() != nil && !secure.isBroken
    }

    /// Sends encrypted bytes that wait, and returns whether all are sent, or `nil` if the connection is closed.
    private mutating func flush() -> Bool? {
        while !sealed.isEmpty {
            guard let count = SystemSocket.write(descriptor, sealed[...]) else { return nil }
            guard count > 0 else { return false }
            sealed.removeFirst(count)
        }
        return true
    }

    /// Sends bytes and returns how many: 0 if none can be sent now, and `nil` if the connection is closed.
    mutating func send(_ bytes: ArraySlice<UInt8>) -> Int? {
        guard let secure else { return SystemSocket.write(descriptor, bytes) }
        guard let isFlushed = flush() else { return nil }
        guard isFlushed else { return 0 }
        let count = secure.seal(bytes.prefix(16_384))
        sealed += secure.takeOutput()
        return flush() == nil ? nil : count
    }

    /// Whether bytes are waiting to be written, so that the thread must poll for writability.
    var wantsToWrite: Bool {
        if !sealed.isEmpty { return true }
        guard wakesAt == nil, let step = steps.first else { return false }
        switch step {
        case .write, .repeated, .paced: return true
        default: return false
        }
    }

    mutating func begin(_ steps: [LoopbackResponse.Step]) {
        self.steps = steps
        written = 0
    }

    /// Performs as many steps as possible without blocking.
    mutating func advance(now: ContinuousClock.Instant) -> Outcome {
        if let wakesAt {
            guard wakesAt <= now else { return .blocked }
            self.wakesAt = nil
            if case .pause = steps.first { steps.removeFirst() }
        }
        guard let isFlushed = flush() else {
            SystemSocket.close(descriptor)
            return .gone
        }
        guard isFlushed else { return .blocked }
        guard !steps.isEmpty else { return .idle }
        while let step = steps.first {
            switch step {
            case .write(let bytes):
                guard let isDone = write(bytes, total: bytes.count) else { return .gone }
                guard isDone else { return .blocked }
            case .repeated(let bytes, let count):
                guard let isDone = write(bytes, total: bytes.count * max(0, count)) else { return .gone }
                guard isDone else { return .blocked }
            case .paced(let bytes, let pause):
                guard let isDone = write(bytes, total: bytes.count) else { return .gone }
                if isDone {
                    written = 0
                    wakesAt = now + pause
                }
                return .blocked
            case .pause(let duration):
                wakesAt = now + duration
                return .blocked
            case .tell(let listener): listener()
            case .closeOnRequest:
                guard parser.hasBytes else { return .blocked }
                SystemSocket.close(descriptor)
                return .gone
            case .hold: return .blocked
            case .close:
                secure?.sayGoodbye()
                sealed += secure?.takeOutput() ?? []
                guard flush() != false else { return .blocked }
                SystemSocket.close(descriptor)
                return .gone
            case .cut:
                SystemSocket.close(descriptor)
                return .gone
            case .reset:
                SystemSocket.reset(descriptor)
                return .gone
            }
            steps.removeFirst()
            written = 0
        }
        return .finished
    }

    /// The most bytes written in one go, so that a long response leaves time for the other connections.
    private static let maximumBurst = 1_048_576

    /// Continues to write `bytes`, repeated up to `total` bytes.
    ///
    /// Returns `nil` if the connection is closed.
    private mutating func write(_ bytes: [UInt8], total: Int) -> Bool? {
        let pause = written + Self.maximumBurst
        while written < total {
            guard written < pause else { return false }
            let start = written % bytes.count
            let end = min(bytes.count, start + total - written)
            guard let count = send(bytes[start..<end]) else {
                SystemSocket.close(descriptor)
                return nil
            }
            guard count > 0 else { return false }
            written += count
        }
        return true
    }
}
