public import RotaRetry

extension Attempt {
    /// What came of an attempt, by TrigRun's names (T-84); it says nothing about the run it belongs to (C-10).
    public enum Outcome: String, Sendable, Hashable, Codable, CaseIterable {
        /// It succeeded.
        case success = "SUCCESS"
        /// It was out of time.
        case timeout = "TIMEOUT"
        /// There was no answer, for another reason.
        case connectionError = "CONNECTION_ERROR"
        /// There was an answer, or a handler's error, that is no success.
        case httpError = "HTTP_ERROR"
    }

    /// What came of the attempt (T-84).
    public var outcome: Outcome {
        switch failure?.kind {
        case nil: .success
        case FailureKind.timeout?: .timeout
        case FailureKind.httpStatus?, FailureKind.responseMismatch?, FailureKind.handlerError?: .httpError
        default: statusCode == nil ? .connectionError : .httpError
        }
    }

    /// The coarse class of its failure, by Strait's names, or `nil` if it succeeded (T-89, SX-17).
    public var errorClass: ErrorClass? {
        failure.map { AttemptFailure($0.kind, status: statusCode).errorClass }
    }
}
