import Foundation
import RotaCore
import RotaTesting
import Testing

@Suite("ISO8601")
struct ISO8601Tests {
    /// Foundation's own text of a date, to the second.
    private static func foundation(_ date: Date) -> String {
        date.formatted(.iso8601)
    }

    @Test("Exact text is read back as the identical date")
    func exact() {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<10_000 {
            let date = Date(timeIntervalSinceReferenceDate: Double.random(in: -9e10...4e11, using: &random))
            #expect(ISO8601.exactDate(ISO8601.exact(date)) == date)
        }
        for date in [Date.distantFuture, .distantPast, Date(timeIntervalSinceReferenceDate: .infinity)] {
            #expect(ISO8601.exactDate(ISO8601.exact(date)) == date)
        }
        let nan = ISO8601.exactDate(ISO8601.exact(Date(timeIntervalSinceReferenceDate: .nan)))
        #expect(nan?.timeIntervalSinceReferenceDate.isNaN == true)
    }

    @Test("Exact text has milliseconds, and more digits only if the date needs them")
    func exactDigits() {
        #expect(ISO8601.exact(Date(timeIntervalSince1970: 0)) == "1970-01-01T00:00:00.000Z")
        #expect(ISO8601.exact(Date(timeIntervalSince1970: 0.5)) == "1970-01-01T00:00:00.500Z")
        let later = Date(timeIntervalSinceReferenceDate: 800_000_000).justAfter
        #expect(ISO8601.exact(later) == "2026-05-09T06:13:20.000000119Z")
        #expect(ISO8601.exact(.distantFuture).hasPrefix("@") == (ISO8601.text(.distantFuture) == nil))
    }

    @Test("Whole seconds read as Foundation writes them, and are read back")
    func text() {
        var random = SeededGenerator(seed: 2)
        for _ in 0..<2_000 {
            let second = Int64.random(in: -2_000_000_000...4_000_000_000, using: &random)
            let date = Date(wholeSeconds: second)
            #expect(ISO8601.text(date) == Self.foundation(date))
            #expect(ISO8601.parse(Self.foundation(date)) == date)
            #expect(ISO8601.milliseconds(date) == Self.foundation(date).dropLast() + ".000Z")
        }
        #expect(ISO8601.text(Date(wholeSeconds: -62_135_596_800)) == "0001-01-01T00:00:00Z")
        #expect(ISO8601.text(Date(wholeSeconds: 253_402_300_799)) == "9999-12-31T23:59:59Z")
    }

    @Test("Fractions are as short as the date allows, and are read back")
    func fractions() {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<2_000 {
            let millisecond = Int64.random(in: 0...2_000_000_000_000, using: &random)
            let text = ISO8601.milliseconds(Date(timeIntervalSince1970: Double(millisecond) / 1000))
            let date = ISO8601.parse(text)
            #expect(date.map { ISO8601.milliseconds($0) } == text)
            #expect(date.flatMap { ISO8601.text($0) }.flatMap { ISO8601.parse($0) } == date)
        }
        #expect(ISO8601.text(Date(timeIntervalSinceReferenceDate: 0.25)) == "2001-01-01T00:00:00.250Z")
        #expect(ISO8601.text(Date(timeIntervalSinceReferenceDate: 1).justBefore) == "2001-01-01T00:00:01Z")
    }

    @Test("Dates outside the years have no text, are clamped to milliseconds, and are described by their seconds")
    func outside() {
        for seconds in [-62_135_596_801.0, 253_402_300_800, 1e300, -1e300, .infinity, .nan] {
            #expect(ISO8601.text(Date(timeIntervalSince1970: seconds)) == nil)
            #expect(ISO8601.description(Date(timeIntervalSince1970: seconds)).hasSuffix(" seconds after 1970"))
        }
        #expect(ISO8601.milliseconds(Date(timeIntervalSince1970: 1e300)) == "9999-12-31T23:59:59.999Z")
        #expect(ISO8601.milliseconds(Date(timeIntervalSince1970: -1e300)) == "0000-01-01T00:00:00.000Z")
        #expect(ISO8601.milliseconds(Date(timeIntervalSince1970: .nan)) == "1970-01-01T00:00:00.000Z")
    }

    @Test(
        "Offsets, spaces, lower case and commas are read",
        arguments: [
            "2026-03-15T10:00:00Z", "2026-03-15 10:00:00Z", "2026-03-15t10:00:00z", "2026-03-15T12:00:00+02:00",
            "2026-03-15T12:00:00+0200", "2026-03-15T04:30:00-05:30", "2026-03-15T10:00:00.000Z",
            "2026-03-15T10:00:00,0Z", "2026-03-16T09:59:00+23:59",
        ])
    func forms(text: String) {
        #expect(ISO8601.parse(text) == Date(timeIntervalSince1970: 1_773_568_800))
    }

    @Test(
        "Other text, and dates that do not exist, are refused",
        arguments: [
            "", "2026", "2026-03-15", "2026-03-15T10:00", "2026-03-15T10:00:00", "2026-03-15T10:00:00.Z",
            "2026-03-15T10:00:00+24:00", "2026-03-15T10:00:00+02:60", "2026-03-15T10:00:00+2", "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-01T24:00:00Z",
            "2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-00:01", "2026-03-15T10:00:00Z ", " 2026-03-15T10:00:00Z", "２026-03-15T10:00:00Z",
            "2026-03-15T10:00:00.0000000000Z", "+2026-03-15T10:00:00Z",
        ])
    func malformed(text: String) {
        #expect(ISO8601.parse(text) == nil)
    }

    @Test("Every mutation of a text is refused, or is read as its own date", arguments: 1...4)
    func mutated(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let alphabet = Array("0123456789-+:.TZ ".utf8)
        for _ in 0..<20_000 {
            var bytes = Array("2026-03-15T10:00:00Z".utf8)
            bytes[Int.random(in: 0..<bytes.count, using: &random)] = alphabet.randomElement(using: &random) ?? 0x30
            let text = String(decoding: bytes, as: UTF8.self)
            guard let date = ISO8601.parse(text) else { continue }
            #expect(ISO8601.text(date) == text.replacing(" ", with: "T"))
        }
    }
}
