import Foundation
import RotaRetry
import Testing

@Suite("RetryAfter")
struct RetryAfterTests {
    static func parse(_ text: String, now: Date = rfcDate) -> RetryAfter? {
        RetryAfter(text, receivedAt: now)
    }

    @Test(
        "Seconds, however many digits",
        arguments: [
            ("0", 0), ("120", 120), ("00060", 60), (" 5\t", 5), ("31622400", 31_622_400), ("31622401", 31_622_401),
            ("99999999999999999999999999999999", 9_223_372_036), ("18446744073709551617", 9_223_372_036),
        ])
    func seconds(text: String, expected: Int) {
        #expect(Self.parse(text) == .delay(.seconds(expected)))
    }

    @Test(
        "The three formats of RFC 9110 §5.6.7 are the same date",
        arguments: [
            "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
            "  Sun, 06 Nov 1994 08:49:37 GMT\t", "sun, 06 nov 1994 08:49:37 gmt", "SUNDAY, 06-NOV-94 08:49:37 GMT",
        ])
    func threeForms(text: String) {
        #expect(Self.parse(text) == .date(rfcDate))
    }

    @Test(
        "The day's name may be wrong",
        arguments: [
            "Mon, 06 Nov 1994 08:49:37 GMT", "Wednesday, 06-Nov-94 08:49:37 GMT", "Sat Nov  6 08:49:37 1994",
        ])
    func wrongWeekday(text: String) {
        #expect(Self.parse(text) == .date(rfcDate))
    }

    @Test("A leap second is the first second of the next day, and is only accepted at the end of a day")
    func leapSecond() {
        let after = at(1_483_228_800)
        #expect(Self.parse("Sat, 31 Dec 2016 23:59:60 GMT") == .date(after))
        #expect(Self.parse("Saturday, 31-Dec-16 23:59:60 GMT", now: after) == .date(after))
        #expect(Self.parse("Sat Dec 31 23:59:60 2016") == .date(after))
        #expect(Self.parse("Sat, 31 Dec 2016 22:59:60 GMT") == nil)
        #expect(Self.parse("Sat, 31 Dec 2016 23:58:60 GMT") == nil)
        #expect(Self.parse("Sat, 31 Dec 2016 23:59:61 GMT") == nil)
    }

    @Test(
        "Far years",
        arguments: [
            ("Sat, 01 Jan 0000 00:00:00 GMT", -62_167_219_200.0), ("Mon, 01 Jan 0001 00:00:00 GMT", -62_135_596_800),
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Tue, 29 Feb 2000 12:00:00 GMT", 951_825_600),
            ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799), ("Fri, 31 Dec 9999 23:59:60 GMT", 253_402_300_800),
            ("Fri Dec 31 23:59:59 9999", 253_402_300_799),
        ])
    func farYears(text: String, expected: Double) {
        #expect(Self.parse(text) == .date(at(expected)))
    }

    @Test(
        "A two-digit year is at most 50 years ahead, else it is the latest past one",
        arguments: [
            // Now in 2026: 2076 is 50 years ahead, 2077 more.
            ("76", 1_792_000_000.0, 2076), ("77", 1_792_000_000, 1977), ("26", 1_792_000_000, 2026),
            ("25", 1_792_000_000, 2025), ("00", 1_792_000_000, 2000), ("99", 1_792_000_000, 1999),
            // Now in 1994, in 2099, and in 2100.
            ("44", 784_111_777, 2044), ("45", 784_111_777, 1945), ("10", 4_080_000_000, 2110),
            ("98", 4_080_000_000, 2098),
            ("49", 4_112_000_000, 2149), ("51", 4_112_000_000, 2051),
        ])
    func shortYears(text: String, now: Double, expected: Int) {
        let full = Self.parse("Mon, 01 Jan \(expected) 00:00:00 GMT")
        #expect(full != nil)
        #expect(Self.parse("Monday, 01-Jan-\(text) 00:00:00 GMT", now: at(now)) == full)
    }

    @Test("Exactly 50 years ahead is the future, a second more the past")
    func fiftyYears() {
        let now = at(1_792_000_000)  // 14 October 2026, 17:46:40
        #expect(
            Self.parse("Wednesday, 14-Oct-76 17:46:40 GMT", now: now) == Self.parse("Wed, 14 Oct 2076 17:46:40 GMT"))
        #expect(
            Self.parse("Wednesday, 14-Oct-76 17:46:41 GMT", now: now) == Self.parse("Wed, 14 Oct 1976 17:46:41 GMT"))
    }

    @Test("29 February is looked for among years that have one")
    func shortLeapYears() {
        let now = at(2_900_000_000)  // November 2061; 2100 has no 29 February, 2000 has.
        #expect(Self.parse("Tuesday, 29-Feb-00 00:00:00 GMT", now: now) == Self.parse("Tue, 29 Feb 2000 00:00:00 GMT"))
        #expect(Self.parse("Tuesday, 29-Feb-99 00:00:00 GMT", now: now) == nil)
    }

    @Test(
        "Malformed headers are refused",
        arguments: [
            "", " ", ",", "-1", "+1", "1.5", "1e3", "0x10", "１２", "12 34", "soon", "120, soon", "soon, 120", "Sun",
            "Sunday", "Sun,", "GMT",
            "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 Nov 1994 08:49:37 +0000",
            "Sun, 06 Nov 1994 08:49:37 GMT ; x", "Sun, 06 Nov 94 08:49:37 GMT", "Sunday, 06-Nov-1994 08:49:37 GMT",
            "Sun, 06-Nov-94 08:49:37 GMT", "Sunday, 06 Nov 1994 08:49:37 GMT", "Sunday Nov  6 08:49:37 1994",
            "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 8:49:37 GMT", "Sun Nov 6 08:49:37 1994",
            "Sun Nov  06 08:49:37 1994", "Sun Nov 006 08:49:37 1994", "Sun, 00 Nov 1994 08:49:37 GMT",
            "Sun, 31 Nov 1994 08:49:37 GMT", "Sun, 30 Feb 2000 08:49:37 GMT", "Sun, 29 Feb 1900 08:49:37 GMT",
            "Sun, 29 Feb 2023 08:49:37 GMT", "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
            "Sun, 06 Nov 1994 08:60:00 GMT", "Sun, 06 Nov 1994 08:00:60 GMT", "Xun, 06 Nov 1994 08:49:37 GMT",
            "Sun,06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994  08:49:37 GMT", "Sun, 06 Nov 10000 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 GMT\u{0}", "\u{FEFF}120", "120\n", "1994-11-06T08:49:37Z",
            "Sun Nov  6 08:49:37 94",
            "Sun, 06 Nov -994 08:49:37 GMT", "Tuesday, 31-Feb-00 00:00:00 GMT", "Sundayday, 06-Nov-94 08:49:37 GMT",
        ])
    func malformed(text: String) {
        #expect(Self.parse(text) == nil)
    }

    @Test(
        "Of several values the longest counts",
        arguments: [
            ("120, 120", 120), ("120,120", 120), ("60, 120", 120), ("120 ,\t60", 120), ("12,", 12), (", 12,,", 12),
            ("30, Sun, 06 Nov 1994 08:51:37 GMT", 120), ("Sun, 06 Nov 1994 08:51:37 GMT, 130", 130),
            ("Sun, 06 Nov 1994 08:50:37 GMT,Sunday, 06-Nov-94 08:51:37 GMT", 120),
            ("Sun Nov  6 08:51:37 1994, Sun, 06 Nov 1994 08:49:00 GMT", 120),
        ])
    func several(text: String, expected: Int) {
        #expect(Self.parse(text)?.delay(from: rfcDate) == .seconds(expected))
    }

    @Test(
        "A date counts from the response's own date, whatever the clock of this machine shows",
        arguments: [-3600.0, -1, 0, 119, 3600])
    func clockSkew(skew: Double) {
        let now = rfcDate.addingTimeInterval(skew)
        for (date, expected) in [("08:51:37", 120), ("08:49:37", 0), ("08:00:00", 0)] {
            let parsed = RetryAfter(
                "Sun, 06 Nov 1994 \(date) GMT", receivedAt: now, responseDate: "Sunday, 06-Nov-94 08:49:37 GMT")
            #expect(parsed?.delay(from: now) == .seconds(expected))
        }
        #expect(
            RetryAfter("7", receivedAt: now, responseDate: "Sun, 06 Nov 1994 08:49:37 GMT") == .delay(.seconds(7)))
    }

    @Test(
        "Without a readable response date, a date counts from the clock of this machine", arguments: [nil, "", "now"])
    func noResponseDate(text: String?) {
        let now = rfcDate.addingTimeInterval(60)
        let parsed = RetryAfter("Sun, 06 Nov 1994 08:51:37 GMT", receivedAt: now, responseDate: text)
        #expect(parsed == .date(rfcDate.addingTimeInterval(120)))
        #expect(parsed?.delay(from: now) == .seconds(60))
    }

    @Test(
        "Dates that no clock shows do not trap",
        arguments: [
            Double.nan, .infinity, -.infinity, 1e300, -1e300, -62_200_000_000, 253_500_000_000,
        ])
    func strangeClocks(now: Double) {
        for text in ["Sunday, 06-Nov-94 08:49:37 GMT", "Tuesday, 29-Feb-00 00:00:00 GMT", "120"] {
            let parsed = Self.parse(text, now: at(now))
            #expect(parsed != nil || text.contains("Feb"))
            if let parsed {
                let delay = parsed.delay(from: at(now))
                #expect(delay >= .zero && delay <= .nanoseconds(Int64.max))
            }
        }
    }

    @Test(
        "Both forms survive being stored",
        arguments: [
            RetryAfter.delay(.seconds(120)), .delay(.nanoseconds(31_622_399_999_999_999)), .date(rfcDate),
            .delay(.zero),
        ])
    func stored(value: RetryAfter) throws {
        #expect(try roundTrip(value) == value)
        #expect(try roundTrip(AttemptFailure.http(status: 503, retryAfter: value)).retryAfter == value)
    }
}
