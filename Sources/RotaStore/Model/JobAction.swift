public import Foundation
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

/// A JSON value: what a job passes to its Swift handler, or what an execution produced.
///
/// ```swift
/// struct Order: Codable {
///     var id: Int
/// }
/// let payload = try JSONPayload(Order(id: 7))
/// print(String(decoding: payload.json, as: UTF8.self))  // {"id":7}
/// print(try payload.decode(Order.self).id)  // 7
/// ```
public struct JSONPayload: Sendable, Hashable, Codable {
    /// The JSON text, in UTF-8.
    public let json: Data

    /// The size limit of a payload, an output or a checkpoint: 5 MiB.
    package static let longest = 5 * 1024 * 1024

    /// Encodes a value as JSON with sorted keys.
    ///
    /// A payload is taken as it is.
    ///
    /// - Throws: The encoder's error if the value cannot be encoded.
    public init(_ value: some Encodable) throws {
        if let payload = value as? JSONPayload {
            self = payload
            return
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        json = try encoder.encode(value)
    }

    /// Creates a payload from JSON text, which is kept byte for byte.
    ///
    /// - Throws: `DecodingError.dataCorrupted` if the text is not JSON in UTF-8 (RFC 8259 §8.1).
    public init(json: Data) throws {
        // Foundation also accepts UTF-16, where every other byte of ASCII text is zero. JSON in UTF-8 has no zero bytes.
        guard !json.contains(0), String(data: json, encoding: .utf8) != nil else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: [], debugDescription: "The payload is not text in UTF-8."))
        }
        do {
            _ = try JSONSerialization.jsonObject(with: json, options: .fragmentsAllowed)
        } catch {
            throw DecodingError.dataCorrupted(
                .init(codingPath: [], debugDescription: "The payload is not JSON.", underlyingError: error))
        }
        self.json = json
    }

    /// Creates a payload from JSON text that a store wrote earlier, without checking it again.
    package init(trusted json: Data) {
        self.json = json
    }

    /// Decodes the payload.
    ///
    /// - Parameter type: The type to decode.
    /// - Throws: `DecodingError` if the payload does not represent a value of the type.
    public func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
        try JSONDecoder().decode(type, from: json)
    }

    /// Decodes a payload from a string that contains JSON text.
    public init(from decoder: any Decoder) throws {
        try self.init(json: Data(decoder.singleValueContainer().decode(String.self).utf8))
    }

    /// Encodes the payload as a string that contains its JSON text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(String(decoding: json, as: UTF8.self))
    }
}
