/// How much of a response's body a transport accepts, counted after decompression.
public struct ResponseLimit: Sendable, Hashable {
    /// The most bytes kept.
    public let bytes: Int
    /// Whether a longer body is an error instead of being cut.
    public let refusesMore: Bool

    /// Keeps the beginning of a longer body and marks the response as truncated.
    ///
    /// - Parameter bytes: the most bytes kept; a negative number means none.
    /// - Returns: the limit.
    public static func truncating(at bytes: Int) -> ResponseLimit {
        ResponseLimit(bytes: max(0, bytes), refusesMore: false)
    }

    /// Fails with `tooLarge` as soon as a body proves longer.
    ///
    /// - Parameter bytes: the most bytes accepted; a negative number means none.
    /// - Returns: the limit.
    public static func refusing(over bytes: Int) -> ResponseLimit {
        ResponseLimit(bytes: max(0, bytes), refusesMore: true)
    }

    /// The first mebibyte.
    public static let `default` = ResponseLimit.truncating(at: 1_048_576)
}
