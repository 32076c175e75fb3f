/// An error that knows how it counts as a failed attempt.
///
/// Conform an app's own errors to it, and `retry` and the scheduler judge them as what they are:
///
/// ```swift
/// extension QuotaError: AttemptFailureConvertible {
///     var attemptFailure: AttemptFailure { AttemptFailure(.budget) }
/// }
/// ```
public protocol AttemptFailureConvertible: Error {
    /// The failure this error stands for.
    var attemptFailure: AttemptFailure { get }
}

extension AttemptFailure: AttemptFailureConvertible {
    /// The failure itself.
    public var attemptFailure: AttemptFailure { self }
}
