public import Foundation
import RotaCore

/// A valid part of a cron text that probably does not mean what was intended.
///
/// ```swift
/// let expression = try CronExpression("* 9 * * *")
/// for warning in expression.warnings {
///     print(warning)
/// }
/// // This fires 60 times in each hour that is named; 0 fires once. Better: 0 9 * * *
/// ```
public struct CronWarning: Sendable, Hashable, CustomStringConvertible {
    /// The kind of warning.
    ///
    /// More kinds may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case unevenStep, stepTooLarge, eitherDay, everyMinuteOfHour, everyValue, missingTime, fieldOrder
        }

        private let kind: Kind

        /// A step does not divide its field, so the last gap is shorter than the others.
        public static let unevenStep = Code(kind: .unevenStep)
        /// A step is so large that only the first value remains.
        public static let stepTooLarge = Code(kind: .stepTooLarge)
        /// Both day fields are given, and a day that matches either one matches.
        public static let eitherDay = Code(kind: .eitherDay)
        /// The expression fires every minute of some hours, where once was probably intended.
        public static let everyMinuteOfHour = Code(kind: .everyMinuteOfHour)
        /// A field lists every value instead of `*`.
        public static let everyValue = Code(kind: .everyValue)
        /// The time does not exist on some day in the zone.
        public static let missingTime = Code(kind: .missingTime)
        /// Six fields look like AWS's order, minutes first and a year last, and are read with seconds first.
        public static let fieldOrder = Code(kind: .fieldOrder)

        /// The code's name, such as `unevenStep`.
        public var description: String { kind.rawValue }
    }

    /// The kind of warning.
    public let code: Code
    /// The part of the expression's source that the warning is about.
    public let range: Range<String.Index>
    /// A description of what happens and what was probably intended.
    public let message: String
    /// A complete expression with the probable meaning, if there is one.
    public let suggestion: String?

    /// The message, followed by the suggestion if there is one.
    public var description: String {
        message + (suggestion.map { " Better: " + $0 } ?? "")
    }
}

extension CronExpression {
    /// The parts of the text that probably mean something else than intended, in the order of the fields.
    ///
    /// - A step that does not divide its field (`*/45` leaves gaps of 45 and 15 minutes), or exceeds it (`*/90` minutes
    ///   fires once an hour).
    /// - Two day fields of which either is enough, where a counted weekday was intended (`1-7 * MON`, better `MON#1`).
    /// - Every minute of a single hour (`* 9 * * *`, better `0 9 * * *`).
    /// - A field that lists every value.
    /// - Six fields with `?` where only AWS's order, minutes first and a year last, has it (`0 12 * * ? *`).
    public var warnings: [CronWarning] {
        guard period == nil else { return [] }
        let fields = sourceFields
        guard fields.count >= 5 else { return [] }
        var found: [CronWarning] = []
        for field in fields { found += stepWarnings(field, fields) + everyValueWarning(field, fields) }
        found += everyMinuteWarning(fields) + eitherDayWarning(fields) + fieldOrderWarning(fields)
        // Drop a suggestion that is not valid itself, which unusual spellings can produce.
        return found.map { warning in
            let reads = warning.suggestion.map {
                (try? CronExpression($0, dialect: dialect, hashSeed: hashSeed)) != nil
            }
            guard reads == false else { return warning }
            return CronWarning(code: warning.code, range: warning.range, message: warning.message, suggestion: nil)
        }.sorted { $0.range.lowerBound < $1.range.lowerBound }
    }

    /// Returns the ``warnings``, and one for a time that does not exist on some day in a zone.
    ///
    /// - Parameters:
    ///   - zone: The zone whose wall clock the fields describe.
    ///   - date: The start of the three years whose offset changes are checked.
    public func warnings(in zone: TimeZone, from date: Date) -> [CronWarning] {
        warnings(in: TimeZoneDatabase.system.table(zone), named: zone.identifier, .automatic, from: date)
    }

    /// Returns the warnings under a policy, which says what happens at a time that does not exist.
    func warnings(
        in table: ZoneTable, named zone: String, _ daylightSaving: DaylightSavingPolicy, from date: Date
    ) -> [CronWarning] {
        let fields = sourceFields
        guard period == nil, fields.count >= 5, !pattern.isWildcard else { return warnings }
        let rules = TimeZoneRules(table: table)
        let end = date.addingTimeInterval(3 * 366 * 86_400)
        var cursor = date
        while let change = rules.nextTransition(after: cursor), change < end {
            cursor = change
            let before = rules.secondsFromGMT(for: change.addingTimeInterval(-1))
            let gap = rules.secondsFromGMT(for: change) - before
            guard gap > 0, let second = WholeSeconds.floor(change) else { continue }
            let first = second + Int64(before)
            guard let missing = pattern.nextLocal(from: first), missing < first + Int64(gap) else { continue }
            let time = LocalTime(seconds: missing)
            let shifted = LocalTime(seconds: missing + Int64(gap))
            let consequence =
                switch (daylightSaving.missing ?? .atGapEnd).kind {
                case .atGapEnd: "fires at the end of the gap"
                case .skip: "does not fire"
                case .shift: "fires at \(CronPhrase.time(shifted.hour, shifted.minute))"
                }
            let hour = fields[fields.count == 5 ? 1 : 2]
            return warnings + [
                CronWarning(
                    code: .missingTime, range: hour.range,
                    message: "\(zone) has no \(CronPhrase.time(time.hour, time.minute)) on "
                        + "\(time.description.prefix(10)); it \(consequence) then.",
                    suggestion: nil)
            ]
        }
        return warnings
    }

    /// A field of the source, with its position.
    struct SourceField {
        var field: CronField
        var text: String
        var range: Range<String.Index>
    }

    /// The fields of the source, or none for a macro.
    var sourceFields: [SourceField] {
        let parts = source.split { $0 == " " || $0 == "\t" }
        guard 5...7 ~= parts.count, !source.hasPrefix("@") else { return [] }
        let first = parts.count == 5 ? CronField.minute : .second
        return parts.enumerated().compactMap { index, part in
            CronField(rawValue: first.rawValue + index).map {
                SourceField(field: $0, text: String(part), range: part.startIndex..<part.endIndex)
            }
        }
    }

    /// Returns the source with one field replaced.
    private func replacing(_ kind: CronField, with text: String, in fields: [SourceField]) -> String {
        fields.map { $0.field == kind ? text : $0.text }.joined(separator: " ")
    }

    private func stepWarnings(_ field: SourceField, _ fields: [SourceField]) -> [CronWarning] {
        let parts = field.text.split(separator: "/")
        guard [.second, .minute, .hour].contains(field.field), parts.count == 2, let step = Int(parts[1]), step > 1,
            parts[0] == "*" || parts[0] == "?" || parts[0] == "0"
        else { return [] }
        let size = field.field.stored.count
        let unit = field.field.name
        if step >= size {
            let larger = field.field == .second ? "minute" : field.field == .minute ? "hour" : "day"
            return [
                CronWarning(
                    code: .stepTooLarge, range: field.range,
                    message: "A step of \(step) leaves only \(unit) 0: this fires once a \(larger), not every "
                        + "\(step) \(unit)s. Use an interval for that.",
                    suggestion: replacing(field.field, with: "0", in: fields))
            ]
        }
        guard size % step != 0 else { return [] }
        let last = size - 1 - (size - 1) % step
        let divisors = (2..<size).filter { size % $0 == 0 }
        let near = divisors.min { (abs($0 - step), $0) < (abs($1 - step), $1) } ?? 1
        return [
            CronWarning(
                code: .unevenStep, range: field.range,
                message: "\(step) does not divide \(size): the gaps are \(step) and \(size - last) \(unit)s long.",
                suggestion: replacing(field.field, with: "*/\(near)", in: fields))
        ]
    }

    private func everyValueWarning(_ field: SourceField, _ fields: [SourceField]) -> [CronWarning] {
        guard field.field != .year, !field.text.contains("*"), !field.text.contains("?"),
            field.text.contains(",") || field.text.contains("-"), hashSeed == nil, isFull(field.field)
        else { return [] }
        return [
            CronWarning(
                code: .everyValue, range: field.range,
                message: "This names every \(field.field.name); * says the same"
                    + ([.dayOfMonth, .dayOfWeek].contains(field.field)
                        ? ", and leaves the other day field in charge." : "."),
                suggestion: replacing(field.field, with: "*", in: fields))
        ]
    }

    private func isFull(_ field: CronField) -> Bool {
        switch field {
        case .second: pattern.seconds.nonzeroBitCount == 60
        case .minute: pattern.minutes.nonzeroBitCount == 60
        case .hour: pattern.hours.nonzeroBitCount == 24
        case .dayOfMonth: pattern.days.nonzeroBitCount == 31
        case .month: pattern.months.nonzeroBitCount == 12
        case .dayOfWeek: pattern.weekdays.nonzeroBitCount == 7
        case .year: false
        }
    }

    private func everyMinuteWarning(_ fields: [SourceField]) -> [CronWarning] {
        guard let minute = fields.first(where: { $0.field == .minute }),
            let hour = fields.first(where: { $0.field == .hour }), minute.text == "*",
            !hour.text.hasPrefix("*"), !hour.text.hasPrefix("?"), pattern.hours.nonzeroBitCount < 24,
            !hour.text.contains("-")
        else {
            return everyHourWarning(fields)
        }
        return [
            CronWarning(
                code: .everyMinuteOfHour, range: minute.range,
                message: "This fires 60 times in each hour that is named; 0 fires once.",
                suggestion: replacing(.minute, with: "0", in: fields))
        ]
    }

    /// Warns of `* */2 * * *`: every minute of every second hour.
    private func everyHourWarning(_ fields: [SourceField]) -> [CronWarning] {
        guard let minute = fields.first(where: { $0.field == .minute }),
            let hour = fields.first(where: { $0.field == .hour }), minute.text == "*", hour.text.contains("/")
        else { return [] }
        return [
            CronWarning(
                code: .everyMinuteOfHour, range: minute.range,
                message: "This fires 60 times in each of these hours; 0 fires once.",
                suggestion: replacing(.minute, with: "0", in: fields))
        ]
    }

    /// Warns of AWS's order of six fields, whose day fields stand where the hour and the month are read.
    private func fieldOrderWarning(_ fields: [SourceField]) -> [CronWarning] {
        guard dialect == .standard, fields.count == 6, case let texts = fields.map(\.text),
            texts[2] == "?" || texts[4] == "?", texts[5] == "*" || texts[5] == "?"
        else { return [] }
        let days = [texts[2], Self.namingWeekdays(texts[4])].map { $0 == "?" ? "*" : $0 }
        return [
            CronWarning(
                code: .fieldOrder, range: fields[0].range.lowerBound..<fields[5].range.upperBound,
                message: "Six fields begin with seconds here; "
                    + "this looks like AWS's order, minutes first and a year last.",
                suggestion: [texts[0], texts[1], days[0], texts[3], days[1]].joined(separator: " "))
        ]
    }

    /// Returns a field with its weekdays by name, which AWS counts from Sunday, 1.
    private static func namingWeekdays(_ text: String) -> String {
        var named = ""
        for character in text {
            let follows = named.last.map { "#/".contains($0) } ?? false
            if !follows, let number = character.wholeNumberValue, 1...7 ~= number {
                named += CronField.dayOfWeek.names[number - 1]
            } else {
                named.append(character)
            }
        }
        return named
    }

    private func eitherDayWarning(_ fields: [SourceField]) -> [CronWarning] {
        guard let days = fields.first(where: { $0.field == .dayOfMonth }),
            let weekdays = fields.first(where: { $0.field == .dayOfWeek }), !pattern.daysIntersect,
            !isFull(.dayOfMonth), !isFull(.dayOfWeek)
        else { return [] }
        let range = days.range.lowerBound..<weekdays.range.upperBound
        // A week of the month and one weekday: "the first Monday" was probably intended.
        let weeks: [UInt64] = (0..<4).map { 0xFE << UInt64($0 * 7) }
        let named = pattern.daysFromEnd | pattern.nearestWeekdays | pattern.nearestWeekdaysFromEnd
        if let week = weeks.firstIndex(of: pattern.days), named == 0, pattern.weekdays.nonzeroBitCount == 1,
            dialect == .standard
        {
            let better = fields.map {
                $0.field == .dayOfMonth ? "*" : $0.field == .dayOfWeek ? "\($0.text)#\(week + 1)" : $0.text
            }
            return [
                CronWarning(
                    code: .eitherDay, range: range,
                    message:
                        "Either day field is enough here: seven days of the month, and every such weekday as well.",
                    suggestion: better.joined(separator: " "))
            ]
        }
        return [
            CronWarning(
                code: .eitherDay, range: range,
                message: "Either day field is enough here: the days of the month, and the weekdays as well.",
                suggestion: dialect == .standard
                    ? replacing(.dayOfWeek, with: "+" + weekdays.text, in: fields) : nil)
        ]
    }
}
