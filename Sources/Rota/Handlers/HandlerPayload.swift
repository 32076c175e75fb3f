public import RotaStore

/// A payload that names the handler that takes it, so that a job and its handler cannot disagree.
///
/// ```swift
/// struct Invoice: HandlerPayload {
///     static let handlerName = "send-invoice"
///     var number: Int
/// }
/// try await scheduler.handle(Invoice.self) { invoice, context in
///     print("sending invoice \(invoice.number)")
/// }
/// let action = try JobAction.handler(Invoice(number: 7))
/// ```
public protocol HandlerPayload: Codable, Sendable {
    /// The name under which the handler is registered, and which stored jobs bear.
    ///
    /// Do not change it while jobs with it are stored. The type may be renamed.
    static var handlerName: String { get }
}

extension JobAction {
    /// Calls the handler that a payload names.
    ///
    /// - Parameters:
    ///   - payload: The value that every execution passes to the handler, encoded as JSON.
    ///   - timeout: The longest an attempt may take, or `nil` for no limit.
    ///   - heartbeatLimit: The longest time between two heartbeats, or `nil` for no limit.
    /// - Throws: The encoder's error if the payload cannot be encoded as JSON.
    public static func handler<Payload: HandlerPayload>(
        _ payload: Payload, timeout: Duration? = nil, heartbeatLimit: Duration? = nil
    ) throws -> JobAction {
        try .handler(Payload.handlerName, payload: payload, timeout: timeout, heartbeatLimit: heartbeatLimit)
    }
}
