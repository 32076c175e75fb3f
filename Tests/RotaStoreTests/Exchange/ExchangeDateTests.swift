import Foundation
import RotaCore
import RotaStore
import RotaTesting
import Testing

@Suite struct ExchangeDateTests {
    @Test("A date comes back to the last bit, whatever it is")
    func exact() {
        var random = SplitMix64(seed: 5)
        for round in 0..<20_000 {
            let seconds: Double =
                switch round % 4 {
                case 0: Double.random(in: -7e10...2.6e11, using: &random)
                case 1: Double(Int64.random(in: 0...2_000_000_000_000, using: &random)) / 1000
                case 2: Double(bitPattern: random.next())
                default: Double.random(in: 7e8...9e8, using: &random)
                }
            let text = ISO8601.exact(Date(timeIntervalSinceReferenceDate: seconds))
            let back = ISO8601.exactDate(text)?.timeIntervalSinceReferenceDate
            #expect(back?.bitPattern == seconds.bitPattern || (seconds.isNaN && back?.isNaN == true), "\(text)")
        }
    }

    @Test(
        "Ordinary dates are ISO 8601 in milliseconds",
        arguments: [
            (0, "2001-01-01T00:00:00.000Z"), (772_345_600.123, "2025-06-23T04:26:40.123Z"),
            (-978_307_200, "1970-01-01T00:00:00.000Z"), (-0.25, "2000-12-31T23:59:59.750Z"),
            (5_011_199, "2001-02-27T23:59:59.000Z"), (94_694_399.999, "2004-01-01T23:59:59.999Z"),
            (-63_113_904_000, "0001-01-01T00:00:00.000Z"), (252_423_993_599, "9999-12-31T23:59:59.000Z"),
            (252_423_993_600, "@252423993600.0"), (-0.0, "@-0.0"), (.infinity, "@inf"),
        ] as [(Double, String)])
    func text(seconds: Double, text: String) {
        #expect(ISO8601.exact(Date(timeIntervalSinceReferenceDate: seconds)) == text)
    }

    @Test("The calendar agrees with Foundation's")
    func calendar() throws {
        let format = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        var random = SplitMix64(seed: 9)
        for _ in 0..<2000 {
            let date = Date(
                timeIntervalSince1970: Double(Int64.random(in: -5_000_000_000...20_000_000_000, using: &random)))
            #expect(ISO8601.exact(date) == date.formatted(format))
        }
    }

    @Test(
        "No other text is a date",
        arguments: [
            "", "@", "@x", "2026-01-01", "2026-01-01T00:00:00", "2026-01-01T00:00:00+00:00", "2026-13-01T00:00:00Z",
            "2026-02-29T00:00:00Z", "2026-00-10T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
            "2026-01-01T00:00:60Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00,5Z", "2026-01-01T00:00:00.-5Z",
            "2026-01-01T00:00:00.1234567890123456789012345Z", "0000-01-01T00:00:00Z", "２０２６-01-01T00:00:00Z",
        ])
    func refused(text: String) {
        #expect(ISO8601.exactDate(text) == nil)
    }
}
