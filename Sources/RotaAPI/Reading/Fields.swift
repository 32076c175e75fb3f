import Foundation
import RotaCore
import RotaHTTP
import RotaSchedule

/// Reads the members of a JSON object, and says where and why one is wrong.
///
/// A member that is null counts as absent, except for ``isNull(_:)``. If a name is given several times, the last
/// counts.
struct Fields: Sendable, Hashable {
    private let members: [String: JSONValue]
    /// Where the object is in the body, such as `request`; empty for the body itself.
    let path: String

    init(_ value: JSONValue, path: String = "") throws(APIError) {
        guard case .object(let members) = value else {
            throw .invalid(path, path.isEmpty ? "The body must be a JSON object." : "\(path) must be an object.")
        }
        self.members = Dictionary(members.map { ($0.name, $0.value) }) { $1 }
        self.path = path
    }

    var names: [String] { members.keys.sorted() }
    var isEmpty: Bool { members.isEmpty }

    /// The members as one object again.
    var value: JSONValue { .object(members.sorted { $0.key < $1.key }.map { .init($0.key, $0.value) }) }

    func has(_ name: String) -> Bool { members[name] != nil }
    func isNull(_ name: String) -> Bool { members[name] == .null }

    /// The first of several spellings that is present and not null, with the name it was found under.
    private func find(_ names: [String]) -> (name: String, value: JSONValue)? {
        for name in names {
            if let value = members[name], value != .null { return (name, value) }
        }
        return nil
    }

    func fail(_ name: String, _ message: String) -> APIError {
        .invalid(place(name), message)
    }

    func place(_ name: String) -> String { path.isEmpty ? name : path + "." + name }

    func json(_ names: String...) -> JSONValue? { find(names)?.value }

    /// - Parameter length: The number of characters that are allowed, as Unicode scalars.
    func text(_ names: String..., length: ClosedRange<Int> = 0...8_192) throws(APIError) -> String? {
        try text(names, length)
    }

    private func text(_ names: [String], _ length: ClosedRange<Int>) throws(APIError) -> String? {
        guard let (name, value) = find(names) else { return nil }
        guard case .string(let text) = value else { throw fail(name, "\(place(name)) must be a text.") }
        let count = text.unicodeScalars.count
        guard length.contains(count) else {
            throw fail(
                name,
                "\(place(name)) must have \(length.lowerBound) to \(length.upperBound) characters, not \(count).")
        }
        return text
    }

    /// A text that must be given, and must not be blank.
    func required(_ names: String..., length: ClosedRange<Int> = 1...8_192) throws(APIError) -> String {
        guard let text = try text(names, 0...max(8_192, length.upperBound)), !text.allSatisfy(\.isWhitespace) else {
            throw fail(names[0], "\(place(names[0])) is required.")
        }
        guard length.contains(text.unicodeScalars.count) else {
            throw fail(names[0], "\(place(names[0])) must have at most \(length.upperBound) characters.")
        }
        return text
    }

    func int(_ names: String..., in range: ClosedRange<Int>) throws(APIError) -> Int? {
        guard let (name, value) = find(names) else { return nil }
        guard case .number(let number) = value, let whole = number.whole, range.contains(whole) else {
            throw fail(name, "\(place(name)) must be a whole number from \(range.lowerBound) to \(range.upperBound).")
        }
        return whole
    }

    func number(_ names: String..., in range: ClosedRange<Double>) throws(APIError) -> Double? {
        guard let (name, value) = find(names) else { return nil }
        guard case .number(let number) = value, range.contains(number.double) else {
            throw fail(name, "\(place(name)) must be a number from \(range.lowerBound) to \(range.upperBound).")
        }
        return number.double
    }

    func bool(_ names: String...) throws(APIError) -> Bool? {
        guard let (name, value) = find(names) else { return nil }
        guard case .bool(let bool) = value else { throw fail(name, "\(place(name)) must be true or false.") }
        return bool
    }

    /// A date in ISO 8601 with its offset from UTC.
    func date(_ names: String...) throws(APIError) -> Date? {
        guard let (name, value) = find(names) else { return nil }
        guard case .string(let text) = value, let date = ISO8601.parse(text) else {
            throw fail(name, "\(place(name)) must be a date such as 2026-03-15T10:00:00Z.")
        }
        return date
    }

    func object(_ names: String...) throws(APIError) -> Fields? {
        guard let (name, value) = find(names) else { return nil }
        return try Fields(value, path: place(name))
    }

    func array(_ names: String..., count: ClosedRange<Int> = 0...1_000) throws(APIError) -> [JSONValue]? {
        guard let (name, value) = find(names) else { return nil }
        guard case .array(let elements) = value else { throw fail(name, "\(place(name)) must be an array.") }
        guard count.contains(elements.count) else {
            throw fail(
                name,
                "\(place(name)) must have \(count.lowerBound) to \(count.upperBound) elements, "
                    + "not \(elements.count).")
        }
        return elements
    }

    func ints(_ names: String..., in range: ClosedRange<Int>, count: ClosedRange<Int>) throws(APIError) -> [Int]? {
        guard let (name, value) = find(names) else { return nil }
        let wrong = fail(
            name, "\(place(name)) must be an array of whole numbers from \(range.lowerBound) to \(range.upperBound).")
        guard case .array(let elements) = value, count.contains(elements.count) else { throw wrong }
        var numbers: [Int] = []
        for element in elements {
            guard case .number(let number) = element, let whole = number.whole, range.contains(whole) else {
                throw wrong
            }
            numbers.append(whole)
        }
        return numbers
    }

    /// An object whose members are all texts.
    func texts(_ names: String...) throws(APIError) -> [String: String]? {
        guard let (name, value) = find(names) else { return nil }
        guard case .object(let members) = value else { throw fail(name, "\(place(name)) must be an object of texts.") }
        var texts: [String: String] = [:]
        for member in members {
            guard case .string(let text) = member.value else {
                throw fail(name + "." + member.name, "\(place(name)).\(member.name) must be a text.")
            }
            texts[member.name] = text
        }
        return texts
    }

    /// Refuses members that nothing reads, so that a misspelled one is not lost in silence.
    func refuseOthers(than known: Set<String>) throws(APIError) {
        guard let name = names.first(where: { !known.contains($0) })?.prefix(scalars: 64) else { return }
        let meant = Spelling.meant(by: name, among: known).map { " Did you mean \($0)?" } ?? ""
        let all = known.isEmpty ? " There are none." : " There are \(known.sorted().joined(separator: ", "))."
        throw fail(name, "Unknown field \(place(name)).\(meant)\(all)")
    }
}

extension JSONValue.Number {
    /// The number as an integer, if it is whole: 5, 5.0 and 5e0 are.
    var whole: Int? { int64.flatMap { Int(exactly: $0) } ?? Int(exactly: double) }
}

extension Fields {
    /// A cron expression on the wall clock of a zone.
    ///
    /// - Parameter name: The member that holds the expression; the zone is in `timezone`.
    func schedule(
        _ cron: String, in zone: String, dialect: CronDialect = .standard, named name: String
    ) throws(APIError) -> Schedule {
        do {
            return try Schedule.cron(cron, in: zone, dialect: dialect)
        } catch {
            throw fail(error.code == .timeZone ? "timezone" : name, error.description)
        }
    }
}

extension Array where Element: Hashable {
    /// The elements, each once, where it comes first.
    var withoutRepeats: [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}
