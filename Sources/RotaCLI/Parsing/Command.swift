import RotaAPI

/// The completions of a word on the command line.
enum Completion: Sendable, Hashable {
    case nothing
    case words([String])
    case files
    case folders
    case jobs
    case executions
    case zones
    /// The names of commands, for `help`.
    case commands
}

/// An option of a command, such as `--state STATE`.
struct CommandOption: Sendable {
    /// The name without its dashes.
    let name: String
    /// Other names, single letters among them.
    let aliases: [String]
    /// The name of its value in the help, or `nil` if it has none.
    let value: String?
    let help: String
    let isRepeatable: Bool
    let completion: Completion
    /// Whether the help leaves it out.
    var isHidden = false

    static func flag(_ name: String, _ aliases: String..., help: String) -> CommandOption {
        CommandOption(
            name: name, aliases: aliases, value: nil, help: help, isRepeatable: false, completion: .nothing)
    }

    static func value(
        _ name: String, _ aliases: String..., as value: String, repeats: Bool = false,
        _ completion: Completion = .nothing, help: String
    ) -> CommandOption {
        CommandOption(
            name: name, aliases: aliases, value: value, help: help, isRepeatable: repeats, completion: completion)
    }

    /// An option whose value is one of a few words.
    static func choice(_ name: String, _ aliases: String..., of words: [String], help: String) -> CommandOption {
        CommandOption(
            name: name, aliases: aliases, value: words.joined(separator: "|"), help: help, isRepeatable: false,
            completion: .words(words))
    }

    /// The words that a value must be one of.
    var choices: [String]? { if case .words(let words) = completion, value != nil { words } else { nil } }

    /// Its names with their dashes, single letters first.
    var spellings: [String] {
        ([name] + aliases).sorted { ($0.count == 1 ? 0 : 1) < ($1.count == 1 ? 0 : 1) }
            .map { $0.count == 1 ? "-" + $0 : "--" + $0 }
    }
}

/// An argument of a command, such as `ID`.
struct CommandArgument: Sendable {
    let name: String
    let help: String
    var isOptional = false
    var isRepeatable = false
    var completion = Completion.nothing

    init(
        _ name: String, help: String, optional isOptional: Bool = false, repeats isRepeatable: Bool = false,
        _ completion: Completion = .nothing
    ) {
        self.name = name
        self.help = help
        self.isOptional = isOptional
        self.isRepeatable = isRepeatable
        self.completion = completion
    }

    /// The argument in a usage line.
    var usage: String {
        let name = isRepeatable ? name + "…" : name
        return isOptional ? "[\(name)]" : name
    }
}

/// A command or a group of them: the tree from which parsing, help and completion follow.
struct Command: Sendable {
    typealias Action = @Sendable (Arguments, Console) async throws -> ExitCode

    let name: String
    let summary: String
    /// More for the help: examples and what is not obvious.
    var details: String?
    var aliases: [String] = []
    var options: [CommandOption] = []
    var arguments: [CommandArgument] = []
    var subcommands: [Command] = []
    var isHidden = false
    /// Whether all words after the command are arguments, options too.
    var takesEverything = false
    var action: Action?

    /// A group of commands.
    init(_ name: String, _ summary: String, details: String? = nil, aliases: [String] = [], _ subcommands: [Command]) {
        self.name = name
        self.summary = summary
        self.details = details
        self.aliases = aliases
        self.subcommands = subcommands
    }

    /// A command.
    init(
        _ name: String, _ summary: String, details: String? = nil, arguments: [CommandArgument] = [],
        options: [CommandOption] = [], action: @escaping Action
    ) {
        self.name = name
        self.summary = summary
        self.details = details
        self.arguments = arguments
        self.options = options
        self.action = action
    }

    /// The subcommand of a name.
    func subcommand(_ name: String) -> Command? {
        subcommands.first { $0.name == name || $0.aliases.contains(name) }
    }

    func option(_ spelling: String) -> CommandOption? { options.first { $0.spellings.contains(spelling) } }
}
