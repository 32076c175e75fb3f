/// xoshiro256**: a generator that shares no line with the code under test, and gives the same numbers every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    init(_ seed: UInt64) {
        // Four words that are never all zero, spread by an odd multiplier.
        func word(_ index: UInt64) -> UInt64 { (seed &+ index) &* 0xD134_2543_DE82_EF95 | 1 }
        state = (word(1), word(2), word(3), word(4))
        for _ in 0..<20 { _ = next() }
    }

    mutating func next() -> UInt64 {
        let scrambled = rotate(state.1 &* 5, by: 7) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = rotate(state.3, by: 45)
        return scrambled
    }

    private func rotate(_ word: UInt64, by bits: UInt64) -> UInt64 {
        word << bits | word >> (64 - bits)
    }

    mutating func below(_ limit: Int) -> Int {
        Int.random(in: 0..<limit, using: &self)
    }

    mutating func chance(_ probability: Double) -> Bool {
        Double.random(in: 0..<1, using: &self) < probability
    }
}
