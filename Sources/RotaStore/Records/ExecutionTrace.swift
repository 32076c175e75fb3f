/// Where an attempt's time went (S-78 to S-84); a part that is not known is `nil`.
public struct ExecutionTrace: Sendable, Hashable, Codable {
    /// From the execution's due time until it was claimed.
    public var queueWait: Duration?
    /// From the claim until a worker began.
    public var dequeue: Duration?
    /// Until the connection stood.
    public var connect: Duration?
    /// From the request until the first byte of the answer.
    public var firstByte: Duration?
    /// From the first byte to the last.
    public var transfer: Duration?
    /// From the due time until the end.
    public var total: Duration?

    /// Makes a trace.
    public init(
        queueWait: Duration? = nil, dequeue: Duration? = nil, connect: Duration? = nil, firstByte: Duration? = nil,
        transfer: Duration? = nil, total: Duration? = nil
    ) {
        self.queueWait = queueWait
        self.dequeue = dequeue
        self.connect = connect
        self.firstByte = firstByte
        self.transfer = transfer
        self.total = total
    }

    /// The parts of the delivery together (S-84), or `nil` if none is known.
    public var dispatch: Duration? {
        let parts = [connect, firstByte, transfer].compactMap(\.self)
        return parts.isEmpty ? nil : parts.reduce(.zero, +)
    }
}
