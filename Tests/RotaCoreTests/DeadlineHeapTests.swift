import RotaTesting
import Testing

@testable import RotaCore

@Suite("DeadlineHeap")
struct DeadlineHeapTests {
    @Test("The deadlines of a heap come out in order, and those of ended requests are dropped")
    func deadlines() {
        var random = SeededGenerator(seed: 5)
        var heap = DeadlineHeap<Int>()
        let start = ContinuousClock.now
        var live: [Int: ContinuousClock.Instant] = [:]
        for number in 0..<5000 {
            switch Int.random(in: 0..<5, using: &random) {
            case 0...2:
                let ticket = number
                let date = start + .milliseconds(Int.random(in: 0..<1000, using: &random))
                live[ticket] = date
                heap.push(.init(date: date, ticket: ticket))
            case 3:
                if let ended = live.keys.sorted().randomElement(using: &random) { live[ended] = nil }
                heap.compact(live: live.count) { live[$0] != nil }
                #expect(heap.count <= max(64, 2 * live.count))
            default:
                while let first = heap.first, live[first.ticket] == nil { heap.removeFirst() }
                #expect(heap.first?.date == live.values.min())
                if let first = heap.first {
                    live[first.ticket] = nil
                    heap.removeFirst()
                }
            }
        }
    }
}
