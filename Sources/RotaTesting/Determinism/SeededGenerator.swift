import RotaCore

/// A random number generator that repeats its sequence for the same seed.
///
/// Use it for tests and simulations, not for secrets. The algorithm is SplitMix64 (Steele, Lea, Flood 2014).
///
/// ```swift
/// var random = SeededGenerator(seed: 7)
/// let delays = (0..<3).map { _ in Int.random(in: 1...60, using: &random) }
/// print(delays)  // the same three numbers every time
/// ```
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var numbers: SplitMix64

    /// Creates a generator.
    ///
    /// - Parameter seed: Any number. Equal seeds give equal sequences.
    public init(seed: UInt64) {
        numbers = SplitMix64(seed: seed)
    }

    /// Returns the next 64 random bits.
    public mutating func next() -> UInt64 {
        numbers.next()
    }
}
