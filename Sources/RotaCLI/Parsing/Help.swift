/// Writes the help of commands from their tree.
enum Help {
    /// A command with those above it, such as `rota jobs list`.
    static func title(_ path: [Command]) -> String { path.map(\.name).joined(separator: " ") }

    /// The usage of a command on one line.
    static func usage(_ path: [Command]) -> String {
        guard let command = path.last else { return "" }
        var words = [title(path)]
        if command.subcommands.isEmpty {
            words += command.arguments.map(\.usage)
            if command.options.contains(where: { !$0.isHidden }) { words.append("[OPTIONS]") }
        } else {
            words.append("COMMAND")
        }
        return words.joined(separator: " ")
    }

    static func text(_ path: [Command]) -> String {
        guard let command = path.last, let root = path.first else { return "" }
        var lines = [command.summary + ".", "", "Usage: " + usage(path)]
        func section(_ title: String, _ rows: [(String, String)]) {
            guard !rows.isEmpty else { return }
            let width = min(34, rows.map { $0.0.count }.max() ?? 0)
            lines += ["", title + ":"]
            for (name, help) in rows {
                let padding = String(repeating: " ", count: max(0, width - name.count))
                lines +=
                    name.count > width
                    ? ["  " + name, "  " + String(repeating: " ", count: width) + "  " + help]
                    : ["  " + name + padding + "  " + help]
            }
        }
        section("Commands", command.subcommands.filter { !$0.isHidden }.map { ($0.name, $0.summary) })
        section("Arguments", command.arguments.map { ($0.name, $0.help) })
        section("Options", command.options.filter { !$0.isHidden }.map(row))
        if path.count > 1, command.action != nil {
            section("Options of all commands", root.options.filter { !$0.isHidden }.map(row))
        }
        if let details = command.details { lines += ["", details] }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func row(_ option: CommandOption) -> (String, String) {
        let names = option.spellings.filter { $0.count == 2 } + ["--" + option.name]
        return (names.joined(separator: ", ") + (option.value.map { " " + $0 } ?? ""), option.help)
    }
}
