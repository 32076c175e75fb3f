/// How long a request may be given.
package enum RequestTimeout {
    /// The shortest and the longest time.
    package static let range: ClosedRange<Duration> = .milliseconds(1)...(.seconds(3600))

    /// Refuses a time outside the range.
    ///
    /// - Throws: ``HTTPRequestError`` with `badTimeout`.
    package static func check(_ timeout: Duration) throws(HTTPRequestError) {
        guard range.contains(timeout) else {
            throw HTTPRequestError(
                .badTimeout, field: "timeout", "a timeout lies between 1 ms and 1 hour", value: "\(timeout)")
        }
    }
}
