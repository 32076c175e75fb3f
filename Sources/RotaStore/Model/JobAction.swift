public import Foundation
public import RotaHTTP

/// What a job does when it fires.
public struct JobAction: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        case http(RequestTemplate)
        case handler(HandlerCall)
    }

    package let kind: Kind

    package init(_ kind: Kind) {
        self.kind = kind
    }

    /// Sends an HTTP request (T-1).
    public static func http(_ request: RequestTemplate) -> JobAction {
        JobAction(.http(request))
    }

    /// Calls a Swift handler.
    ///
    /// - Parameters:
    ///   - name: The name under which the handler is registered with the scheduler.
    ///   - timeout: The longest an attempt may take, or `nil` for no limit.
    ///   - heartbeatLimit: The longest that the handler may go without a sign of life, or `nil` for no limit; an attempt
    ///     that does counts as crashed (S-64).
    public static func handler(
        _ name: String, timeout: Duration? = nil, heartbeatLimit: Duration? = nil
    ) -> JobAction {
        JobAction(.handler(HandlerCall(name: name, payload: nil, timeout: timeout, heartbeatLimit: heartbeatLimit)))
    }

    /// Calls a Swift handler with a value.
    ///
    /// - Parameters:
    ///   - name: The name under which the handler is registered with the scheduler.
    ///   - payload: The value that the handler receives, the same on every run.
    ///   - timeout: The longest an attempt may take, or `nil` for no limit.
    ///   - heartbeatLimit: The longest that the handler may go without a sign of life, or `nil` for no limit; an attempt
    ///     that does counts as crashed (S-64).
    /// - Throws: The encoder's error if the value cannot be written as JSON.
    public static func handler(
        _ name: String, payload: some Encodable, timeout: Duration? = nil, heartbeatLimit: Duration? = nil
    ) throws -> JobAction {
        try JobAction(
            .handler(
                HandlerCall(name: name, payload: JSONPayload(payload), timeout: timeout, heartbeatLimit: heartbeatLimit)
            ))
    }

    /// The request that the job sends, if it sends one.
    public var request: RequestTemplate? {
        guard case .http(let request) = kind else { return nil }
        return request
    }

    /// The call that the job makes, if it calls a handler.
    public var handler: HandlerCall? {
        guard case .handler(let call) = kind else { return nil }
        return call
    }
}

/// A call of a Swift handler by name.
public struct HandlerCall: Sendable, Hashable, Codable {
    /// The name under which the handler is registered with the scheduler.
    public let name: String
    /// The value that the handler receives, the same on every run.
    public let payload: JSONPayload?
    /// The longest an attempt may take, or `nil` for no limit.
    public let timeout: Duration?
    /// The longest that the handler may go without a sign of life, or `nil` for no limit.
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
    /// - Throws: `DecodingError` if there is neither, or both.
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
                    debugDescription: "An action has exactly one of “http” and “handler”."))
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

/// What a job hands to its Swift handler: a value that was encoded as JSON.
public struct JSONPayload: Sendable, Hashable, Codable {
    /// The JSON text, in UTF-8.
    public let json: Data

    /// Encodes a value.
    ///
    /// - Throws: The encoder's error if the value cannot be written as JSON.
    public init(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        json = try encoder.encode(value)
    }

    /// Takes JSON text as it is.
    ///
    /// - Throws: `DecodingError.dataCorrupted` if the text is not JSON in UTF-8 (RFC 8259 §8.1).
    public init(json: Data) throws {
        // A zero byte is no part of JSON, but half of every ASCII character in UTF-16, which Foundation would take.
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

    /// Takes JSON text that a store wrote before.
    package init(trusted json: Data) {
        self.json = json
    }

    /// Decodes the value.
    ///
    /// - Parameter type: The type that the handler expects.
    /// - Throws: `DecodingError` if the payload is not such a value.
    public func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
        try JSONDecoder().decode(type, from: json)
    }

    /// Decodes a payload that was encoded as a string of JSON text.
    public init(from decoder: any Decoder) throws {
        try self.init(json: Data(decoder.singleValueContainer().decode(String.self).utf8))
    }

    /// Encodes the payload as a string of JSON text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(String(decoding: json, as: UTF8.self))
    }
}
