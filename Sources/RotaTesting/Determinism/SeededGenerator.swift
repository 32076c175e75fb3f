/// A random number generator that repeats its sequence for the same seed.
///
/// Use it for tests and simulations, not for secrets. The algorithm is SplitMix64 (Steele, Lea, Flood 2014).
///
/// ```swift
/// var random = SeededGenerator(seed: 7)
/// let delays = (0..<3).map { _ in Int.random(in: 1...60, using: &random) }
/// print(delays)  // the same three numbers in every run
/// ```
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// Creates a generator.
    ///
    /// - Parameter seed: Any number. Equal seeds give equal sequences.
    public init(seed: UInt64) {
        state = seed
    }

    /// Returns the next 64 random bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
