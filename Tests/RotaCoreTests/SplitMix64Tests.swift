import RotaCore
import Testing

@Suite("SplitMix64")
struct SplitMix64Tests {
    @Test(
        "It gives the numbers of the reference implementation",
        arguments: [
            // Vigna's splitmix64.c: https://prng.di.unimi.it/splitmix64.c
            (
                1_234_567,
                [
                    6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
                    4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
                ]
            ),
            (0, [0xE220_A839_7B1D_CDAF, 0x6E78_9E6A_A1B9_65F4, 0x06C4_5D18_8009_454F]),
        ] as [(UInt64, [UInt64])])
    func reference(seed: UInt64, numbers: [UInt64]) {
        var generator = SplitMix64(seed: seed)
        #expect(numbers.map { _ in generator.next() } == numbers)
    }

    @Test("Mixing a state gives the number that the generator gives from it, without collisions")
    func mix() {
        var generator = SplitMix64(seed: 42)
        #expect(generator.next() == SplitMix64.mix(42))
        #expect(Set((0..<10_000 as Range<UInt64>).map(SplitMix64.mix)).count == 10_000)
    }

    @Test("A stable hash is that of FNV-1a, mixed")
    func stableHash() {
        // FNV-1a's test vectors: http://www.isthe.com/chongo/tech/comp/fnv/
        #expect(StableHash.hash("") == SplitMix64.mix(0xCBF2_9CE4_8422_2325))
        #expect(StableHash.hash("a") == SplitMix64.mix(0xAF63_DC4C_8601_EC8C))
        #expect(StableHash.hash("foobar") == SplitMix64.mix(0x8594_4171_F739_67E8))
    }
}
