import Foundation
import RotaAPI
import RotaCore
import RotaHTTP

/// The options and arguments of a command, as they were given.
struct Arguments: Sendable {
    /// The values of options, by the option's name.
    var values: [String: [String]] = [:]
    var flags: Set<String> = []
    var positional: [String] = []
    /// The names of the program and its commands.
    var path: [String] = []

    /// The key of an option of the program, which a command's option of the same name does not hide.
    static func programKey(_ name: String) -> String { "/" + name }

    func has(_ flag: String) -> Bool { flags.contains(flag) || flags.contains(Self.programKey(flag)) }
    func text(_ name: String) -> String? { values[name]?.last }
    func texts(_ name: String) -> [String] { values[name] ?? [] }
    /// The value of a filter, which must say something: an unset variable of a script must not mean all.
    func filter(_ name: String) throws(Failure) -> String? {
        guard let text = text(name) else { return nil }
        guard text.contains(where: { $0 != "," && !$0.isWhitespace }) else {
            throw .usage("--\(name) is empty. Leave it out, or say what it should find.")
        }
        return text
    }

    /// Refuses filters beside records that are named.
    func refuseFilters(_ query: [(String, String?)]) throws(Failure) {
        guard !positional.isEmpty, let filter = query.first(where: { $0.1 != nil }) else { return }
        throw .usage("Name what is meant, or give filters such as --\(filter.0), not both.")
    }

    /// The value of an option of the program.
    func programText(_ name: String) -> String? { values[Self.programKey(name)]?.last }
    /// The argument at a place.
    func argument(_ place: Int) -> String? { positional.indices.contains(place) ? positional[place] : nil }

    func int(_ name: String, in range: ClosedRange<Int>) throws(Failure) -> Int? {
        guard let text = text(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw .usage("--\(name) must be a number from \(range.lowerBound) to \(range.upperBound), not \(text).")
        }
        return number
    }

    /// A span of time such as `90s` or `1h30m`; a plain number counts seconds.
    func duration(_ name: String) throws(Failure) -> Duration? {
        guard let text = text(name) else { return nil }
        guard let duration = Self.duration(text) else {
            throw .usage("--\(name) must be a time such as 90s, 15m or 1h30m, not \(text).")
        }
        return duration
    }

    static func duration(_ text: String) -> Duration? {
        if let seconds = Double(text), (0...3.2e9).contains(seconds) {
            return .milliseconds(Int64((seconds * 1_000).rounded()))
        }
        guard let duration = RelativeDate.duration(text), duration <= .seconds(3_200_000_000) else { return nil }
        return duration
    }

    /// A date, which may be local (see ``LocalDates``).
    ///
    /// - Parameter zone: The zone of a local date if no option names one; `nil` for the system's.
    func date(_ name: String, now: Date, zone: String? = nil) throws(Failure) -> Date? {
        guard let text = text(name) else { return nil }
        return try LocalDates(self, else: zone).date(text, now: now, option: name)
    }

    /// A date for the API.
    func dateText(_ name: String, now: Date) throws(Failure) -> String? {
        try date(name, now: now).map { ISO8601.milliseconds($0) }
    }

    /// Pairs such as `team=billing` or `team:billing`.
    ///
    /// - Parameters:
    ///   - signs: What may stand between a name and its value.
    ///   - example: A pair, for the error.
    func pairs(
        _ name: String, by signs: Set<Character> = ["=", ":"], example: String = "team=billing"
    ) throws(Failure) -> [(name: String, value: String)] {
        var pairs: [(name: String, value: String)] = []
        for text in texts(name) {
            guard let sign = text.firstIndex(where: signs.contains), sign != text.startIndex else {
                throw .usage("--\(name) must be a name and a value, such as \(example), not \(text).")
            }
            pairs.append(
                (
                    String(text[..<sign]).trimmingCharacters(in: .whitespaces),
                    String(text[text.index(after: sign)...]).trimmingCharacters(in: .whitespaces)
                ))
        }
        return pairs
    }

    /// The text of an option, read from a file if it is `@FILE`, and from the standard input if it is `@-`.
    func content(_ name: String, _ console: Console) throws(Failure) -> String? {
        guard let text = text(name) else { return nil }
        guard text.hasPrefix("@") else { return text }
        return try console.readText(String(text.dropFirst()))
    }

    /// The JSON of an option, which may be in a file.
    func json(_ name: String, _ console: Console) throws(Failure) -> JSONValue? {
        guard let text = try content(name, console) else { return nil }
        do {
            return try JSONValue(parsing: text)
        } catch {
            throw .usage("--\(name) must be JSON: \(error.message).")
        }
    }
}
