import Foundation
import Rota

/// What a line of a crontab runs: the payload of its job.
struct CronCommand: HandlerPayload, Hashable {
    static let handlerName = "crond"
    var shell: String
    var script: String
    /// The text after the first `%`, with line breaks for the other ones.
    var input: String?
    var environment: [String: String]
}

/// A crontab of commands: lines `<cron> <command>`, settings `NAME=value`, and comments.
struct CommandTable {
    struct Line {
        let number: Int
        /// `nil` for `@reboot`: at each start of the daemon.
        let schedule: Schedule?
        let command: CronCommand
    }

    struct Problem: CustomStringConvertible {
        let number: Int
        let message: String
        var description: String { "line \(number): \(message)" }
    }

    private(set) var lines: [Line] = []
    private(set) var problems: [Problem] = []
    private(set) var notes: [Problem] = []
    private var environment: [String: String] = [:]
    private var zone: String

    /// Reads a text.
    ///
    /// Lines that are wrong are listed in `problems`.
    init(_ text: String, zone: String = TimeZone.current.identifier) {
        self.zone = zone
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let content = line.drop(while: \.isWhitespace)
            guard let first = content.first, first != "#" else { continue }
            do { try read(content, number: index + 1) } catch {
                problems.append(Problem(number: index + 1, message: "\(error)"))
            }
        }
    }

    /// Reads a file.
    init(file: String) throws {
        do { self.init(try String(contentsOfFile: file, encoding: .utf8)) } catch {
            throw Mistake("The crontab \(file) cannot be read. It must exist, and be text in UTF-8.")
        }
    }

    /// One job for each line, named by its command, so that a new schedule changes the job and keeps its history.
    func drafts() throws -> [JobDraft] {
        var copies: [String: Int] = [:]
        return try lines.map { line in
            let name = String(line.command.script.prefix(240))
            copies[name, default: 0] += 1
            let copy = copies[name, default: 1]
            return try JobDraft(
                line.command, name: copy == 1 ? name : "\(name) (\(copy))", schedule: line.schedule ?? .onDemand,
                retry: .none, misfire: .skip)
        }
    }

    private mutating func read(_ content: Substring, number: Int) throws {
        if let (name, value) = Self.setting(content) { return try set(name, to: value, number: number) }
        let isMacro = content.first == "@"
        let parts = content.split(maxSplits: isMacro ? 1 : 5, whereSeparator: \.isWhitespace)
        let words = parts.first == "@every" ? content.split(maxSplits: 2, whereSeparator: \.isWhitespace) : parts
        let count = parts.first == "@every" ? 2 : isMacro ? 1 : 5
        guard words.count > count else {
            throw Mistake("There is no command. Write \"<minute> <hour> <day> <month> <weekday> <command>\".")
        }
        let cron = words[..<count].joined(separator: " ")
        // Vixie cron has no @every.
        let dialect = count == 2 ? CronDialect.standard : .vixie
        let (script, input) = Self.command(words[count])
        guard !script.isEmpty else { throw Mistake("The command is empty. Write something before the %.") }
        lines.append(
            Line(
                number: number, schedule: cron == "@reboot" ? nil : try .cron(cron, in: zone, dialect: dialect),
                command: CronCommand(
                    shell: environment["SHELL"] ?? "/bin/sh", script: script, input: input, environment: environment)))
    }

    private mutating func set(_ name: String, to value: String, number: Int) throws {
        switch name {
        case "CRON_TZ":
            _ = try Schedule.cron("@daily", in: value)
            zone = value
        case "MAILTO", "MAILFROM":
            notes.append(Problem(number: number, message: "\(name) has no effect: the output is kept in the state."))
        default:
            guard name != "SHELL" || value.hasPrefix("/") else { throw Mistake("SHELL must be an absolute path.") }
            environment[name] = value
        }
    }

    private static func setting(_ line: Substring) -> (String, String)? {
        let name = line.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
        let rest = line[name.endIndex...].drop(while: \.isWhitespace)
        guard let first = name.first, !first.isNumber, rest.first == "=" else { return nil }
        var value = rest.dropFirst().trimmingCharacters(in: .whitespaces)
        if value.count >= 2, let quote = value.first, "\"'".contains(quote), value.last == quote {
            value = String(value.dropFirst().dropLast())
        }
        return (String(name), value)
    }

    /// Splits a command at its first percent sign.
    ///
    /// Further ones are line breaks of the input, and `\%` is a percent sign.
    private static func command(_ text: Substring) -> (script: String, input: String?) {
        var parts = [""]
        var isEscaped = false
        for character in text {
            if character == "%", !isEscaped {
                parts.append("")
            } else {
                if isEscaped, character != "%" { parts[parts.count - 1].append("\\") }
                if character != "\\" || isEscaped { parts[parts.count - 1].append(character) }
            }
            isEscaped = character == "\\" && !isEscaped
        }
        if isEscaped { parts[parts.count - 1].append("\\") }
        let script = parts[0].trimmingCharacters(in: .whitespaces)
        return (script, parts.count == 1 ? nil : parts.dropFirst().joined(separator: "\n") + "\n")
    }
}

/// A mistake in a line.
struct Mistake: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
