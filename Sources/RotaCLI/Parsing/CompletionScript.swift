/// Completes words on the command line, in every shell by the same rules: those of the command tree.
enum CompletionScript {
    static let shells = ["bash", "zsh", "fish"]

    /// The script that connects a shell with the hidden command `__complete`.
    static func text(for shell: String) -> String {
        switch shell {
        case "bash":
            #"""
            # Put this into ~/.bashrc:  source <(rota completion bash)
            _rota() {
                local line
                COMPREPLY=()
                while IFS= read -r line; do COMPREPLY+=("${line%%$'\t'*}"); done < <(
                    "${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
                if [ "${COMPREPLY[0]}" = "__files__" ]; then
                    COMPREPLY=($(compgen -f -- "${COMP_WORDS[COMP_CWORD]}"))
                fi
            }
            complete -o bashdefault -F _rota rota

            """#
        case "zsh":
            #"""
            #compdef rota
            # Put this into a folder of $fpath as _rota:  rota completion zsh > ~/.zfunc/_rota
            _rota() {
                local -a lines
                lines=("${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
                if [[ "${lines[1]}" == __files__ ]]; then _files; return; fi
                lines=("${(@)lines//:/\\:}")
                lines=("${(@)lines//$'\t'/:}")
                _describe rota lines
            }
            if [ "$funcstack[1]" = _rota ]; then _rota "$@"; else compdef _rota rota; fi

            """#
        default:
            #"""
            # Put this into ~/.config/fish/completions/rota.fish:  rota completion fish > ~/.config/fish/completions/rota.fish
            function __rota_complete
                set -l words (commandline -opc) (commandline -ct)
                set -l lines (rota __complete $words[2..-1] 2>/dev/null)
                if test "$lines[1]" = __files__
                    __fish_complete_path (commandline -ct)
                else
                    printf '%s\n' $lines
                end
            end
            complete -c rota -f -a '(__rota_complete)'

            """#
        }
    }

    /// The words that the last of some words can become: a completion, the words with a remark, and what narrows them.
    struct Question {
        var completion: Completion
        /// Words of the command tree with their remarks.
        var words: [(word: String, remark: String)] = []
        /// The part of the last word that has been typed.
        var beginning: String
    }

    /// Finds what the last word may be.
    static func question(_ words: [String], in root: Command) -> Question {
        var path = [root]
        var place = 0
        var rest = words.dropLast()[...]
        let last = words.last ?? ""
        var pending: CommandOption?
        while let word = rest.popFirst() {
            let command = path[path.count - 1]
            if pending != nil {
                pending = nil
            } else if word.hasPrefix("-") {
                let option = path.reversed().lazy.compactMap { $0.option(word) }.first
                pending = option?.value == nil ? nil : option
            } else if let next = command.subcommand(word) {
                path.append(next)
            } else {
                place += 1
            }
        }
        if let pending { return Question(completion: pending.completion, beginning: last) }
        let command = path[path.count - 1]
        if last.hasPrefix("-") {
            let options = path.reversed().flatMap(\.options).filter { !$0.isHidden }
            return Question(
                completion: .nothing, words: options.map { ("--" + $0.name, $0.help) } + [("--help", "Show help")],
                beginning: last)
        }
        if !command.subcommands.isEmpty {
            let commands = command.subcommands.filter { !$0.isHidden }
            return Question(completion: .nothing, words: commands.map { ($0.name, $0.summary) }, beginning: last)
        }
        let argument =
            command.arguments.indices.contains(place)
            ? command.arguments[place] : command.arguments.last.flatMap { $0.isRepeatable ? $0 : nil }
        return Question(completion: argument?.completion ?? .nothing, beginning: last)
    }
}
