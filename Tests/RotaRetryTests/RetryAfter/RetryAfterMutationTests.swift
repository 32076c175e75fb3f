import Foundation
import RotaRetry
import RotaTesting
import Testing

/// Mutated headers against a judge that works the other way round: it writes the date that was read in all three
/// forms and looks for the input among them.
///
/// `ROTA_RETRY_INPUTS` sets how many inputs there are; `Tests/Scripts/retry-fuzz` runs ten million.
@Suite("RetryAfter from mutated headers")
struct RetryAfterMutationTests {
    private static let inputs = ProcessInfo.processInfo.environment["ROTA_RETRY_INPUTS"].flatMap(Int.init) ?? 100_000

    @Test("Headers that are accepted mean what they say, and none traps", arguments: 1...4)
    func mutated(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var accepted = 0
        var wrong: [String] = []
        for _ in 0..<(Self.inputs / 4) {
            let text = Self.input(&generator)
            guard let parsed = RetryAfter(text, receivedAt: rfcDate) else { continue }
            accepted += 1
            if !Self.isRight(parsed, for: text) { wrong.append(text) }
        }
        #expect(wrong.isEmpty, "\(wrong.prefix(5))")
        // A mutation that always broke the header would prove nothing.
        #expect(accepted > Self.inputs / 4 / 20)
    }

    @Test("Every written date is read again, whatever its form", arguments: 1...2)
    func written(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<5000 {
            let second = Int64.random(in: -62_167_219_200...253_402_300_799, using: &generator)
            let texts = WrittenDate(second).texts
            #expect(RetryAfter(texts.fixdate, receivedAt: rfcDate) == .date(at(Double(second))))
            #expect(RetryAfter(texts.asctime, receivedAt: rfcDate) == .date(at(Double(second))))
            let near = Int64.random(in: -630_000_000...2_300_000_000, using: &generator)
            #expect(RetryAfter(WrittenDate(near).texts.rfc850, receivedAt: rfcDate) == .date(at(Double(near))))
        }
    }

    private static func input(_ generator: inout SeededGenerator) -> String {
        var bytes: [UInt8]
        let date = WrittenDate(.random(in: -630_000_000...2_300_000_000, using: &generator)).texts
        switch generator.below(5) {
        case 0: bytes = Array(String(generator.next() >> UInt64(generator.below(64))).utf8)
        case 1: bytes = Array(date.rfc850.utf8)
        case 2: bytes = Array(date.asctime.utf8)
        default: bytes = Array(date.fixdate.utf8)
        }
        let alphabet = Array("0123456789 ,-:GMTSunJanFeb\t".utf8)
        for _ in 0..<generator.below(4) {
            let position = generator.below(bytes.count + 1)
            let byte = generator.chance(0.9) ? alphabet[generator.below(alphabet.count)] : UInt8(generator.below(256))
            switch generator.below(5) {
            case 0 where position < bytes.count: bytes.remove(at: position)
            case 1: bytes.insert(byte, at: position)
            case 2 where position < bytes.count: bytes.removeLast(bytes.count - position)
            case 3 where !bytes.isEmpty:
                bytes.swapAt(generator.below(bytes.count), generator.below(bytes.count))
            default: if position < bytes.count { bytes[position] = byte }
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isRight(_ parsed: RetryAfter, for text: String) -> Bool {
        // A comma separates either the elements of a list or a day's name from its date.
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { String($0) }
        let pairs = zip(parts, parts.dropFirst()).map { "\($0),\($1)" }
        return (parts + pairs).contains { isRight(parsed, forElement: $0) }
    }

    private static func isRight(_ parsed: RetryAfter, forElement text: String) -> Bool {
        let bare = text.trimmingCharacters(in: CharacterSet(charactersIn: " \t"))
        switch parsed {
        case .delay(let delay):
            guard !bare.isEmpty, bare.allSatisfy({ "0"..."9" ~= $0 }) else { return false }
            let digits = bare.drop { $0 == "0" }
            return digits.count > 10
                ? delay == .seconds(9_223_372_036) : delay == .seconds(min(Int64(digits) ?? 0, 9_223_372_036))
        case .date(let date):
            let second = Int64(date.timeIntervalSince1970)
            let input = withoutWeekday(bare)
            let texts = WrittenDate(second).texts
            // The grammar of asctime also allows a day of two digits, below ten too.
            let padded = texts.asctime.replacingOccurrences(of: "  ", with: " 0")
            var candidates = [texts.fixdate, texts.rfc850, texts.asctime, padded]
            // Midnight may have been written as the leap second before it.
            let before = WrittenDate(second - 1).texts
            let beforePadded = before.asctime.replacingOccurrences(of: "  ", with: " 0")
            candidates += [before.fixdate, before.rfc850, before.asctime, beforePadded].map {
                $0.replacingOccurrences(of: "23:59:59", with: "23:59:60")
            }
            return candidates.contains { withoutWeekday($0) == input }
        }
    }

    /// A date without its day's name, which may be wrong, but marked with whether it was a long one.
    private static func withoutWeekday(_ text: String) -> String {
        let name = text.prefix { $0.isLetter }
        return (name.count == 3 ? "short" : "long") + text.dropFirst(name.count).lowercased()
    }
}

/// A date written in the three forms of HTTP, by an algorithm of its own.
private struct WrittenDate {
    let texts: (fixdate: String, rfc850: String, asctime: String)

    init(_ second: Int64) {
        let day = Int64((Double(second) / 86_400).rounded(.down))
        let clock = Int(second - day * 86_400)
        var year = 1970 + Int((Double(day) / 365.2425).rounded(.down))
        // The guess is at most a year off.
        while Self.firstDay(of: year) > day { year -= 1 }
        while Self.firstDay(of: year + 1) <= day { year += 1 }
        var rest = Int(day - Self.firstDay(of: year))
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        var month = 0
        while rest >= lengths[month] {
            rest -= lengths[month]
            month += 1
        }
        let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let days = ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"]
        let weekday = days[Int(((day % 7) + 7) % 7)]
        let two = { (value: Int) in value < 10 ? "0\(value)" : "\(value)" }
        let four = String(repeating: "0", count: 4 - "\(year)".count) + "\(year)"
        let time = "\(two(clock / 3600)):\(two(clock / 60 % 60)):\(two(clock % 60))"
        let name = names[month]
        texts = (
            "\(weekday.prefix(3)), \(two(rest + 1)) \(name) \(four) \(time) GMT",
            "\(weekday), \(two(rest + 1))-\(name)-\(two(year % 100)) \(time) GMT",
            "\(weekday.prefix(3)) \(name) \(rest + 1 < 10 ? " " : "")\(rest + 1) \(time) \(four)"
        )
    }

    /// The day of 1 January, counted from 1970: 365 a year, and the leap days between.
    private static func firstDay(of year: Int) -> Int64 {
        func leapDays(before year: Int) -> Int {
            let last = year - 1
            func quotient(_ divisor: Int) -> Int { Int((Double(last) / Double(divisor)).rounded(.down)) }
            return quotient(4) - quotient(100) + quotient(400)
        }
        return Int64((year - 1970) * 365 + leapDays(before: year) - leapDays(before: 1970))
    }
}
