import Foundation
import RotaCore
import RotaSchedule
import RotaTesting
import Testing

@Suite("Intervals of less than a second")
struct SubsecondTests {
    /// Milliseconds after 1970 as text, by integers alone.
    private func text(_ milliseconds: Int64) -> String {
        let whole = ISO8601.text(Date(wholeSeconds: milliseconds.floorDivided(by: 1000))) ?? "?"
        let rest = milliseconds - milliseconds.floorDivided(by: 1000) * 1000
        guard rest != 0 else { return whole }
        let digits = String(rest)
        return whole.dropLast() + "." + String(repeating: "0", count: 3 - digits.count) + digits + "Z"
    }

    @Test("Their dates are the decimals that are meant, however often they are counted on", arguments: 1...20)
    func decimals(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let anchor = Int64.random(in: 1_700_000_000_000...1_900_000_000_000, using: &random)
            let interval = Int64.random(in: 1...5000, using: &random)
            let first = try #require(ISO8601.parse(text(anchor)))
            let schedule = Schedule.every(.milliseconds(interval), anchor: first)
            var date = first
            for count in 1...40 {
                let next = try #require(schedule.next(after: date))
                let expected = text(anchor + Int64(count) * interval)
                #expect(ISO8601.text(next) == expected)
                #expect(ISO8601.parse(expected) == next && ISO8601.exactDate(ISO8601.exact(next)) == next)
                #expect(schedule.previous(before: next) == (count == 1 ? nil : date))
                date = next
            }
            // A jump comes to the same dates as many steps.
            let far = Int64.random(in: 1_000_000...2_000_000_000, using: &random)
            let late = try #require(ISO8601.parse(text(anchor + far * interval)))
            #expect(schedule.next(after: late.justBefore) == late)
        }
    }

    @Test("A tenth of a second, ten times a second")
    func tenths() throws {
        let anchor = try #require(ISO8601.parse("2026-01-01T12:00:00.05Z"))
        var date = anchor
        var texts: [String] = []
        for _ in 0..<10 {
            date = try #require(Schedule.every(.milliseconds(100), anchor: anchor).next(after: date))
            texts.append(ISO8601.exact(date))
        }
        #expect(
            texts
                == [150, 250, 350, 450, 550, 650, 750, 850, 950].map { "2026-01-01T12:00:00.\($0)Z" }
                + ["2026-01-01T12:00:01.050Z"])
    }
}
