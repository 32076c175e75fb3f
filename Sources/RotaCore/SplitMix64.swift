/// A seeded random number generator.
///
/// Equal seeds give equal sequences. Do not use it for secrets.
///
/// Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators" (2014).
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

    /// The difference between consecutive states: 2⁶⁴ divided by the golden ratio.
    @inlinable
    package static var increment: UInt64 { 0x9E37_79B9_7F4A_7C15 }

    /// Returns the output for a state.
    ///
    /// This bijection spreads similar inputs apart, so it also serves to mix hashes.
    @inlinable
    package static func mix(_ value: UInt64) -> UInt64 {
        var mixed = value &+ increment
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}

/// A hash function that, unlike `Hasher`, gives the same result in every process and on every machine.
package enum StableHash {
    /// Returns the 64-bit FNV-1a hash of a string's UTF-8 bytes, mixed by ``SplitMix64/mix(_:)``.
    package static func hash(_ text: String) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return SplitMix64.mix(hash)
    }
}
