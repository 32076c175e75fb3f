/// One connection of the loopback server, owned by the server's thread.
struct LoopbackConnection {
    let descriptor: Int32
    var parser: LoopbackParser
    /// What is still to be done for the request at hand.
    private var steps: [LoopbackResponse.Step] = []
    private var written = 0
    /// When a pause is over.
    private(set) var wakesAt: ContinuousClock.Instant?
    /// Whether a handler is at work.
    var isAnswering = false

    /// What the connection came to.
    enum Outcome {
        case idle, blocked, finished, gone
    }

    init(descriptor: Int32, number: Int) {
        self.descriptor = descriptor
        parser = LoopbackParser(connection: number)
    }

    /// Whether bytes are waiting to be written, so that the thread must watch for room.
    var wantsToWrite: Bool {
        guard wakesAt == nil, let step = steps.first else { return false }
        switch step {
        case .write, .repeated: return true
        default: return false
        }
    }

    mutating func begin(_ steps: [LoopbackResponse.Step]) {
        self.steps = steps
        written = 0
    }

    /// Does as many steps as can be done now.
    mutating func advance(now: ContinuousClock.Instant) -> Outcome {
        if let wakesAt {
            guard wakesAt <= now else { return .blocked }
            self.wakesAt = nil
            steps.removeFirst()
        }
        guard !steps.isEmpty else { return .idle }
        while let step = steps.first {
            switch step {
            case .write(let bytes):
                guard let isDone = write(bytes, total: bytes.count) else { return .gone }
                guard isDone else { return .blocked }
            case .repeated(let bytes, let count):
                guard let isDone = write(bytes, total: bytes.count * max(0, count)) else { return .gone }
                guard isDone else { return .blocked }
            case .pause(let duration):
                wakesAt = now + duration
                return .blocked
            case .hold: return .blocked
            case .close:
                LoopbackSocket.close(descriptor)
                return .gone
            case .reset:
                LoopbackSocket.reset(descriptor)
                return .gone
            }
            steps.removeFirst()
            written = 0
        }
        return .finished
    }

    /// Writes on where it stopped, the bytes over and over up to `total`; nil if the connection is gone.
    private mutating func write(_ bytes: [UInt8], total: Int) -> Bool? {
        while written < total {
            let start = written % bytes.count
            let end = min(bytes.count, start + total - written)
            guard let count = LoopbackSocket.write(descriptor, bytes[start..<end]) else {
                LoopbackSocket.close(descriptor)
                return nil
            }
            guard count > 0 else { return false }
            written += count
        }
        return true
    }
}
