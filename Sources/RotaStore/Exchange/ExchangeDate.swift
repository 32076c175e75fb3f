package import Foundation

/// Instants in an export: ISO 8601 in UTC with milliseconds, and as many more digits as the last bit needs.
///
/// What no such text can say, such as the distant end of all time, is `@` and the seconds since 2001.
package enum ExchangeDate {
    private static let secondsOfDay: Int64 = 86_400
    /// The days from 0000-03-01, where counting is easiest, to 2001-01-01.
    private static let daysToReference: Int64 = 730_791
    /// The reference seconds of the years 1 to 9999.
    private static let years: Range<Double> = -63_113_904_000..<252_423_993_600

    /// Writes an instant so that ``date(_:)`` reads the very same.
    package static func text(_ date: Date) -> String {
        let seconds = date.timeIntervalSinceReferenceDate
        if years.contains(seconds) {
            let whole = seconds.rounded(.down)
            let second = stamp(Int64(whole))
            for (digits, unit) in [(3, 1e3), (6, 1e6), (9, 1e9), (12, 1e12), (15, 1e15)] {
                let count = ((seconds - whole) * unit).rounded()
                guard count < unit else { continue }
                let text = second + "." + padded(Int64(count), digits) + "Z"
                if self.date(text)?.timeIntervalSinceReferenceDate.bitPattern == seconds.bitPattern { return text }
            }
        }
        return seconds.isNaN ? "@nan" : "@\(seconds)"
    }

    /// Reads what ``text(_:)`` wrote; nil for anything else.
    package static func date(_ text: String) -> Date? {
        if text.hasPrefix("@") {
            return Double(text.dropFirst()).map { Date(timeIntervalSinceReferenceDate: $0) }
        }
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes.count <= 40, bytes.last == UInt8(ascii: "Z"),
            bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"), bytes[10] == UInt8(ascii: "T"),
            bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            let year = number(bytes[0..<4]), let month = number(bytes[5..<7]), let day = number(bytes[8..<10]),
            let hour = number(bytes[11..<13]), let minute = number(bytes[14..<16]),
            let second = number(bytes[17..<19]),
            hour < 24, minute < 60, second < 60, let days = days(year, month, day)
        else { return nil }
        var fraction = 0.0
        if bytes.count != 20 {
            guard bytes.count > 21, bytes[19] == UInt8(ascii: "."), number(bytes[20..<(bytes.count - 1)]) != nil,
                let value = Double("0" + String(decoding: bytes[19..<(bytes.count - 1)], as: UTF8.self))
            else { return nil }
            fraction = value
        }
        let whole = days * secondsOfDay + hour * 3600 + minute * 60 + second
        return Date(timeIntervalSinceReferenceDate: Double(whole) + fraction)
    }

    private static func stamp(_ second: Int64) -> String {
        let day = (second >= 0 ? second : second - secondsOfDay + 1) / secondsOfDay
        let time = second - day * secondsOfDay
        // Years that begin in March end with the leap day; 400 of them are 146,097 days.
        let days = day + daysToReference
        let era = days / 146_097
        let dayOfEra = days % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        let year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
        let date = [padded(year, 4), padded(month, 2), padded(dayOfYear - (153 * shifted + 2) / 5 + 1, 2)]
        let clock = [padded(time / 3600, 2), padded(time / 60 % 60, 2), padded(time % 60, 2)]
        return date.joined(separator: "-") + "T" + clock.joined(separator: ":")
    }

    /// The days from 2001-01-01 to a date of the years 1 to 9999; nil if there is no such date.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64? {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths: [Int64] = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard year >= 1, 1...12 ~= month, 1...lengths[Int(month) - 1] ~= day else { return nil }
        let shiftedYear = month <= 2 ? year - 1 : year
        let shiftedMonth = month <= 2 ? month + 9 : month - 3
        let ofYear = (153 * shiftedMonth + 2) / 5 + day - 1
        return shiftedYear * 365 + shiftedYear / 4 - shiftedYear / 100 + shiftedYear / 400 + ofYear - daysToReference
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
        guard digits.count <= 18, digits.allSatisfy({ 48...57 ~= $0 }) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int64($1 - 48) }
    }

    private static func padded(_ number: Int64, _ digits: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}
