import RotaCore

/// A random source that gives the same numbers for the same seed: SplitMix64 (Steele, Lea, Flood 2014).
///
/// It is for tests and simulations, not for secrets.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var numbers: SplitMix64

    /// Makes a generator.
    ///
    /// - Parameter seed: Any number; equal seeds give equal sequences.
    public init(seed: UInt64) {
        numbers = SplitMix64(seed: seed)
    }

    /// The next 64 random bits.
    public mutating func next() -> UInt64 {
        numbers.next()
    }
}
