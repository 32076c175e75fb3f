/// A duration in a file or a message: a number of seconds, or nanoseconds as text where a number would round.
///
/// Seconds are what the JSON of all four systems carries (rows S-45, S-76, S-77). A `Double` holds every
/// nanosecond up to some fifty days; the rare value beyond is written as `"<count>ns"`, so nothing is lost.
struct SecondsCoding: Codable {
    let nanoseconds: Int64

    init(_ nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let seconds = try? container.decode(Double.self) {
            guard seconds.isFinite, abs(seconds) < 9e9 else {
                throw DecodingError.dataCorruptedError(
                    in: container, debugDescription: "\(seconds) seconds are beyond what a delay can be.")
            }
            nanoseconds = Nanoseconds.from(seconds: seconds)
            return
        }
        let text = try container.decode(String.self)
        guard text.hasSuffix("ns"), let count = Int64(text.dropLast(2)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "\"\(text)\" is neither a number of seconds nor text like \"250ns\".")
        }
        nanoseconds = count
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        let seconds = Double(nanoseconds) / 1e9
        if abs(seconds) < 9e9, Nanoseconds.from(seconds: seconds) == nanoseconds {
            try container.encode(seconds)
        } else {
            try container.encode("\(nanoseconds)ns")
        }
    }
}
