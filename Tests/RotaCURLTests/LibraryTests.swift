import CRotaCURL
import RotaTestSupport
import RotaTesting
import Testing

@testable import RotaCURL

/// libcurl's interface, as it is declared here, against libcurl itself.
@Suite("CURLTransport: library")
struct LibraryTests {
    @Test("The numbers of options are those that libcurl's own table gives them")
    func options() throws {
        #expect(rota_curl_load() == nil)
        #expect(rota_curl_version() >= 0x074400)
        let wrong = rota_curl_wrong_option().map { String(cString: $0) }
        #expect(wrong == nil)
    }

    @Test("The deadlines of a heap come out in order, and those of ended requests are dropped")
    func deadlines() {
        var random = SeededGenerator(seed: 5)
        var heap = DeadlineHeap()
        let start = ContinuousClock.now
        var live: [Ticket: ContinuousClock.Instant] = [:]
        for _ in 0..<5000 {
            switch Int.random(in: 0..<5, using: &random) {
            case 0...2:
                let ticket = Ticket()
                let date = start + .milliseconds(Int.random(in: 0..<1000, using: &random))
                live[ticket] = date
                heap.push(.init(date: date, ticket: ticket))
            case 3:
                if let ended = live.keys.randomElement(using: &random) { live[ended] = nil }
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
