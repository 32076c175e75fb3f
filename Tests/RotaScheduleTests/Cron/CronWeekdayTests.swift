import Foundation
import RotaSchedule
import RotaTestSupport
import Testing

@Suite("Days of the week in cron expressions")
struct CronWeekdayTests {
    /// A field and the days it names, Sunday being 0.
    static let fields: [(String, Set<Int>)] = [
        ("*", Set(0...6)), ("0", [0]), ("6", [6]), ("1-5", Set(1...5)), ("0,3,6", [0, 3, 6]), ("*/2", [0, 2, 4, 6]),
        ("1-5/2", [1, 3, 5]), ("0-2,5", [0, 1, 2, 5]), ("7", [0]),
    ]

    @Test(
        "Days of the week are 0 to 6 from Sunday, and 7 is Sunday too",
        .rows("KX-7", "T-16", "C-12"),
        arguments: fields)
    func days(field: String, days: Set<Int>) throws {
        let expression = try CronExpression("0 0 * * \(field)")
        // 1970-01-01 was a Thursday.
        let first = 20_000
        let begin = Date(timeIntervalSince1970: Double(first) * 86_400 - 1)
        let expected = (first..<first + 40).filter { days.contains(($0 + 4) % 7) }
        let found = expression.occurrences(after: begin).prefix(expected.count)
        #expect(found.map { Int($0.timeIntervalSince1970) } == expected.map { $0 * 86_400 })
    }

    @Test("Days of the week outside 0 to 7 are refused", .rows("KX-7", "T-16"), arguments: ["8", "0-8", "*/8x", "-1"])
    func refused(field: String) {
        #expect(throws: CronSyntaxError.self) { try CronExpression("0 0 * * \(field)") }
    }
}
