import RotaStore
import RotaTesting
import Testing

@Suite("Ordered index")
struct OrderedIndexTests {
    @Test("It agrees with a sorted set through random insertions and removals", arguments: 1...6)
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

    @Test("Keys that arrive in order, and leave in order, are found at every size")
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
}
