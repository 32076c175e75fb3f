import Foundation

extension HTTPResponse {
    /// The response with every secret replaced in header values and body: what may be kept of it (goal S3).
    ///
    /// Make a preview of the result, not of the response itself: a cut through a secret would hide it from the search.
    ///
    /// - Parameter redaction: what to strike out, as the request it answers knows it.
    /// - Returns: the scrubbed response.
    public func redacted(by redaction: Redaction) -> HTTPResponse {
        guard !redaction.isEmpty else { return self }
        let fields = headers.fields.map {
            HTTPHeaders.Field(redaction.scrub($0.name), redaction.scrub($0.value), isSensitive: $0.isSensitive)
        }
        return HTTPResponse(
            status: status, headers: HTTPHeaders(fields),
            body: Data(redaction.scrub(Array(body), isCut: bodyIsTruncated)),
            bodyIsTruncated: bodyIsTruncated, timings: timings)
    }
}
