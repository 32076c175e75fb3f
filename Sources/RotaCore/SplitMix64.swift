/// A seeded random number generator: equal seeds give equal sequences.
///
/// Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators" (2014). Not for secrets.
package struct SplitMix64: RandomNumberGenerator, Sendable {
    @usableFromInline
    package var state: UInt64

    @inlinable
    package init(seed: UInt64) {
        state = seed
    }

    @inlinable
    package mutating func next() -> UInt64 {
        defer { state &+= Self.increment }
        return Self.mix(state)
    }

    /// The step between two states: 2⁶⁴ divided by the golden ratio.
    @inlinable
    package static var increment: UInt64 { 0x9E37_79B9_7F4A_7C15 }

    /// Returns the output for a state. It is a bijection that gives near inputs far outputs, so it also mixes hashes.
    @inlinable
    package static func mix(_ value: UInt64) -> UInt64 {
        var mixed = value &+ increment
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}

/// A hash that is the same in every process and on every machine, unlike `Hasher`.
package enum StableHash {
    /// Returns the 64-bit FNV-1a hash of a text's UTF-8 bytes, mixed.
    package static func hash(_ text: String) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return SplitMix64.mix(hash)
    }
}
