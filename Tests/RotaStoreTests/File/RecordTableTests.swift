import RotaStore
import RotaTesting
import Testing

@Suite struct RecordTableTests {
    @Test("Random changes: the table holds what a dictionary does", arguments: [1, 40, 2000])
    func oracle(range: Int) {
        var random = SeededBits(seed: UInt64(range))
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
}
