/// Finds text inside text in linear time (Knuth, Morris and Pratt, 1977), whatever a stranger put into either.
enum ByteSearch {
    /// Whether `needle` occurs in `text`, byte for byte.
    static func contains(_ needle: String, in text: String) -> Bool {
        let needle = Array(needle.utf8)
        guard !needle.isEmpty else { return true }
        let fallback = fallbacks(needle)
        var matched = 0
        for byte in text.utf8 {
            while matched > 0, needle[matched] != byte { matched = fallback[matched - 1] }
            if needle[matched] == byte { matched += 1 }
            if matched == needle.count { return true }
        }
        return false
    }

    /// For each end: the length of the longest proper prefix that is a suffix there.
    private static func fallbacks(_ needle: [UInt8]) -> [Int] {
        var out = [Int](repeating: 0, count: needle.count)
        var matched = 0
        for index in needle.indices.dropFirst() {
            while matched > 0, needle[matched] != needle[index] { matched = out[matched - 1] }
            if needle[matched] == needle[index] { matched += 1 }
            out[index] = matched
        }
        return out
    }
}
