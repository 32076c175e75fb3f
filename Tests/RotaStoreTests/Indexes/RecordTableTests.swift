import RotaCore
import RotaStore
import RotaTesting
import Testing

@Suite struct RecordTableTests {
    @Test("Random changes agree with a dictionary", arguments: [1, 40, 2000])
    func oracle(range: Int) {
        var random = SplitMix64(seed: UInt64(range))
        var table = RecordTable<JobID, Int>()
        var oracle: [JobID: Int] = [:]
        for step in 0..<20_000 {
            // Runs of neighbours and of multiples, which a bad hash would pile up.
            let number = UInt128(Int.random(in: 0..<range, using: &random))
            let id = JobID(bits: step % 2 == 0 ? number : number << 70)
            switch Int.random(in: 0..<10, using: &random) {
            case 0...4: #expect(table.updateValue(step, forKey: id) == oracle.updateValue(step, forKey: id))
            case 5...7: #expect(table.removeValue(forKey: id) == oracle.removeValue(forKey: id))
            case 8:
                table.modify(id) { $0 += 1 }
                if let old = oracle[id] { oracle[id] = old + 1 }
            default: #expect(table[id] == oracle[id])
            }
            #expect(table.count == oracle.count)
        }
        #expect(table.values.sorted() == oracle.values.sorted())
        for (id, value) in oracle { #expect(table[id] == value) }
        for id in oracle.keys { #expect(table.removeValue(forKey: id) != nil) }
        #expect(table.isEmpty && Array(table.values).isEmpty)
    }

    @Test("A copy keeps its values")
    func copies() {
        var table = RecordTable<JobID, Int>()
        for number in 0..<600 { table.updateValue(number, forKey: JobID(bits: UInt128(number))) }
        let copy = table
        for number in 0..<600 { table.removeValue(forKey: JobID(bits: UInt128(number))) }
        #expect(table.isEmpty)
        #expect((0..<600).allSatisfy { copy[JobID(bits: UInt128($0))] == $0 })
    }

    @Test(
        "Identifiers of version 7 are found, typical and adversarial ones", arguments: [1, 7, 4096])
    func timeOrdered(perMillisecond: UInt64) {
        var random = SplitMix64(seed: perMillisecond)
        var table = RecordTable<JobID, Int>()
        var oracle: [JobID: Int] = [:]
        var present: [JobID] = []
        for number in 0..<20_000 {
            // With 7 in a millisecond the upper halves repeat: whoever chooses identifiers may choose them alike.
            let count = perMillisecond == 7 ? 0 : UInt64(number) % perMillisecond
            let upper = (1_700_000_000_000 + UInt64(number) / perMillisecond / (perMillisecond == 7 ? 100 : 1)) << 16
            let id = JobID(bits: UInt128(upper | 0x7000 | count) << 64 | UInt128(random.next()))
            table.updateValue(number, forKey: id)
            oracle[id] = number
            present.append(id)
            guard number % 3 == 2 else { continue }
            let place = number % 2 == 0 ? 0 : Int.random(in: 0..<present.count, using: &random)
            present.swapAt(place, present.count - 1)
            let gone = present.removeLast()
            #expect(table.removeValue(forKey: gone) == oracle.removeValue(forKey: gone))
            #expect(table[gone] == nil && !table.contains(gone))
        }
        #expect(table.count == oracle.count)
        for (id, number) in oracle { #expect(table[id] == number) }
    }

    @Test("A record is read and changed in place, and created if it is missing")
    func parts() {
        var table = RecordTable<JobID, Int>()
        let id = JobID(bits: 7)
        #expect(table.read(id) { $0 } == nil)
        #expect(table.modify(id) { $0 += 1 } == nil)
        table.modify(id, default: 5) { $0 += 1 }
        table.modify(id, default: 5) { $0 += 1 }
        #expect(table.read(id) { $0 } == 7 && table.count == 1)
    }
}
