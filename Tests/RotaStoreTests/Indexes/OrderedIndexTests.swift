import RotaStore
import RotaTesting
import Testing

@Suite("Ordered index")
struct OrderedIndexTests {
    @Test("Random insertions and removals agree with a sorted set", arguments: 1...6)
    func agrees(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var index = OrderedIndex<Int>()
        var model = Set<Int>()
        let range = 0..<(seed.isMultiple(of: 2) ? 200 : 5000)
        for step in 0..<6000 {
            let key = Int.random(in: range, using: &random)
            if Int.random(in: 0..<5, using: &random) < (step < 4000 ? 3 : 1) {
                #expect(index.insert(key) == model.insert(key).inserted)
            } else {
                #expect(index.remove(key) == (model.remove(key) != nil))
            }
            guard step.isMultiple(of: 500) else { continue }
            let sorted = model.sorted()
            #expect(index.count == sorted.count)
            #expect(index.first == sorted.first)
            #expect(Array(index.suffix()) == sorted)
            #expect(Array(index.prefixReversed()) == sorted.reversed())
            let pivot = Int.random(in: -1...range.upperBound, using: &random)
            #expect(Array(index.suffix(after: pivot)) == sorted.filter { $0 > pivot })
            #expect(Array(index.prefixReversed(before: pivot)) == sorted.reversed().filter { $0 < pivot })
            #expect(index.next(after: pivot) == sorted.first { $0 > pivot })
        }
    }

    @Test("Keys inserted and removed in order are found at every size")
    func inOrder() {
        var index = OrderedIndex<Int>()
        for key in 0..<2000 { index.insert(key) }
        #expect(Array(index.suffix()) == Array(0..<2000))
        for key in 0..<2000 {
            #expect(index.first == key)
            index.remove(key)
        }
        #expect(index.isEmpty)
        #expect(index.next(after: 5) == nil)
        #expect(Array(index.prefixReversed(before: 5)).isEmpty)
    }

    @Test(
        "Removing the first keys while others arrive, some of them early, agrees with a sorted set",
        arguments: 1...4)
    func queue(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var index = OrderedIndex<Int>()
        var model = Set<Int>()
        var clock = 0
        for step in 0..<12_000 {
            clock += 1
            // It fills, and runs nearly empty again and again; a few keys come before all that are there.
            let isFilling = step / 1000 % 2 == 0
            for _ in 0..<(isFilling ? 2 : 1) {
                let key =
                    clock * 4 - (Int.random(in: 0..<10, using: &random) == 0 ? 3000 : 0)
                    + Int.random(in: 0..<4, using: &random)
                #expect(index.insert(key) == model.insert(key).inserted)
            }
            for _ in 0..<(isFilling ? 1 : 2) {
                guard let first = index.first else { break }
                #expect(index.remove(first) && model.remove(first) != nil)
            }
            let other = clock * 4 - Int.random(in: 0..<4000, using: &random)
            #expect(index.contains(other) == model.contains(other))
            guard step.isMultiple(of: 400) else { continue }
            let sorted = model.sorted()
            #expect(index.first == sorted.first && index.count == sorted.count)
            #expect(Array(index.suffix()) == sorted)
            #expect(Array(index.prefixReversed()) == sorted.reversed())
            #expect(Array(index.suffix(after: other)) == sorted.filter { $0 > other })
            #expect(Array(index.prefixReversed(before: other)) == sorted.reversed().filter { $0 < other })
        }
    }
}
