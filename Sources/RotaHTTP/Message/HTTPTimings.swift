/// How long the parts of an exchange took; a part the transport cannot tell is nil (rows T-86, S-78 to S-84).
public struct HTTPTimings: Sendable, Hashable, Codable {
    /// From the start to an open connection, name resolution included.
    public var connect: Duration?
    /// From the open connection (or the start, if `connect` is unknown) to the response's header.
    public var firstByte: Duration?
    /// From the response's header to the end of its body.
    public var transfer: Duration?
    /// From the start to the end.
    public var total: Duration?

    /// Makes timings of what is known.
    ///
    /// - Parameters:
    ///   - connect: time to an open connection.
    ///   - firstByte: time from there to the response's header.
    ///   - transfer: time from there to the end of the body.
    ///   - total: time from start to end.
    public init(
        connect: Duration? = nil, firstByte: Duration? = nil, transfer: Duration? = nil, total: Duration? = nil
    ) {
        self.connect = connect
        self.firstByte = firstByte
        self.transfer = transfer
        self.total = total
    }

    /// Connecting, waiting and receiving together: the sum of the parts that are known (row S-84).
    public var dispatch: Duration? {
        let parts = [connect, firstByte, transfer].compactMap { $0 }
        return parts.isEmpty ? nil : parts.reduce(.zero, +)
    }
}
