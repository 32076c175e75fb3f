import Foundation
import RotaTesting
import Testing

@testable import RotaCLI

@Suite("Command lines")
struct CommandParserTests {
    @Test(
        "A mistyped command or option is answered with the nearest one, and exit code 2",
        arguments: [
            (["jobz"], "Did you mean \"rota jobs\"?"), (["jobs", "lst"], "Did you mean \"rota jobs list\"?"),
            (["list"], "Did you mean \"rota jobs list\"?"), (["pause", "x"], "Did you mean \"rota jobs pause\"?"),
            (["jobs", "list", "--serch", "x"], "Did you mean --search?"),
            (["jobs", "list", "--sort", "nme"], "Did you mean name?"),
            (["jobs", "frobnicate"], "There are: list, get, create"), (["jobs"], "rota jobs needs a command: list,"),
            (["jobs", "get"], "JOB is missing. Usage: rota jobs get JOB"),
            (["jobs", "get", "a", "b"], "\"b\" is one word too many"),
            (["jobs", "list", "--limit"], "--limit needs a value"),
            (["jobs", "list", "--limit", "x"], "--limit must be a number from 1 to"),
            (["jobs", "list", "--limit=0"], "--limit must be a number from 1 to"),
            (["jobs", "list", "--all=yes"], "--all takes no value"),
            (["jobs", "list", "--search", "a", "--search", "b"], "--search is given twice"),
            (["jobs", "list", "-o", "xml"], "must be one of table, wide, json, jsonl, ids, github"),
            (["jobs", "list", "--zone", "Europe/Berln"], "there is no time zone"),
            (["jobs", "run", "x", "--at", "tomorrow"], "--at must be a date such as"),
            (["jobs", "run", "x", "--timeout", "soon", "--wait"], "--timeout must be a time such as 90s"),
            (["jobs", "list", "--tag", "team"], "--tag must be a name and a value"),
            (["jobs", "create", "--name", "x"], "--url is missing"),
            (["jobs", "create", "--url", "http://x.example/"], "--name is missing"),
            (["jobs", "create", "--name", "x", "--url", "http://x.example/"], "A schedule is missing"),
            (
                ["jobs", "create", "--name", "x", "--every", "1h", "--cron", "* * * * *"],
                "one of --cron, --every and --at"
            ),
            (["jobs", "create", "--name", "x", "--kind", "crn"], "Did you mean cron?"),
            (["jobs", "create", "--kind", "cron", "--every", "1h"], "contradict each other"),
            (["jobs", "create", "--kind", "cron"], "--kind cron needs --cron"),
            (["jobs", "pause"], "Name a job, or give a filter"),
            (["jobs", "versions", "x", "--diff", "1"], "--diff must be two versions"),
            (["completion", "tcsh"], "SHELL must be bash, zsh or fish"),
        ])
    func mistakes(_ words: [String], _ message: String) async throws {
        let bench = CLIBench()
        _ = try await bench.job("x")
        let result = await bench.run(words)
        #expect(result.exit == .usage, "\(result.errors)")
        #expect(result.errors.contains(message), "\(result.errors)")
        #expect(result.output == "")
    }

    @Test("Options may stand before and after arguments, with = or a blank, short or long")
    func options() throws {
        let parser = CommandParser(root: RotaProgram().root)
        func parsed(_ words: String...) throws -> Arguments {
            guard case .run(_, let arguments) = try parser.parse(words) else { throw Failure.usage("help") }
            return arguments
        }
        let list = try parsed("-ojson", "jobs", "list", "--search=a b", "-n", "5", "--tag", "a=b", "--tag=c:d", "--all")
        #expect(list.programText("output") == "json" && list.text("search") == "a b" && list.has("all"))
        #expect(try list.int("limit", in: 1...9) == 5)
        #expect(try list.pairs("tag").map { $0.name + $0.value } == ["ab", "cd"])
        // A command's option hides the program's, but not in front of the command.
        let create = try parsed("--url", "http://server", "jobs", "create", "--url", "http://target", "--zone", "UTC")
        #expect(create.programText("url") == "http://server" && create.text("url") == "http://target")
        #expect(try parsed("jobs", "create", "--server", "http://s").programText("url") == "http://s")
        #expect(try parsed("jobs", "get", "--", "-x").positional == ["-x"])
        #expect(try parsed("jobs", "list", "--yes").has("yes"))
        #expect(try parsed("jobs", "list", "-y").has("yes"))
        #expect(try parsed("jobs", "run", "x", "-d", "-5").text("data") == "-5")
    }

    /// Every command with those above it.
    private static func paths(_ path: [Command]) -> [[Command]] {
        [path] + (path.last?.subcommands ?? []).flatMap { paths(path + [$0]) }
    }

    @Test("Every command has help that names its options, and no two of them have one name")
    func help() async throws {
        let bench = CLIBench()
        let paths = Self.paths([RotaProgram().root])
        #expect(paths.count > 50)
        for path in paths where !path.contains(where: \.takesEverything) {
            let words = path.dropFirst().map(\.name)
            let result = await bench.run(words + ["--help"])
            #expect(result.exit == .done && result.output.contains("Usage: " + Help.usage(path)), "\(words)")
            #expect(await bench.run(["help"] + words).output == result.output)
            let command = try #require(path.last)
            for option in command.options { #expect(result.output.contains("--" + option.name), "\(words)") }
            let spellings = command.options.flatMap(\.spellings)
            #expect(Set(spellings).count == spellings.count, "\(words)")
            #expect(Set(command.subcommands.map(\.name)).count == command.subcommands.count)
            #expect(!command.summary.hasSuffix(".") && !command.summary.isEmpty)
            #expect(result.lines.allSatisfy { $0.count <= 130 }, "\(words)")
        }
    }

    @Test("The words of commands, options, formats, jobs and zones are completed")
    func completion() async throws {
        let bench = CLIBench()
        let id = try await bench.job("report")
        func words(_ line: String...) async -> [String] {
            await bench.run(["__complete"] + line).lines.map { String($0.prefix { $0 != "\t" }) }
        }
        #expect(await words("jo") == ["jobs"])
        #expect(await words("jobs", "p") == ["pause", "preview"])
        #expect(await words("jobs", "list", "--se") == ["--search"])
        #expect(await words("jobs", "list", "--sort", "") == ["created", "name", "next"])
        #expect(await words("-o", "j") == ["json", "jsonl"])
        #expect(await words("jobs", "get", "") == [id])
        #expect(await words("jobs", "pause", id, "0") == [id])
        #expect(await words("zones", "Europe/Berl") == ["Europe/Berlin"])
        #expect(await words("completion", "") == ["bash", "zsh", "fish"])
        #expect(await words("lint", "") == ["__files__"])
        #expect(await words("jobs", "--nope", "") != [])
        for shell in CompletionScript.shells {
            let script = await bench.run("completion", shell)
            #expect(script.exit == .done && script.output.contains("__complete"))
        }
    }
}
