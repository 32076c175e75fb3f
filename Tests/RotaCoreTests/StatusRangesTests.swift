import RotaCore
import RotaTesting
import Testing

@Suite("StatusRanges")
struct StatusRangesTests {
    @Test("A set contains what its ranges contain, in whatever order and however they overlap", arguments: 1...20)
    func contains(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let ranges = (0..<Int.random(in: 0..<8, using: &random)).map { _ in
                let low = Int.random(in: 100..<600, using: &random)
                return low...(low + Int.random(in: 0..<40, using: &random))
            }
            let members = Set(ranges.flatMap { $0 })
            let set = StatusRanges(ranges)
            #expect((90...700).allSatisfy { set.contains($0) == members.contains($0) })
            #expect(set == StatusRanges(members.map { $0...$0 }))
            // Sorted, with gaps.
            #expect(zip(set.ranges, set.ranges.dropFirst()).allSatisfy { $0.upperBound + 1 < $1.lowerBound })
            #expect(
                (90...700).allSatisfy {
                    set.clamped(to: 200...400).contains($0) == (set.contains($0) && 200...400 ~= $0)
                })
        }
    }

    @Test("The bounds of the integers do not overflow")
    func extremes() {
        let set = StatusRanges([Int.min...(.max), .max...(.max), .min...(.min)])
        #expect(set.contains(.min) && set.contains(.max) && set.ranges.count == 1)
        #expect(StatusRanges([Int.max...(.max), 0...(.max - 1)]).ranges == [0...(.max)])
    }

    @Test("They are described as a list of numbers and ranges")
    func description() {
        #expect(StatusRanges([429...429, 502...504, 500...500]).description == "429, 500, 502-504")
        #expect(StatusRanges([]).description.isEmpty)
    }

    @Test(
        "A number, a range or a class is parsed, and anything else refused",
        arguments: [
            ("204", 204...204), ("200-299", 200...299), ("2xx", 200...299), ("5XX", 500...599), ("9xx", 900...999),
            ("200-200", 200...200), ("", nil), ("0xx", nil), ("xx", nil), ("2x", nil), ("20x", nil), ("abc", nil),
            ("299-200", nil), ("200-", nil), ("-200", nil), ("1-2-3", nil), ("99999999999999999999", nil),
            (" 200", nil),
        ] as [(String, ClosedRange<Int>?)])
    func parse(text: String, range: ClosedRange<Int>?) {
        #expect(StatusRanges.parse(text) == range)
    }
}
