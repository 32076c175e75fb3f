import Foundation
import RotaCore
import RotaTesting
import Testing

@Suite("CivilDate")
struct CivilDateTests {
    private static let calendar: Calendar = {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        return calendar
    }()

    @Test("Every day from 1900 to 2100 is the one Foundation's calendar says")
    func foundation() throws {
        let first = CivilDate(year: 1900, month: 1, day: 1).daysSinceEpoch
        let last = CivilDate(year: 2100, month: 12, day: 31).daysSinceEpoch
        #expect(last - first == 73_413)
        for day in first...last {
            let date = CivilDate(daysSinceEpoch: day)
            let parts = Self.calendar.dateComponents(
                [.year, .month, .day, .weekday], from: Date(timeIntervalSince1970: Double(day) * 86_400))
            guard date.year == parts.year, date.month == parts.month, date.day == parts.day,
                CivilDate.weekday(ofDay: day) + 1 == parts.weekday, date.daysSinceEpoch == day, date.exists
            else {
                Issue.record("day \(day) is \(date), but should be \(parts)")
                return
            }
        }
    }

    @Test(
        "Days of other millennia follow one another, as do their weekdays",
        arguments: [-4_000_000, -719_528, 2_932_000])
    func consecutive(start: Int) {
        var expected = CivilDate(daysSinceEpoch: start)
        for day in start..<start + 150_000 {
            let date = CivilDate(daysSinceEpoch: day)
            guard date == expected, date.daysSinceEpoch == day,
                CivilDate.weekday(ofDay: day + 1) == (CivilDate.weekday(ofDay: day) + 1) % 7
            else {
                Issue.record("day \(day) is \(date), but should be \(expected)")
                return
            }
            expected.day += 1
            if expected.day > CivilDate.days(inMonth: expected.month, of: expected.year) {
                expected.day = 1
                expected.month += 1
            }
            if expected.month > 12 {
                expected.month = 1
                expected.year += 1
            }
        }
    }

    @Test(
        "Centuries are leap years only every 400 years",
        arguments: [(2000, true), (1900, false), (2024, true), (2023, false), (0, true), (-4, true), (-100, false)])
    func leapYears(year: Int, isLeap: Bool) {
        #expect(CivilDate.isLeap(year) == isLeap)
        #expect(CivilDate.days(inMonth: 2, of: year) == (isLeap ? 29 : 28))
        #expect(CivilDate(year: year, month: 2, day: 29).exists == isLeap)
    }

    @Test("Months and days outside the calendar do not exist")
    func exists() {
        for (month, day) in [(0, 1), (13, 1), (1, 0), (1, 32), (4, 31), (2, 30), (-1, 1), (1, -1)] {
            #expect(!CivilDate(year: 2024, month: month, day: day).exists)
        }
        #expect(
            (1...12).map { CivilDate.days(inMonth: $0, of: 2023) } == [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    }

    @Test("A day past the end of its month continues into the next")
    func overflow() {
        #expect(
            CivilDate(year: 2023, month: 2, day: 30).daysSinceEpoch
                == CivilDate(year: 2023, month: 3, day: 2).daysSinceEpoch)
    }

    @Test("Division rounds toward negative infinity")
    func floorDivision() {
        for dividend in -50...50 as ClosedRange<Int64> {
            for divisor in 1...12 as ClosedRange<Int64> {
                #expect(
                    dividend.floorDivided(by: divisor) == Int64((Double(dividend) / Double(divisor)).rounded(.down)))
            }
        }
        #expect(Int64.min.floorDivided(by: 2) == .min / 2 && Int64.max.floorDivided(by: .max) == 1)
    }
}
