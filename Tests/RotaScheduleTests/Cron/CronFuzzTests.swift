import Foundation
import RotaSchedule
import RotaTesting
import Testing

/// Random and mutated input: a small version of Tests/Scripts/schedule-fuzz.sh.
@Suite struct CronFuzzTests {
    @Test(
        "Of 100,000 random and mutated texts, each is an expression or an error, and every search ends",
        arguments: 0..<4)
    func texts(batch: UInt64) throws {
        var random = SeededGenerator(seed: 0xF022 + batch)
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
}
