import Foundation
import RotaCore
import Testing

@Suite("Arithmetic of durations and dates")
struct TimeArithmeticTests {
    /// The longest duration that is kept: a little over 10,000 years.
    private static let limit = Duration.seconds(320_000_000_000)

    @Test(
        "Seconds become a duration, clamped to 10,000 years",
        arguments: [
            (0, .zero), (1.5, .milliseconds(1500)), (-1.5, .milliseconds(-1500)), (.nan, .zero), (1e300, limit),
            (-1e300, .zero - limit), (.infinity, limit), (-.infinity, .zero - limit),
        ] as [(Double, Duration)])
    func clamping(seconds: Double, expected: Duration) {
        #expect(Duration(clamping: seconds) == expected)
    }

    @Test("Durations whose seconds do not fit Int64 are clamped, and do not trap")
    func extremes() {
        let longest = Duration.seconds(Int64.max) * 2
        let shortest = Duration.seconds(Int64.min) * 2
        #expect(longest.inSeconds == 3.2e11 && shortest.inSeconds == -3.2e11)
        #expect(longest.wholeMilliseconds == 320_000_000_000_000)
        #expect(shortest.wholeMilliseconds == -320_000_000_000_000)
        #expect(longest.millisecondsRoundedUp == 320_000_000_000_000)
        #expect(Date(timeIntervalSince1970: 0).advanced(by: longest).timeIntervalSince1970 == 3.2e11)
        #expect(Date.distantFuture.elapsed(since: Date(timeIntervalSince1970: -1e300)) == Self.limit)
    }

    @Test(
        "Milliseconds are rounded toward zero, or up",
        arguments: [
            (.zero, 0, 0), (.milliseconds(7), 7, 7), (.nanoseconds(1), 0, 1), (.nanoseconds(-1), 0, 0),
            (.nanoseconds(1_000_001), 1, 2), (.nanoseconds(-1_000_001), -1, -1),
            (.seconds(3) + .nanoseconds(1), 3000, 3001),
        ] as [(Duration, Int64, Int64)])
    func milliseconds(duration: Duration, towardZero: Int64, up: Int64) {
        #expect(duration.wholeMilliseconds == towardZero)
        #expect(duration.millisecondsRoundedUp == up)
    }

    @Test("A date and a duration later are a duration apart")
    func dates() {
        let date = Date(timeIntervalSinceReferenceDate: 800_000_000)
        #expect(date.advanced(by: .milliseconds(-250)) == date.addingTimeInterval(-0.25))
        #expect(date.advanced(by: .seconds(90)).elapsed(since: date) == .seconds(90))
        #expect(date.elapsed(since: date.advanced(by: .seconds(90))) == .seconds(-90))
        #expect(Duration.longestSpan == .seconds(366 * 86_400))
    }

    @Test("There is no date between a date and those just before and after", arguments: [-1e10, -1, 0, 1, 8e8])
    func neighbors(seconds: Double) {
        let date = Date(timeIntervalSinceReferenceDate: seconds)
        #expect(date.justBefore < date && date < date.justAfter)
        #expect(date.justBefore.justAfter == date && date.justAfter.justBefore == date)
        #expect((date..<date.justAfter).contains(date) && !(date..<date.justAfter).contains(date.justAfter))
    }

    @Test("Dates are rounded to whole seconds in both directions, and clamped to just outside the supported range")
    func wholeSeconds() {
        let date = Date(timeIntervalSince1970: -1.5)
        #expect(WholeSeconds.floor(date) == -2 && WholeSeconds.ceiling(date) == -1)
        #expect(WholeSeconds.floor(Date(wholeSeconds: 5)) == 5 && WholeSeconds.ceiling(Date(wholeSeconds: 5)) == 5)
        #expect(WholeSeconds.ceiling(Date(wholeSeconds: 5).justAfter) == 6)
        #expect(WholeSeconds.floor(Date(wholeSeconds: 5).justBefore) == 4)
        #expect(WholeSeconds.floor(Date(timeIntervalSinceReferenceDate: .nan)) == nil)
        for seconds in [-1e300, -.infinity] {
            let floor = WholeSeconds.floor(Date(timeIntervalSinceReferenceDate: seconds))
            #expect(floor.map { $0 < WholeSeconds.supported.lowerBound } == true)
        }
        for seconds in [1e300, .infinity] {
            let ceiling = WholeSeconds.ceiling(Date(timeIntervalSinceReferenceDate: seconds))
            #expect(ceiling.map { $0 > WholeSeconds.supported.upperBound } == true)
        }
    }

    private struct Setting: Codable, Equatable {
        var timeout: Duration
        var limit: Duration?
    }

    @Test(
        "JSON has a duration in seconds, or as text where a number would lose precision",
        arguments: [
            (.zero, "0"), (.seconds(30), "30"), (.milliseconds(250), "0.25"), (.milliseconds(-1500), "-1.5"),
            (.nanoseconds(1), "1e-09"), (.seconds(50_000_000) + .nanoseconds(1), #""50000000000000001ns""#),
            (.nanoseconds(Int64.max - 1), #""9223372036854775806ns""#),
        ] as [(Duration, String)])
    func json(duration: Duration, text: String) throws {
        let setting = Setting(timeout: duration, limit: duration)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let written = String(decoding: try encoder.encode(setting), as: UTF8.self)
        #expect(written == #"{"limit":\#(text),"timeout":\#(text)}"#)
        #expect(try JSONDecoder().decode(Setting.self, from: Data(written.utf8)) == setting)
    }

    @Test("Every duration comes back from JSON as it was, also from the pairs of earlier versions")
    func jsonRoundTrip() throws {
        var random = SplitMix64(seed: 11)
        for _ in 0..<2000 {
            let bits = Int64(bitPattern: random.next()) >> Int64(random.next() % 64)
            let duration =
                switch random.next() % 4 {
                case 0: Duration.nanoseconds(bits)
                case 1: Duration.seconds(bits)
                case 2: Duration(secondsComponent: bits >> 8, attosecondsComponent: bits % 1_000_000_000_000_000_000)
                default: Duration.milliseconds(bits >> 12)
                }
            let setting = Setting(timeout: duration, limit: duration)
            #expect(try JSONDecoder().decode(Setting.self, from: JSONEncoder().encode(setting)) == setting)
            let pair = String(decoding: try JSONEncoder().encode(duration), as: UTF8.self)
            let earlier = Data("{\"timeout\":\(pair)}".utf8)
            #expect(try JSONDecoder().decode(Setting.self, from: earlier) == Setting(timeout: duration))
        }
    }

    @Test(
        "A text or a number that is no duration is refused", arguments: ["1e300", "-9e9", #""5m""#, #""1.5ns""#, "[1]"])
    func notJSON(text: String) {
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(Setting.self, from: Data("{\"timeout\":\(text)}".utf8))
        }
    }
}
