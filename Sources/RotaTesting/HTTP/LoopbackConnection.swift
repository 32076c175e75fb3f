import Foundation
import RotaHTTP

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

/// Takes requests out of the bytes of a connection, as far as they are complete.
struct LoopbackParser {
    /// What the bytes so far amount to.
    enum Outcome {
        case incomplete
        /// The header is complete and asks for leave to send the body.
        case wantsContinue
        case request(LoopbackRequest)
        case malformed
    }

    private struct Head {
        var method: String
        var target: String
        var headers: HTTPHeaders
        var bodyLength: Int
    }

    private var bytes: [UInt8] = []
    private var head: Head?
    private var searched = 0
    let connection: Int

    init(connection: Int) {
        self.connection = connection
    }

    mutating func append(_ more: [UInt8]) {
        bytes += more
    }

    mutating func next() -> Outcome {
        if head == nil {
            // A method starts with a capital letter; what does not, such as a TLS handshake, will never be HTTP.
            if let first = bytes.first, !(0x41...0x5A).contains(first) { return .malformed }
            guard let end = endOfHead() else { return bytes.count > 1_048_576 ? .malformed : .incomplete }
            guard let parsed = Self.parse(bytes[..<end]) else { return .malformed }
            head = parsed
            bytes.removeFirst(end + 4)
            searched = 0
            if parsed.headers["Expect"]?.lowercased() == "100-continue", bytes.count < parsed.bodyLength {
                return .wantsContinue
            }
        }
        guard let head, bytes.count >= head.bodyLength else { return .incomplete }
        let body = Data(bytes.prefix(head.bodyLength))
        bytes.removeFirst(head.bodyLength)
        self.head = nil
        return .request(
            LoopbackRequest(
                method: head.method, target: head.target, headers: head.headers, body: body, connection: connection))
    }

    /// Where the empty line begins.
    private mutating func endOfHead() -> Int? {
        guard searched <= bytes.count - 4 else { return nil }
        for index in searched...(bytes.count - 4) where bytes[index] == 13 {
            if bytes[index + 1] == 10, bytes[index + 2] == 13, bytes[index + 3] == 10 { return index }
        }
        searched = bytes.count - 3
        return nil
    }

    private static func parse(_ head: ArraySlice<UInt8>) -> Head? {
        let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n")
        let words = lines.first?.split(separator: " ") ?? []
        guard words.count == 3 else { return nil }
        var headers = HTTPHeaders()
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { return nil }
            headers.append(.init(String(parts[0]), parts[1].trimmingCharacters(in: .whitespaces), isSensitive: false))
        }
        let length = headers["Content-Length"].map { Int($0) ?? -1 } ?? 0
        guard (0...1_073_741_824).contains(length), !headers.contains("Transfer-Encoding") else { return nil }
        return Head(method: String(words[0]), target: String(words[1]), headers: headers, bodyLength: length)
    }
}
