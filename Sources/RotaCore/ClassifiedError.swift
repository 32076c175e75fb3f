/// An error of a module that does not know `RotaRetry`, with everything that a retry decision depends on.
///
/// `AttemptFailure(classifying:)` reads it, so `retry` knows a transport's errors although neither module imports the
/// other.
package protocol ClassifiedError: Error {
    /// The name of the failure's kind, such as `connection`.
    var failureName: String { get }
    /// The status of the response, if its header arrived before the failure.
    var status: Int? { get }
    /// The value of the response's `Retry-After`, if it has one.
    var retryAfter: String? { get }
    /// The value of the response's `Date`, if it has one.
    var responseDate: String? { get }
    /// Whether the server may have received the request.
    var mayHaveBeenSent: Bool { get }
}
