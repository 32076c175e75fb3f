import Foundation
import Rota
import RotaCore
import RotaHTTP
import RotaSchedule

/// `rota lint`: what is wrong or suspicious in the expressions of a crontab.
enum LintCommand {
    /// Something found in a line.
    struct Finding: Sendable, Hashable {
        var line: Int
        /// Where it begins, counted in characters from 1.
        var column: Int
        var width: Int
        var isError: Bool
        var code: String
        var message: String
        var text: String
    }

    static let command = Command(
        "lint", "Find mistakes and pitfalls in a crontab",
        details: """
            Each line is a cron expression, perhaps followed by a command or a URL; CRON_TZ sets the time zone of those
            after it. Mistakes make the command exit with 1. So do warnings with --strict: expressions that probably mean
            something else, times that a change of the clocks skips, and dates that never come; and so does a file
            without expressions.
            """,
        arguments: [CommandArgument("FILE", help: "The file, or - for the standard input", .files)],
        options: [
            .flag("strict", help: "Exit with 1 for warnings too"),
            .flag("urls", help: "Find what \"crontab import\" refuses too, such as a line without a URL"),
            .value("zone", as: "ZONE", .zones, help: "The time zone before any CRON_TZ; UTC by default"),
            .choice("dialect", of: ScheduleCommands.dialects, help: "How expressions are read; standard by default"),
        ]
    ) { arguments, console in
        let file = arguments.argument(0) ?? ""
        let zone = arguments.text("zone") ?? "UTC"
        guard TimeZoneDatabase.system.contains(zone) else {
            throw Failure.usage("--zone: there is no time zone \"\(zone)\". See \"rota zones\".")
        }
        let (text, dialect) = (try console.readText(file), ScheduleCommands.dialect(arguments))
        var findings = findings(in: text, zone: zone, dialect: dialect, now: console.now())
        if arguments.has("urls") {
            let known = Set(findings.filter(\.isError).map(\.line))
            findings += refusals(of: text, zone: zone).filter { !known.contains($0.line) }
            findings.sort { ($0.line, $0.column) < ($1.line, $1.column) }
        }
        let printer = try Printer(arguments, console)
        let name = file == "-" ? "stdin" : file
        print(findings, name, printer)
        let errors = findings.filter(\.isError).count
        let isEmpty = !text.split(whereSeparator: \.isNewline).contains { isExpression($0) }
        if isEmpty { console.writeError("\(name): there are no expressions in it.\n") }
        let isBad = errors > 0 || arguments.has("strict") && (isEmpty || !findings.isEmpty)
        printer.remark(
            "\(name): \(Printer.count(errors, "error")), \(Printer.count(findings.count - errors, "warning"))")
        return isBad ? .failed : .done
    }

    /// Whether a line is neither blank nor a comment nor a setting.
    private static func isExpression(_ line: Substring) -> Bool {
        let content = line.drop { $0.isWhitespace || $0 == "\u{FEFF}" }
        return content.first.map { $0 != "#" } == true && setting(content) == nil
    }

    /// Finds the lines that cannot be imported as jobs.
    private static func refusals(of text: String, zone: String) -> [Finding] {
        Crontab(validLinesOf: text, in: zone).problems.map { problem in
            Finding(
                line: problem.line, column: 1, width: max(1, problem.text.count), isError: true, code: "crontab",
                message: problem.message, text: problem.text)
        }
    }

    /// Finds what is wrong with the lines of a text.
    static func findings(in text: String, zone: String, dialect: CronDialect, now: Date) -> [Finding] {
        var (zone, found) = (zone, [Finding]())
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let number = index + 1
            let content = line.drop { $0.isWhitespace || $0 == "\u{FEFF}" }
            guard let first = content.first, first != "#" else { continue }
            if let setting = setting(content) {
                guard setting.name == "CRON_TZ" || setting.name == "TZ" else { continue }
                if TimeZoneDatabase.system.contains(setting.value) {
                    zone = setting.value
                } else {
                    let place = line.distance(from: line.startIndex, to: content.startIndex)
                    let meant = Spelling.meant(by: setting.value, among: ScheduleCommands.zoneNames)
                    found.append(
                        Finding(
                            line: number, column: place + 1, width: content.count, isError: true, code: "timeZone",
                            message: "there is no time zone \"\(setting.value)\""
                                + (meant.map { "; did you mean \($0)?" } ?? ""), text: String(line)))
                }
                continue
            }
            let expression = expression(content, dialect)
            let place = line.distance(from: line.startIndex, to: content.startIndex)
            found += findings(in: expression, zone, dialect, now).map { finding in
                var finding = finding
                (finding.line, finding.column, finding.text) = (number, finding.column + place, String(line))
                return finding
            }
        }
        return found
    }

    private static func findings(
        in expression: String, _ zone: String, _ dialect: CronDialect, _ now: Date
    ) -> [Finding] {
        // It has no date, and begins with the daemon.
        guard expression != "@reboot" else { return [] }
        func finding(_ range: Range<String.Index>?, _ text: String, _ isError: Bool, _ code: String, _ message: String)
            -> Finding
        {
            let column = range.map { text.distance(from: text.startIndex, to: $0.lowerBound) } ?? 0
            let width = range.map { max(1, text[$0].count) } ?? text.count
            return Finding(
                line: 0, column: column + 1, width: width, isError: isError, code: code, message: message, text: "")
        }
        do {
            let schedule = try Schedule.cron(expression, in: zone, dialect: dialect)
            var found = schedule.warnings(from: now).map {
                finding($0.range, expression, false, "\($0.code)", $0.description)
            }
            if schedule.anchored(at: now).next(after: now) == nil {
                found.append(finding(nil, expression, false, "neverFires", "it never fires again"))
            }
            return found
        } catch {
            return [
                finding(
                    error.syntax?.range, error.syntax?.text ?? expression, true,
                    error.syntax.map { "\($0.code)" } ?? "\(error.code)", error.message)
            ]
        }
    }

    /// The beginning of a line that is its expression, with single blanks kept as they are.
    private static func expression(_ line: Substring, _ dialect: CronDialect) -> String {
        // A short line ends in its URL or path, which is no field.
        let words = line.split(whereSeparator: \.isWhitespace).prefix { !$0.contains("://") && !$0.hasPrefix("/") }
        var count =
            words.first?.lowercased() == "@every" ? 2 : words.first?.first == "@" ? 1 : dialect == .quartz ? 6 : 5
        // Seconds in front or a year behind make more fields, and no command looks like one.
        while words.first?.first != "@", count < 7, words.indices.contains(count), isField(words[count]) { count += 1 }
        guard let last = words.prefix(count).last else { return String(line) }
        return String(line[..<last.endIndex])
    }

    /// Whether a word is a field of an expression by its looks: `*`, `*/5`, `?`, `2026-2030`.
    private static func isField(_ word: Substring) -> Bool {
        word.allSatisfy { ($0.isASCII && $0.isNumber) || "*/,-?#LW".contains($0) }
    }

    private static func setting(_ line: Substring) -> (name: String, value: String)? {
        let name = line.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
        let rest = line[name.endIndex...].drop(while: \.isWhitespace)
        guard let first = name.first, !first.isNumber, rest.first == "=" else { return nil }
        let value = rest.dropFirst().trimmingCharacters(in: CharacterSet(charactersIn: "\"' \t"))
        return (String(name), value)
    }

    private static func print(_ findings: [Finding], _ file: String, _ printer: Printer) {
        switch printer.format {
        case .json, .jsonl, .ids:
            let items = findings.map { finding -> JSONValue in
                [
                    "file": .string(file), "line": .int(finding.line), "column": .int(finding.column),
                    "severity": finding.isError ? "error" : "warning", "code": .string(finding.code),
                    "message": .string(finding.message),
                ]
            }
            printer.list(items, columns: [], nothing: "", id: "code")
        case .github:
            for finding in findings {
                func escape(_ text: String) -> String {
                    text.replacing("%", with: "%25").replacing("\r", with: "%0D").replacing("\n", with: "%0A")
                }
                let place =
                    "file=\(escape(file).replacing(",", with: "%2C")),line=\(finding.line),col=\(finding.column)"
                printer.line(
                    "::\(finding.isError ? "error" : "warning") \(place),title=\(finding.code)::"
                        + SafeText.line(escape(finding.message)))
            }
        case .table, .wide:
            for finding in findings {
                let severity = finding.isError ? "error" : "warning"
                let shown = printer.isColored ? Table.colored(severity, finding.isError ? .bad : .busy) : severity
                printer.line(
                    SafeText.line("\(file):\(finding.line):\(finding.column): ") + shown + ": "
                        + SafeText.line(finding.message) + " [\(finding.code)]")
                let before = SafeText.width(SafeText.line(String(finding.text.prefix(finding.column - 1))))
                printer.line("  " + SafeText.line(finding.text))
                printer.line(
                    "  " + String(repeating: " ", count: before) + String(repeating: "^", count: finding.width))
            }
        }
    }
}
