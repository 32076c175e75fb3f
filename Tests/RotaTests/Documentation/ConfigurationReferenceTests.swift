import Foundation
import RotaHTTP
import Testing

@testable import Rota

/// The table of settings in the guide "Configuration reference", compared with the code.
@Suite struct ConfigurationReferenceTests {
    /// A row of the table: a setting, and the text of its other columns.
    struct Row: Equatable {
        let member: String
        let defaultValue: String
        let range: String
        let reason: String
    }

    /// The members of a configuration, in order, with the defaults as the table writes them.
    ///
    /// Units of numbers are the words after the number, which a table may choose.
    static func defaults() throws -> [(member: String, text: String)] {
        try Mirror(reflecting: SchedulerConfiguration()).children.map { child in
            (try #require(child.label), try #require(text(of: child.value), "\(child.label ?? ""): unknown type"))
        }
    }

    private static func text(of value: Any) -> String? {
        switch value {
        case let text as String: "`\"\(text)\"`"
        case let number as Int: grouped(number)
        case let duration as Duration where duration.components.attoseconds == 0:
            "\(grouped(Int(duration.components.seconds))) seconds"
        case let names as Set<String>: names.sorted().map { "`\($0)`" }.joined(separator: ", ")
        case let signature as WebhookSignature where signature == .standard: "`standard`"
        case let secret as SecretValue? where secret == nil: "`nil`"
        default: nil
        }
    }

    /// A number with commas between thousands.
    private static func grouped(_ number: Int) -> String {
        var (digits, groups) = (String(number), [String]())
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        return ([digits] + groups).joined(separator: ",")
    }

    /// Reads the rows whose first column links to a member of the configuration.
    static func rows(in page: String) -> [Row] {
        page.split(separator: "\n").compactMap { line in
            let cells = line.split(separator: "|", omittingEmptySubsequences: false)
                .map { $0.trimmingCharacters(in: .whitespaces) }
            let prefix = "``SchedulerConfiguration/"
            guard cells.count == 6, cells[1].hasPrefix(prefix), cells[1].hasSuffix("``") else { return nil }
            return Row(
                member: String(cells[1].dropFirst(prefix.count).dropLast(2)), defaultValue: cells[2], range: cells[3],
                reason: cells[4])
        }
    }

    /// The guide in the source tree of this test.
    static func page() throws -> String {
        let root = (0..<4).reduce(URL(filePath: #filePath)) { path, _ in path.deletingLastPathComponent() }
        return try String(
            contentsOf: root.appending(path: "Sources/Rota/Rota.docc/ConfigurationReference.md"), encoding: .utf8)
    }

    /// Says how a page differs from the code, in words.
    static func differences(of page: String) throws -> [String] {
        let (rows, defaults) = (rows(in: page), try defaults())
        var found: [String] = []
        for (member, text) in defaults {
            let matches = rows.filter { $0.member == member }
            guard matches.count == 1, let row = matches.first else {
                found.append("\(member) has \(matches.count) rows")
                continue
            }
            if row.defaultValue != text && !row.defaultValue.hasPrefix(text + " ") {
                found.append("\(member): \(row.defaultValue) instead of \(text)")
            }
            if row.range.isEmpty || row.reason.isEmpty { found.append("\(member) has an empty column") }
        }
        let known = Set(defaults.map(\.member))
        return found + rows.filter { !known.contains($0.member) }.map { "\($0.member) is no setting" }
    }

    @Test("The guide lists every setting of a scheduler once, with the default of the code")
    func table() throws {
        #expect(try Self.differences(of: Self.page()) == [])
    }

    @Test("A wrong default, a missing setting and an unknown one are found")
    func mistakes() throws {
        let page = try Self.page()
        let wrong = page.replacing("64 executions", with: "640 executions")
        #expect(try Self.differences(of: wrong) == ["maximumConcurrency: 640 executions instead of 64"])
        let renamed = page.replacing("``SchedulerConfiguration/batchSize``", with: "``SchedulerConfiguration/batch``")
        #expect(try Self.differences(of: renamed) == ["batchSize has 0 rows", "batch is no setting"])
        let seconds = page.replacing(
            "idempotencyLifetime`` | 86,400 seconds |", with: "idempotencyLifetime`` | 86,401 seconds |")
        #expect(
            try Self.differences(of: seconds) == ["idempotencyLifetime: 86,401 seconds instead of 86,400 seconds"])
    }
}
