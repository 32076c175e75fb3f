/// The positions of the bits that are set, from the lowest.
struct Bits: Sequence, IteratorProtocol {
    private var rest: UInt64

    init(_ mask: UInt64) {
        rest = mask
    }

    mutating func next() -> Int? {
        guard rest != 0 else { return nil }
        defer { rest &= rest &- 1 }
        return rest.trailingZeroBitCount
    }
}

extension UInt64 {
    /// The lowest bit at or above a position that is set, or `nil`.
    func lowestBit(from position: Int) -> Int? {
        guard position < 64 else { return nil }
        let rest = position > 0 ? self & ~((1 << UInt64(position)) &- 1) : self
        return rest == 0 ? nil : rest.trailingZeroBitCount
    }

    /// The highest bit at or below a position that is set, or `nil`.
    func highestBit(upTo position: Int) -> Int? {
        guard position >= 0 else { return nil }
        let rest = position >= 63 ? self : self & ((1 << UInt64(position &+ 1)) &- 1)
        return rest == 0 ? nil : 63 &- rest.leadingZeroBitCount
    }
}
