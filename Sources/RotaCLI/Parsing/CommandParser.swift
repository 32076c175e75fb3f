import RotaCore

/// Finds the command that a command line means, and its arguments.
struct CommandParser {
    /// The meaning of a command line.
    enum Outcome {
        case run(Command, Arguments)
        /// Help about the command at a path.
        case help(path: [Command])
    }

    let root: Command

    /// Parses the words after the program's name.
    ///
    /// Options of a command may stand anywhere after it, those of the program anywhere. A command's option hides one of
    /// the program with the same name, but not in front of the command.
    func parse(_ words: [String]) throws(Failure) -> Outcome {
        var path = [root]
        var found = Arguments()
        var rest = words[...]
        var isLiteral = false
        while let word = rest.popFirst() {
            let command = path[path.count - 1]
            if command.takesEverything {
                found.positional.append(word)
            } else if !isLiteral, word == "--" {
                isLiteral = true
            } else if !isLiteral, word.count > 1, word.hasPrefix("-"), !Self.isNumber(word) {
                if word == "--help" || word == "-h" { return .help(path: path) }
                try take(option: word, of: path, &rest, &found)
            } else if command.subcommands.isEmpty {
                found.positional.append(word)
            } else {
                guard let next = command.subcommand(word) else { throw unknown(word, in: path) }
                path.append(next)
            }
        }
        let command = path[path.count - 1]
        guard command.action != nil else {
            if path.count == 1, words.isEmpty { return .help(path: path) }
            let names = command.subcommands.filter { !$0.isHidden }.map(\.name).joined(separator: ", ")
            throw .usage("\(Help.title(path)) needs a command: \(names).")
        }
        try check(found.positional, of: path)
        found.path = path.map(\.name)
        return .run(command, found)
    }

    private static func isNumber(_ word: String) -> Bool {
        word.dropFirst().first.map { $0.isASCII && $0.isNumber } ?? false
    }

    private func take(
        option word: String, of path: [Command], _ rest: inout ArraySlice<String>, _ found: inout Arguments
    ) throws(Failure) {
        let isLong = word.hasPrefix("--")
        var name = word
        var value: String?
        if isLong, let sign = word.firstIndex(of: "=") {
            name = String(word[..<sign])
            value = String(word[word.index(after: sign)...])
        } else if !isLong, word.count > 2 {
            // -ojson
            name = String(word.prefix(2))
            value = String(word.dropFirst(2))
        }
        // The innermost command that knows it.
        guard
            let (depth, option) = path.indices.reversed().lazy.compactMap({ depth in
                path[depth].option(name).map { (depth, $0) }
            }).first
        else { throw unknownOption(name, in: path) }
        let key = depth == 0 ? Arguments.programKey(option.name) : option.name
        guard option.value != nil else {
            guard value == nil else { throw .usage("\(name) takes no value.") }
            found.flags.insert(key)
            return
        }
        guard let text = value ?? rest.popFirst() else {
            throw .usage("\(name) needs a value: \(name) \(option.value ?? "").")
        }
        if let choices = option.choices, !choices.contains(text) {
            let meant = Spelling.meant(by: text, among: choices).map { " Did you mean \($0)?" } ?? ""
            throw .usage("\(name) must be one of \(choices.joined(separator: ", ")), not \(text).\(meant)")
        }
        if !option.isRepeatable, found.values[key] != nil { throw .usage("\(name) is given twice.") }
        found.values[key, default: []].append(text)
    }

    private func unknown(_ word: String, in path: [Command]) -> Failure {
        let command = path[path.count - 1]
        let names = command.subcommands.filter { !$0.isHidden }.flatMap { [$0.name] + $0.aliases }
        var message = "\(Help.title(path)) has no command \"\(word)\"."
        if path.count == 1,
            let group = root.subcommands.first(where: { group in group.subcommands.contains { $0.name == word } })
        {
            message += " Did you mean \"\(root.name) \(group.name) \(word)\"?"
        } else if let meant = Spelling.meant(by: word, among: names) {
            message += " Did you mean \"\(Help.title(path)) \(meant)\"?"
        } else {
            message += " There are: \(names.joined(separator: ", "))."
        }
        return .usage(message)
    }

    private func unknownOption(_ name: String, in path: [Command]) -> Failure {
        let names = path.flatMap(\.options).filter { !$0.isHidden }.flatMap(\.spellings).filter { $0.hasPrefix("--") }
        let meant = Spelling.meant(by: name, among: names).map { " Did you mean \($0)?" }
        return .usage(
            "\(Help.title(path)) has no option \(name).\(meant ?? " See \(Help.title(path)) --help.")")
    }

    private func check(_ positional: [String], of path: [Command]) throws(Failure) {
        let command = path[path.count - 1]
        guard !command.takesEverything else { return }
        let needed = command.arguments.filter { !$0.isOptional }
        if positional.count < needed.count {
            throw .usage("\(needed[positional.count].name) is missing. Usage: \(Help.usage(path))")
        }
        // An unset variable of a script, most likely.
        if let place = positional.firstIndex(of: ""), let last = command.arguments.indices.last {
            throw .usage("\(command.arguments[min(place, last)].name) is empty. Usage: \(Help.usage(path))")
        }
        guard positional.count > command.arguments.count, command.arguments.last?.isRepeatable != true else { return }
        throw .usage("\"\(positional[command.arguments.count])\" is one word too many. Usage: \(Help.usage(path))")
    }
}
