extension String {
    /// Returns the string, truncated to a number of UTF-8 bytes and followed by `…` if it is longer.
    ///
    /// - Parameter bytes: The maximum number of bytes, not counting the `…`. No Unicode scalar is split. The default,
    ///   16 KiB, is the limit for messages in records.
    package func clipped(to bytes: Int = 16_384) -> String {
        guard utf8.count > bytes else { return self }
        var end = utf8.index(startIndex, offsetBy: bytes)
        while end > startIndex, end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
        return String(self[..<end]) + "…"
    }
}
