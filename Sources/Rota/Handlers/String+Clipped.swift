extension String {
    /// The text, or its beginning if it is longer than what a record should hold of a message.
    ///
    /// - Parameter bytes: The most bytes of UTF-8 that are kept.
    func clipped(to bytes: Int = 16_384) -> String {
        guard utf8.count > bytes else { return self }
        var end = utf8.index(startIndex, offsetBy: bytes)
        while end > startIndex, end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
        return String(self[..<end]) + "…"
    }
}
