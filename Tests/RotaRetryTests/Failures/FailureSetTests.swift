import Foundation
import RotaRetry
import RotaTesting
import Testing

@Suite("FailureSet")
struct FailureSetTests {
    @Test("Statuses contain exactly what was put in, in any order", arguments: 1...20)
    func statuses(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let ranges = (0..<generator.below(8)).map { _ in
                let low = 100 + generator.below(500)
                return low...(low + generator.below(40))
            }
            let members = Set(ranges.flatMap { $0 })
            let set = FailureSet.Statuses(ranges: ranges)
            for status in 90...700 { #expect(set.contains(status) == members.contains(status)) }
            #expect(set == FailureSet.Statuses(members.shuffled(using: &generator)))
            #expect(try roundTrip(set) == set)
            let other = FailureSet.Statuses([5, 7])
            #expect(set.union(other) == FailureSet.Statuses(members.union([5, 7])))
        }
    }

    @Test("The ends of the integers are statuses like others, and refused only by validation")
    func extremes() throws {
        let set = FailureSet.Statuses(ranges: [Int.min...(.max), .max...(.max), .min...(.min)])
        #expect(set.contains(.min) && set.contains(.max) && set.contains(0))
        #expect(try roundTrip(FailureSet.Statuses([Int.max])) == [Int.max])
        #expect(set.description == "\(Int.min)-\(Int.max)")
        _ = try json(set)
    }

    @Test("They are written as short text")
    func text() throws {
        #expect(FailureSet.Statuses.default.description == "429, 500, 502-504")
        #expect(try json(FailureSet.Statuses(ranges: [400...499, 503...503])) == #"["400-499",503]"#)
    }

    @Test("Only these kinds, or all but these")
    func kinds() throws {
        let only = FailureSet.Kinds.only([.timeout])
        #expect(only.contains(.timeout) && !only.contains(.dns) && !only.contains(FailureKind("own")))
        #expect(only.inserting(.dns) == .only([.timeout, .dns]) && only.removing(.timeout) == .only([]))
        let rest = FailureSet.Kinds.allExcept([.timeout])
        #expect(!rest.contains(.timeout) && rest.contains(.dns) && rest.contains(FailureKind("own")))
        #expect(rest.inserting(.timeout) == .allExcept([]) && rest.removing(.dns) == .allExcept([.timeout, .dns]))
        #expect(try roundTrip(rest) == rest)
    }

    @Test("A status is judged by its number alone, everything else by its kind alone")
    func judgement() {
        let set = FailureSet(statuses: [503], kinds: .only([.timeout, .httpStatus]))
        #expect(set.contains(.httpStatus, status: 503) && !set.contains(.httpStatus, status: 500))
        #expect(!set.contains(.httpStatus))
        #expect(set.contains(.timeout, status: 500) && !set.contains(.dns, status: 503))
        #expect(FailureSet.default.removing(.timeout).contains(.timeout) == false)
    }
}
