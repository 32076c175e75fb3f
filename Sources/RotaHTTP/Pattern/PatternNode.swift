/// A regular expression taken apart.
indirect enum PatternNode: Sendable {
    case empty
    case scalars(PatternSet)
    case start(ofLine: Bool)
    case end(ofLine: Bool)
    case boundary(Bool)
    case sequence([PatternNode])
    case choice([PatternNode])
    case repeated(PatternNode, min: Int, max: Int?)
}

/// A set of characters: ranges, or everything but those.
struct PatternSet: Sendable, Hashable {
    /// In order and apart in every set that is searched.
    var ranges: [ClosedRange<UInt32>] = []
    var isNegated = false

    static let digits = PatternSet(ranges: [0x30...0x39])
    static let words = PatternSet(ranges: [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
    static let spaces = PatternSet(ranges: [0x09...0x0D, 0x20...0x20])
    static let newline = PatternSet(ranges: [0x0A...0x0A])
    static let everything = PatternSet(isNegated: true)

    /// Whether a character is in the set, by halving: a set of thousands of ranges costs hardly more than one of three.
    func contains(_ value: UInt32) -> Bool {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < value { low = middle + 1 } else { high = middle }
        }
        return (low < ranges.count && ranges[low].lowerBound <= value) != isNegated
    }

    /// The set with its ranges in order and apart, as ``contains(_:)`` needs them.
    var ordered: PatternSet {
        guard ranges.count > 1 else { return self }
        var out = PatternSet(isNegated: isNegated)
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = out.ranges.last, range.lowerBound <= last.upperBound {
                out.ranges[out.ranges.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                out.ranges.append(range)
            }
        }
        return out
    }

    var negated: PatternSet { PatternSet(ranges: ranges, isNegated: !isNegated) }

    /// The ranges of the set, negation carried out.
    var positiveRanges: [ClosedRange<UInt32>] {
        guard isNegated else { return ranges }
        var out: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if range.lowerBound > next { out.append(next...(range.lowerBound - 1)) }
            next = max(next, range.upperBound + 1)
        }
        if next <= 0x10FFFF { out.append(next...0x10FFFF) }
        return out
    }

    /// The set with the other case of each ASCII letter in it.
    var ignoringCase: PatternSet {
        var out = self
        for range in ranges {
            for (letters, other) in [(0x41...0x5A as ClosedRange<UInt32>, 0x61 as UInt32), (0x61...0x7A, 0x41)]
            where range.overlaps(letters) {
                let part = range.clamped(to: letters)
                let shift = other &- letters.lowerBound
                out.ranges.append((part.lowerBound &+ shift)...(part.upperBound &+ shift))
            }
        }
        return out.ordered
    }
}
