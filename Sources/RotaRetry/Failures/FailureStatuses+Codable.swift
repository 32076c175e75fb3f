extension FailureStatuses: Codable {
    /// Reads an array of statuses and of texts such as `"400-499"`.
    ///
    /// - Throws: `DecodingError` if an element is neither.
    public init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        var ranges: [ClosedRange<Int>] = []
        while !container.isAtEnd {
            if let status = try? container.decode(Int.self) {
                ranges.append(status...status)
                continue
            }
            let text = try container.decode(String.self)
            let bounds = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            guard bounds.count == 2, let low = bounds[0], let high = bounds[1], low <= high else {
                throw DecodingError.dataCorruptedError(
                    in: container,
                    debugDescription: "\"\(text)\" is no range of statuses; write a number, or text like \"400-499\".")
            }
            ranges.append(low...high)
        }
        self.init(ranges: ranges)
    }

    /// Writes single statuses as numbers, and runs of more than sixteen as one text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.unkeyedContainer()
        for range in ranges {
            let (span, overflow) = range.upperBound.subtractingReportingOverflow(range.lowerBound)
            if !overflow, span < 16 {
                for status in range { try container.encode(status) }
            } else {
                try container.encode("\(range.lowerBound)-\(range.upperBound)")
            }
        }
    }
}
