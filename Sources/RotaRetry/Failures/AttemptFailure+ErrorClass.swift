extension AttemptFailure {
    /// The failure's coarse class, by Strait's names (row SX-17).
    ///
    /// A response's status decides where there is one to decide by; otherwise the kind does. Kinds that an app
    /// has invented are ``ErrorClass/unknown``.
    public var errorClass: ErrorClass {
        switch kind {
        case .httpStatus: Self.errorClass(status: status)
        case .timeout: .timeout
        case .connection, .dns, .tls: .connection
        case .crashed, .circuitOpen: .transient
        case .missingSecret: .auth
        case .responseMismatch, .forbiddenAddress, .tooLarge, .invalidRequest, .redirect, .canceled: .client
        case .outOfMemory: .outOfMemory
        case .budget: .budget
        default: .unknown
        }
    }

    private static func errorClass(status: Int?) -> ErrorClass {
        switch status {
        case 429: .rateLimited
        case 401, 403, 407: .auth
        case 402: .budget
        case 408, 504: .timeout
        case 425, 502, 503: .transient
        case .some(300..<500): .client
        case .some(500..<600): .server
        default: .unknown
        }
    }
}
