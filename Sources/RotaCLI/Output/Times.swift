import Foundation
import RotaCore
import RotaHTTP

/// Writes dates for people: on the wall clock of a zone, with the offset, and beside it how far away they are.
struct Times: Sendable {
    let zone: TimeZone
    private let clock: @Sendable () -> Date

    /// The time when it is asked for: a command may wait before it prints.
    var now: Date { clock() }

    init(zone: TimeZone, now: @autoclosure @escaping @Sendable () -> Date) {
        (self.zone, clock) = (zone, now)
    }

    /// A date such as `2026-03-15 10:00:00Z` or `2026-03-15 11:00:00+01:00`.
    func text(_ date: Date) -> String {
        let offset = zone.secondsFromGMT(for: date)
        guard let seconds = WholeSeconds.floor(date) else { return "-" }
        let local = seconds + Int64(offset)
        let day = local.floorDivided(by: WholeSeconds.day)
        let civil = CivilDate(daysSinceEpoch: Int(day))
        let time = Int(local - day * WholeSeconds.day)
        let clock = [time / 3_600, time / 60 % 60, time % 60].map(Self.two).joined(separator: ":")
        let year = String(repeating: "0", count: max(0, 4 - "\(civil.year)".count)) + "\(civil.year)"
        return "\(year)-\(Self.two(civil.month))-\(Self.two(civil.day)) \(clock)\(Self.offset(offset))"
    }

    static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    /// An offset from UTC such as `+01:00`, or `Z`.
    static func offset(_ seconds: Int) -> String {
        guard seconds != 0 else { return "Z" }
        let (size, sign) = (abs(seconds), seconds < 0 ? "-" : "+")
        return "\(sign)\(two(size / 3_600)):\(two(size / 60 % 60))" + (size % 60 == 0 ? "" : ":\(two(size % 60))")
    }

    /// How far away a date is: `in 3 h`, `2 min ago`, `now`.
    func relative(_ date: Date) -> String {
        let span = date.timeIntervalSince(now)
        guard abs(span) >= 1 else { return "now" }
        let text = Self.span(.init(clamping: abs(span)))
        return span > 0 ? "in " + text : text + " ago"
    }

    /// The two largest units of a span: `3 h 5 min`, `12 s`, `250 ms`.
    static func span(_ duration: Duration) -> String {
        let milliseconds = duration.wholeMilliseconds
        guard milliseconds >= 1_000 else { return "\(milliseconds) ms" }
        var rest = milliseconds / 1_000
        var parts: [String] = []
        for (size, unit) in [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")] as [(Int64, String)] {
            // Seconds beside hours, and minutes beside days, are noise.
            guard parts.count < 2, rest >= size else {
                if !parts.isEmpty { break }
                continue
            }
            parts.append("\(rest / size) \(unit)")
            rest %= size
        }
        return parts.joined(separator: " ")
    }

    /// Reads a date of the API.
    static func date(_ value: JSONValue?) -> Date? {
        guard case .string(let text)? = value else { return nil }
        return ISO8601.parse(text)
    }

    /// A date of the API for people, or `-`.
    func text(_ value: JSONValue?) -> String { Self.date(value).map(text) ?? "-" }

    func relative(_ value: JSONValue?) -> String { Self.date(value).map(relative) ?? "-" }

    /// A text of the API with its dates on the wall clock of the zone.
    func text(in sentence: String) -> String {
        sentence.replacing(#/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/#) { match in
            guard let date = ISO8601.parse(String(match.output)) else { return String(match.output) }
            let local = text(date)
            // The fraction tells dates of one second apart.
            guard let dot = match.output.firstIndex(of: ".") else { return local }
            let fraction = match.output[dot...].dropLast()
            return String(local.prefix(19)) + fraction + local.dropFirst(19)
        }
    }

    /// A date with how far away it is.
    func both(_ value: JSONValue?) -> String {
        Self.date(value).map { "\(text($0)) (\(relative($0)))" } ?? "-"
    }
}

// Members of the API's answers, `nil` if they are missing or of another type.
extension JSONValue {
    var string: String? { if case .string(let text) = self { text } else { nil } }
    var int: Int? { if case .number(let number) = self { number.int64.map { Int($0) } } else { nil } }
    var double: Double? { if case .number(let number) = self { number.double } else { nil } }
    var bool: Bool? { if case .bool(let bool) = self { bool } else { nil } }
    var elements: [JSONValue] { if case .array(let elements) = self { elements } else { [] } }
    var members: [Member] { if case .object(let members) = self { members } else { [] } }
    /// The elements of the member `items`.
    var items: [JSONValue] { self["items"]?.elements ?? [] }

    /// The value in a cell of a table.
    var cell: String {
        switch self {
        case .null: "-"
        case .string(let text): text
        case .array(let elements): elements.map(\.cell).joined(separator: ", ")
        case .object(let members): members.map { "\($0.name)=\($0.value.cell)" }.joined(separator: ", ")
        default: text
        }
    }

    /// The object with members set, in order, those of `nil` left out.
    func setting(_ changes: [(String, JSONValue?)]) -> JSONValue {
        let names = Set(changes.map(\.0))
        return .object(
            members.filter { !names.contains($0.name) }
                + changes.compactMap { name, value in
                    value.map { Member(name, $0) }
                })
    }

    /// An object of the members that have a value.
    static func record(_ members: [(String, JSONValue?)]) -> JSONValue { JSONValue.object([]).setting(members) }
    static func int(_ value: Int) -> JSONValue { .number(Number(Int64(value))) }
}
