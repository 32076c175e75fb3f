import Foundation
import RotaSchedule
import Testing

/// Random and mutated input: the same as the release-built script in Tests/Scripts, in small.
@Suite struct FuzzTests {
    @Test("100,000 random and mutated texts: an expression or an error, and every next ends", arguments: 0..<4)
    func texts(batch: UInt64) throws {
        var random = SeededGenerator(0xF022 + batch)
        let alphabet = Array("0123456789*/,-?LWH#@+ \tMONJAFEBSUNevrydailky5m()é\u{0}")
        let zones = try ["UTC", "America/New_York", "Pacific/Apia"].map { try TimeZoneDatabase.system.rules(for: $0) }
        var read = 0
        for _ in 0..<25_000 {
            var text: String
            if random.chance(30) {
                text = String((0..<random.int(0...24)).map { _ in random.pick(alphabet) })
            } else {
                var characters = Array(
                    random.pick([
                        "30 9 * * 1-5", "0 0 29 2 *", "*/5 8-18 1,15 JAN-JUN MON#2,5L", "0 0 L-3,15W * +5",
                        "@every 90s", "1 2 3 4 5 6 2030",
                    ]))
                for _ in 0..<random.int(1...3) where !characters.isEmpty {
                    let place = random.int(0...(characters.count - 1))
                    switch random.int(0...2) {
                    case 0: characters[place] = random.pick(alphabet)
                    case 1: characters.remove(at: place)
                    default: characters.insert(random.pick(alphabet), at: place)
                    }
                }
                text = String(characters)
            }
            do {
                let expression = try CronExpression(
                    text, dialect: random.pick([.standard, .standard, .standard, .quartz, .vixie]), hashSeed: "seed")
                read += 1
                let start = Date(timeIntervalSince1970: Double(random.int(-10_000_000_000...20_000_000_000)))
                let zone = random.pick(zones)
                if let next = expression.next(after: start, in: zone) {
                    #expect(next > start)
                    #expect(expression.previous(before: next.addingTimeInterval(1), in: zone) == next, "\(text)")
                }
            } catch {
                #expect(error.range.upperBound <= text.endIndex && !error.description.isEmpty)
            }
        }
        #expect(read > 500)
    }

    @Test("damaged zone files: rules or an error")
    func zoneFiles() {
        var random = SeededGenerator(0x201F)
        let whole = TZifWriter(
            changes: (0..<40).map { ($0 * 15_000_000, $0 % 2 * 3_600) }, footer: "EST5EDT,M3.2.0,M11.1.0"
        ).data
        for _ in 0..<5_000 {
            var data = whole
            for _ in 0..<random.int(1...4) { data[random.int(0...(data.count - 1))] = UInt8(random.int(0...255)) }
            guard let rules = try? TimeZoneRules(identifier: "Fuzz", tzif: data) else { continue }
            let start = Date(timeIntervalSince1970: Double(random.int(-4_000_000_000...9_000_000_000)))
            if let change = rules.nextTransition(after: start) { #expect(change > start) }
            #expect(abs(rules.secondsFromGMT(for: start)) <= 93_600)
        }
    }
}
