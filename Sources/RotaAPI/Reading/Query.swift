package import Foundation
import RotaCore

/// Reads the parameters of a query, and says which one is wrong.
///
/// An empty value counts as absent. If a parameter is given several times, the last counts.
struct Query: Sendable, Hashable {
    private let values: [String: [String]]

    init(_ items: [(name: String, value: String)]) {
        values = Dictionary(items.filter { !$0.value.isEmpty }.map { ($0.name, [$0.value]) }, uniquingKeysWith: +)
    }

    var names: [String] { values.keys.sorted() }

    /// Refuses parameters that nothing reads, so that a misspelled filter does not list everything.
    func refuseOthers(than known: [String]) throws(APIError) {
        guard let name = names.first(where: { !known.contains($0) }) else { return }
        let meant = Spelling.meant(by: name, among: known).map { " Did you mean \($0)?" } ?? ""
        throw .invalid(name, "Unknown parameter \(name.prefix(scalars: 64)).\(meant)")
    }

    func text(_ name: String) -> String? { values[name]?.last }

    /// All its occurrences.
    func all(_ name: String) -> [String] { values[name] ?? [] }

    /// The elements of all its occurrences, separated by commas.
    func list(_ name: String) -> [String] {
        (values[name] ?? []).flatMap { $0.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } }
    }

    func int(_ name: String, in range: ClosedRange<Int>, else standard: Int) throws(APIError) -> Int {
        guard let text = text(name) else { return standard }
        guard let number = Int(text), range.contains(number) else {
            throw .invalid(name, "\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound).")
        }
        return number
    }

    func bool(_ name: String) throws(APIError) -> Bool? {
        switch text(name)?.lowercased() {
        case nil: nil
        case "true", "1", "yes": true
        case "false", "0", "no": false
        default: throw .invalid(name, "\(name) must be true or false.")
        }
    }

    /// A date in ISO 8601, or one relative to now, such as `now-1d`.
    func date(_ name: String, now: Date) throws(APIError) -> Date? {
        guard let text = text(name) else { return nil }
        // An unescaped plus of an offset arrives as a blank.
        guard let date = RelativeDate.parse(text.replacing(" ", with: "+"), now: now) ?? ISO8601.parse(text) else {
            throw .invalid(name, "\(name) must be a date such as 2026-03-15T10:00:00Z, or now-1d.")
        }
        return date
    }

    /// One of a few words.
    func choice<Value: RawRepresentable & CaseIterable>(
        _ name: String, of type: Value.Type
    ) throws(APIError) -> Value? where Value.RawValue == String {
        guard let text = text(name) else { return nil }
        guard let value = Value(rawValue: text) else {
            throw .invalid(name, "\(name) must be one of \(Value.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        return value
    }

    /// Several of a few words.
    func choices<Value: RawRepresentable & CaseIterable & Hashable>(
        _ name: String, of type: Value.Type
    ) throws(APIError) -> Set<Value>? where Value.RawValue == String {
        let texts = list(name)
        guard !texts.isEmpty else { return nil }
        var found: Set<Value> = []
        for text in texts {
            guard let value = Value(rawValue: text) else {
                throw .invalid(
                    name, "\(name) must be among \(Value.allCases.map(\.rawValue).joined(separator: ", ")).")
            }
            found.insert(value)
        }
        return found
    }
}

/// Dates as people state them to a tool: ISO 8601, `now`, `now-1d`, `now+2h30m`.
package enum RelativeDate {
    package static func parse(_ text: String, now: Date) -> Date? {
        if let date = ISO8601.parse(text) { return date }
        guard text.hasPrefix("now") else { return nil }
        let rest = text.dropFirst(3)
        guard let sign = rest.first else { return now }
        guard sign == "+" || sign == "-", let span = duration(rest.dropFirst()) else { return nil }
        let date = now.addingTimeInterval(sign == "+" ? span.inSeconds : -span.inSeconds)
        return WholeSeconds.floor(date).map(WholeSeconds.supported.contains) == true ? date : nil
    }

    /// Reads a span of time such as `90s`, `1h30m` or `1s7ms`, exactly, up to 10,000 years.
    package static func duration(_ text: some StringProtocol) -> Duration? {
        var rest = Substring(text)
        var milliseconds: Int64 = 0
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            guard let count = Int64(digits) else { return nil }
            rest = rest.dropFirst(digits.count)
            let units: [(String, Int64)] = [
                ("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000), ("w", 604_800_000),
            ]
            guard let unit = units.first(where: { rest.hasPrefix($0.0) }) else { return nil }
            rest = rest.dropFirst(unit.0.count)
            let (part, isTooLong) = count.multipliedReportingOverflow(by: unit.1)
            guard !isTooLong, part <= longest - milliseconds else { return nil }
            milliseconds += part
        }
        return text.isEmpty ? nil : .milliseconds(milliseconds)
    }

    /// 10,000 years, in milliseconds.
    private static let longest: Int64 = 320_000_000_000_000
}
