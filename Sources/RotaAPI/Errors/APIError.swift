import RotaHTTP

/// Why a request was refused, in no service's words yet: a profile gives it its form and status.
struct APIError: Error, Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        case malformed
        case unauthorized
        case forbidden
        /// The caller's token lacks the scope that the operation needs.
        case lacksScope
        case notFound
        case methodNotAllowed
        case conflict
        case changed
        case tooLarge
        case targetTooLong
        case unsupportedMedia
        case invalid
        case tooMany
        case internalError
        case notImplemented
        case unavailable
        /// A status that the app chose.
        case other(Int)
    }

    /// A part of the request that is wrong.
    struct Detail: Sendable, Hashable {
        var field: String
        var message: String
    }

    var kind: Kind
    /// A word for programs, or `nil` for the profile's own of this kind.
    var code: String?
    /// A sentence for people.
    var message: String
    /// The parts of the request that are wrong.
    var details: [Detail]
    /// Whether the message is the app's own, which is passed on unchanged.
    var isVerbatim = false
    /// Header fields that belong to the refusal, such as `Allow`.
    var headers = HTTPHeaders()

    init(_ kind: Kind, code: String? = nil, _ message: String, details: [Detail] = []) {
        self.kind = kind
        self.code = code
        self.message = message
        self.details = details
    }

    /// A field of the body, or a parameter of the query, that has an invalid value.
    static func invalid(_ field: String, _ message: String) -> APIError {
        APIError(.invalid, message, details: [Detail(field: field, message: message)])
    }

    /// A record that does not exist.
    static func missing(_ what: String) -> APIError {
        APIError(.notFound, "There is no such \(what).")
    }

    func with(header name: String, _ value: String) -> APIError {
        var copy = self
        copy.headers[name] = value
        return copy
    }

    /// The error with its fields inside another one, such as `url` in `request`.
    func within(_ path: String) -> APIError {
        guard !path.isEmpty else { return self }
        var copy = self
        copy.details = details.map {
            Detail(field: $0.field.isEmpty ? path : path + "." + $0.field, message: $0.message)
        }
        return copy
    }

    /// The status that most services answer with.
    var status: Int {
        switch kind {
        case .malformed: 400
        case .unauthorized: 401
        case .forbidden, .lacksScope: 403
        case .notFound: 404
        case .methodNotAllowed: 405
        case .conflict: 409
        case .changed: 412
        case .tooLarge: 413
        case .targetTooLong: 414
        case .unsupportedMedia: 415
        case .invalid: 422
        case .tooMany: 429
        case .internalError: 500
        case .notImplemented: 501
        case .unavailable: 503
        case .other(let status): status
        }
    }

    /// The word for programs, in the words that most services use.
    var word: String {
        if let code { return code }
        return switch kind {
        case .malformed: "bad_request"
        case .unauthorized: "unauthorized"
        case .forbidden, .lacksScope: "forbidden"
        case .notFound: "not_found"
        case .methodNotAllowed: "method_not_allowed"
        case .conflict: "conflict"
        case .changed: "precondition_failed"
        case .tooLarge: "payload_too_large"
        case .targetTooLong: "uri_too_long"
        case .unsupportedMedia: "unsupported_media_type"
        case .invalid: "validation_error"
        case .tooMany: "rate_limited"
        case .internalError: "internal_error"
        case .notImplemented: "not_implemented"
        case .unavailable: "unavailable"
        case .other: "refused"
        }
    }
}

extension APIError {
    /// The error as TrigRun and Rota's own routes show it.
    func record(requestID: String) -> JSONValue {
        let details: [JSONValue] = details.map {
            .record([("field", .string($0.field)), ("message", .string($0.message))])
        }
        return .record([
            ("code", .string(word)), ("message", .string(message)),
            ("details", details.isEmpty ? nil : .array(details)), ("request_id", .string(requestID)),
        ])
    }
}
