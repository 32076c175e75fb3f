import Foundation
import Rota
import RotaCommands
import RotaTesting
import Testing

@Suite("Commands", .timeLimit(.minutes(5)))
struct CommandTests {
    @Test("A command's output becomes the execution's, and it knows its attempt")
    func identity() async throws {
        let command = CommandHandler.shell(
            "echo \"$ROTA_JOB_NAME|$ROTA_EXECUTION_ID|$ROTA_ATTEMPT|$ROTA_SCHEDULED_FOR|$ROTA_JOB_ID\"; echo note >&2")
        let execution = try await CommandRig().run(command)
        #expect(execution.status == .succeeded)
        let result = try #require(execution.command)
        #expect(result.status == 0)
        #expect(result.errorOutput.text == "note\n")
        let words = result.output.text.dropLast().split(separator: "|").map(String.init)
        #expect(words.prefix(3) == ["nightly backup", execution.id.description, "1"])
        #expect(words[3].hasSuffix("Z"))
        #expect(words[4] == execution.jobID.description)
    }

    @Test("Arguments reach the program as they are, without a shell")
    func arguments() async throws {
        let odd = ["a b", "$HOME", "", "'\"`", "ä;ls", "*"]
        let execution = try await CommandRig().run(CommandHandler("printf", arguments: ["%s\\n"] + odd))
        #expect(execution.command?.output.text == odd.map { $0 + "\n" }.joined())
    }

    @Test("The environment is inherited, changed, or only what is given")
    func environment() async throws {
        // One that shells do not set themselves. Setting one here would race with other tests that start processes.
        let ofShells: Set = ["PATH", "PWD", "OLDPWD", "SHLVL", "_", "IFS", "PS1", "PS2", "PS4", "OPTIND", "PPID"]
        let (name, value) = try #require(
            ProcessInfo.processInfo.environment.first { name, value in
                !ofShells.contains(name) && name.wholeMatch(of: /[A-Za-z][A-Za-z0-9_]*/) != nil
                    && value.wholeMatch(of: /[A-Za-z0-9.:\/_-]+/) != nil
            })
        func output(_ environment: CommandEnvironment) async throws -> String? {
            var command = CommandHandler.shell("echo ${\(name)-none} ${ROTA_TEST_NEW-none}")
            command.environment = environment
            return try await CommandRig().run(command).command?.output.text
        }
        #expect(try await output(.inherited) == "\(value) none\n")
        #expect(try await output(.inherited(changing: [name: nil, "ROTA_TEST_NEW": "new"])) == "none new\n")
        #expect(try await output(.inherited(changing: [name: "/h"])) == "/h none\n")
        #expect(try await output(.only(["ROTA_TEST_NEW": "new"])) == "none new\n")
    }

    @Test("A command runs in its folder, and names a folder that does not exist")
    func folder() async throws {
        let scratch = try Scratch()
        #expect(
            try await CommandRig().run(CommandHandler("pwd", folder: scratch.path)).command?.output.text
                == scratch.path + "\n")
        try FileManager.default.removeItem(atPath: scratch.path)
        let execution = try await CommandRig().run(CommandHandler("pwd", folder: scratch.path))
        #expect(execution.attempts.last?.failure?.kind == .invalidRequest)
        #expect(execution.message.contains("working folder \(scratch.path)"))
    }

    @Test("Input is nothing, data, or the payload, and need not be read")
    func input() async throws {
        func output(_ script: String, _ input: CommandInput, payload: JSONPayload? = nil) async throws -> Execution {
            var command = CommandHandler.shell(script)
            command.input = input
            return try await CommandRig().run(command, payload: payload)
        }
        #expect(try await output("cat; echo end", .nothing).command?.output.text == "end\n")
        #expect(try await output("cat", .text("größe")).command?.output.text == "größe")
        #expect(
            try await output("cat", .payload, payload: JSONPayload(["id": 7])).command?.output.text == #"{"id":7}"#)
        #expect(try await output("cat", .payload).message.contains("payload"))
        // Larger than a pipe, and read by none: SIGPIPE must not end this process.
        let large = Data(repeating: 65, count: 3_000_000)
        #expect(try await output("exec <&-; echo closed", .data(large)).command?.output.text == "closed\n")
        #expect(try await output("true", .data(large)).status == .succeeded)
        #expect(try await output("wc -c", .data(large)).command?.output.text.contains("3000000") == true)
    }

    @Test("A hundred megabytes of output are bounded: the beginning and the end remain")
    func bounded() async throws {
        var command = CommandHandler.shell("echo first; head -c 100000000 /dev/zero | tr '\\0' x; echo; echo last")
        command.outputLimit = 1000
        let output = try #require(try await CommandRig().run(command).command?.output)
        #expect(output.text.hasPrefix("first\nxxx"))
        #expect(output.text.hasSuffix("xxx\nlast\n"))
        #expect(output.cut == 100_000_012 - 1000)
        #expect(output.text.contains("[\(output.cut) bytes cut]"))
        #expect(output.text.utf8.count < 1100)
    }

    @Test("Secrets reach the environment and are removed from everything recorded, across the cut too")
    func secrets() async throws {
        let rig = CommandRig(secrets: ["token": "s3cr3t-value-of-the-token"])
        // The secret lies at every offset around the cut.
        var command = CommandHandler.shell(
            "i=0; while [ $i -lt 400 ]; do printf '%s' \"$TOKEN\"; printf %$((i % 7))s; i=$((i+1)); done; exit 3")
        command.environment = .inherited(changing: ["TOKEN": "secret://token"])
        command.outputLimit = 600
        let execution = try await rig.run(command)
        #expect(execution.command?.status == 3)
        let text = try #require(execution.command?.output.text)
        #expect(text.contains("[redacted]"))
        let record = execution.message + (execution.attempts.last?.bodyPreview ?? "")
        for piece in ["s3cr", "cr3t", "valu", "of-t", "oken"] { #expect(!record.contains(piece)) }

        // The command is ended in the middle of the secret.
        command = CommandHandler.shell("printf '%s' \"out ${TOKEN%oken}\"; kill -KILL $$")
        command.environment = .inherited(changing: ["TOKEN": "secret://token"])
        let killed = try await CommandRig(secrets: ["token": "s3cr3t-value-of-the-token"]).run(command)
        #expect(killed.command?.output.text == "out [redacted]")

        command.environment = .inherited(changing: ["TOKEN": "secret://missing"])
        let missing = try await CommandRig().run(command)
        #expect(missing.attempts.last?.failure?.kind == .missingSecret)
    }

    @Test("A failure's record has the status and the end of the error output")
    func failure() async throws {
        let execution = try await CommandRig().run(.shell("echo out; echo 'disk full' >&2; exit 3"))
        #expect(execution.status == .failed)
        #expect(execution.message.contains("ended with status 3"))
        #expect(execution.message.contains("disk full"))
        #expect(execution.command?.status == 3)
        #expect(execution.command?.output.text == "out\n")
        let killed = try await CommandRig().run(.shell("kill -SEGV $$"))
        #expect(killed.message.contains("signal 11"))
        #expect(killed.command?.signal == SIGSEGV)
    }

    @Test(
        "Exit statuses succeed, are retried, or are final",
        arguments: [
            (ExitStatuses.standard, Int32(1), 2), (.standard, 127, 1), (.sysexits, 75, 2), (.sysexits, 78, 1),
            (ExitStatuses(retried: [75]), 1, 1), (ExitStatuses(retried: [75]), 75, 2),
            (ExitStatuses(success: [1]), 1, 1),
        ])
    func statuses(statuses: ExitStatuses, status: Int32, attempts: Int) async throws {
        var command = CommandHandler.shell("exit \(status)")
        command.exitStatuses = statuses
        let execution = try await CommandRig().run(command, retry: .fixed(.zero, maxAttempts: 2))
        #expect(execution.attempts.count == attempts)
        #expect((execution.status == .succeeded) == statuses.success.contains(status))
    }

    @Test("Whatever cannot start fails with an error that names the mend")
    func cannotStart() async throws {
        let scratch = try Scratch()
        func write(_ name: String, _ text: String, mode: Int) throws -> String {
            _ = FileManager.default.createFile(
                atPath: scratch.file(name), contents: Data(text.utf8), attributes: [.posixPermissions: mode])
            return scratch.file(name)
        }
        let cases: [(CommandHandler, FailureKind, String)] = [
            (CommandHandler("rota-no-such-program"), .invalidRequest, "in PATH"),
            (CommandHandler("/nowhere/program"), .invalidRequest, "no program /nowhere/program"),
            (CommandHandler(try write("plain", "#!/bin/sh\n", mode: 0o644)), .invalidRequest, "chmod +x"),
            (CommandHandler(try write("bare", "echo\n", mode: 0o755)), .invalidRequest, "#!/bin/sh"),
            (CommandHandler(try write("lost", "#!/nowhere/sh\n", mode: 0o755)), .invalidRequest, "interpreter"),
            (CommandHandler(scratch.path), .invalidRequest, "execute permission"),
            (
                CommandHandler("/bin/echo", arguments: [String(repeating: "x", count: 3_000_000)]), .tooLarge,
                "command's input"
            ),
        ]
        for (command, kind, words) in cases {
            let execution = try await CommandRig().run(command)
            #expect(execution.attempts.last?.failure?.kind == kind, "\(command.executable)")
            #expect(execution.message.contains(words), "\(execution.message)")
        }
    }

    @Test("Settings that cannot work are refused when the command is registered")
    func refused() async throws {
        let scheduler = CommandRig(cancellationGrace: .seconds(5)).scheduler
        let wrong: [(CommandHandler, String)] = [
            (CommandHandler(""), "empty"), (CommandHandler("bin/tool"), "relative"),
            (CommandHandler("tool", arguments: ["a\0b"]), "zero bytes"),
            (CommandHandler("tool", folder: "data"), "absolute path"),
            (CommandHandler("tool", arguments: ["--key=secret://key"]), "environment"),
            (CommandHandler("tool", environment: .only(["A=B": "c"])), "\"=\""),
            (CommandHandler("tool", environment: .only(["A": "secret://"])), "secret://"),
            (CommandHandler("tool", outputLimit: -1), "outputLimit"),
            (CommandHandler("tool", outputLimit: 1 << 20), "maximumOutputBytes"),
            (CommandHandler("tool", grace: .seconds(5)), "cancellationGrace"),
            (CommandHandler("tool", grace: .seconds(-1)), "grace"),
        ]
        for (command, words) in wrong {
            let error = await #expect(throws: CommandError.self) { try await scheduler.handle("x", command) }
            #expect(error?.code == .invalidCommand)
            #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        }
        try await scheduler.handle("x", CommandHandler("tool"))
    }

    @Test("Neither a secret nor any other value of the environment is printed")
    func description() {
        let command = CommandHandler("tool", environment: .only(["KEY": "value-to-hide"]))
        #expect(!"\(command) \(String(reflecting: command))".contains("value-to-hide"))
    }
}
