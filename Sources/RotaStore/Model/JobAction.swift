import RotaCore
public import RotaHTTP

/// An action that a job performs when it fires: an HTTP request, or a call of a Swift handler by name.
///
/// ```swift
/// let request = try JobAction.http(.post("https://example.com/sync", body: .text("go")))
/// let call = JobAction.handler("clean-up", timeout: .seconds(60))
/// let report = try JobAction.handler("report", payload: ["format": "pdf"])
/// print(request.request != nil, call.handler?.name ?? "", report.handler?.payload != nil)
/// // true clean-up true
/// ```
public struct JobAction: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        case http(RequestTemplate)
        case handler(HandlerCall)
    }

    package let kind: Kind

    package init(_ kind: Kind) {
        self.kind = kind
    }

    /// Sends an HTTP request.
    public static func http(_ request: RequestTemplate) -> JobAction {
        JobAction(.http(request))
    }

    /// Calls a Swift handler.
    ///
    /// - Parameters:
    ///   - name: The name under which the handler is registered with the scheduler.
    ///   - timeout: The time after which an attempt is canceled, or `nil` for no limit.
    ///   - heartbeatLimit: The longest time between two heartbeats, or `nil` for no limit. An attempt that exceeds it
    ///     counts as crashed.
    public static func handler(
        _ name: String, timeout: Duration? = nil, heartbeatLimit: Duration? = nil
    ) -> JobAction {
        JobAction(.handler(HandlerCall(name: name, payload: nil, timeout: timeout, heartbeatLimit: heartbeatLimit)))
    }

    /// Calls a Swift handler with a payload.
    ///
    /// - Parameters:
    ///   - name: The name under which the handler is registered with the scheduler.
    ///   - payload: The value that every execution passes to the handler, encoded as JSON.
    ///   - timeout: The time after which an attempt is canceled, or `nil` for no limit.
    ///   - heartbeatLimit: The longest time between two heartbeats, or `nil` for no limit. An attempt that exceeds it
    ///     counts as crashed.
    /// - Throws: The encoder's error if the payload cannot be encoded as JSON.
    public static func handler(
        _ name: String, payload: some Encodable, timeout: Duration? = nil, heartbeatLimit: Duration? = nil
    ) throws -> JobAction {
        try JobAction(
            .handler(
                HandlerCall(name: name, payload: JSONPayload(payload), timeout: timeout, heartbeatLimit: heartbeatLimit)
            ))
    }

    /// The request that the job sends, or `nil` if it calls a handler.
    public var request: RequestTemplate? {
        guard case .http(let request) = kind else { return nil }
        return request
    }

    /// The handler call, or `nil` if the job sends a request.
    public var handler: HandlerCall? {
        guard case .handler(let call) = kind else { return nil }
        return call
    }
}

/// A call of a Swift handler by name.
public struct HandlerCall: Sendable, Hashable, Codable {
    /// The name under which the handler is registered with the scheduler.
    public let name: String
    /// The value that every execution passes to the handler, unless it has a payload of its own.
    public let payload: JSONPayload?
    /// The longest an attempt may take, or `nil` for no limit.
    public let timeout: Duration?
    /// The longest time between two heartbeats of the handler, or `nil` for no limit.
    public let heartbeatLimit: Duration?

    package init(name: String, payload: JSONPayload?, timeout: Duration?, heartbeatLimit: Duration? = nil) {
        self.name = name
        self.payload = payload
        self.timeout = timeout
        self.heartbeatLimit = heartbeatLimit
    }
}

extension JobAction: Codable {
    private enum CodingKeys: String, CodingKey {
        case http
        case handler
    }

    /// Decodes `{"http": …}` or `{"handler": …}`.
    ///
    /// - Throws: `DecodingError` if there is not exactly one of the two.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let request = try container.decodeIfPresent(RequestTemplate.self, forKey: .http)
        let call = try container.decodeIfPresent(HandlerCall.self, forKey: .handler)
        switch (request, call) {
        case (let request?, nil): self.init(.http(request))
        case (nil, let call?): self.init(.handler(call))
        default:
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "An action must have exactly one of the members \"http\" and \"handler\"."))
        }
    }

    /// Encodes `{"http": …}` or `{"handler": …}`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch kind {
        case .http(let request): try container.encode(request, forKey: .http)
        case .handler(let call): try container.encode(call, forKey: .handler)
        }
    }
}
