extension String {
    /// Returns the text, cut to a number of UTF-8 bytes and followed by `…` if it is longer.
    ///
    /// - Parameter bytes: The most bytes to keep; no scalar is cut in half. 16 KiB is what a record keeps of a message.
    package func clipped(to bytes: Int = 16_384) -> String {
        guard utf8.count > bytes else { return self }
        var end = utf8.index(startIndex, offsetBy: bytes)
        while end > startIndex, end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
        return String(self[..<end]) + "…"
    }
}
