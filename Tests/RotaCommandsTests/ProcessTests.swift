import CRotaCommands
import Foundation
import Rota
import RotaHTTP
import RotaTesting
import Testing

@testable import RotaCommands

@Suite("Processes of commands", .serialized, .timeLimit(.minutes(5)))
struct ProcessTests {
    @Test("A command has no blocked or ignored signals, a group of its own, and only its three descriptors")
    func clean() async throws {
        // A descriptor of the host that others would inherit.
        let leak = open("/dev/null", O_RDONLY)
        defer { close(leak) }
        _ = fcntl(leak, F_SETFD, 0)
        // Not by a shell: dash unblocks all signals itself.
        let text = try await Self.output(of: "grep", ["-E", "Sig(Blk|Ign)", "/proc/self/status"])
        #expect(text.contains("SigBlk:\t0000000000000000"), "\(text)")
        let ignored = text.firstMatch(of: /SigIgn:\t([0-9a-f]+)/).flatMap { UInt64($0.1, radix: 16) }
        // 32 and 33 are glibc's own: posix_spawn ignores them, and the new program's glibc sets them when it needs
        // them.
        #expect(ignored.map { $0 & ~0x1_8000_0000 } == 0, "\(text)")
        let script = "ls /proc/self/fd | tr '\\n' ' '; echo; cut -d' ' -f5 /proc/self/stat; echo $$"
        let lines = try await Self.output(of: "sh", ["-c", script]).split(separator: "\n")
            .map { $0.trimmingCharacters(in: .whitespaces) }
        // 3 is that of the folder that ls reads.
        #expect(lines[0] == "0 1 2 3")
        #expect(lines[1] == lines[2])
    }

    private static func output(of program: String, _ arguments: [String]) async throws -> String {
        let launch = Launch(
            executable: program, arguments: arguments, environment: ["PATH": "/usr/bin:/bin"], folder: nil, input: nil)
        try CommandLoop.shared.open()
        let ending = await CommandLoop.shared.attend(
            try startBlocked(launch), input: nil,
            output: OutputCapture(limit: 1000, redaction: Redaction(), longestSecret: 0), grace: .seconds(1),
            leftovers: .end)
        return ending.output.output().text
    }

    /// Starts a program from a thread that blocks SIGTERM and SIGUSR1, in a process that ignores SIGPIPE.
    private static func startBlocked(_ launch: Launch) throws -> Launch.Child {
        var (blocked, earlier) = (sigset_t(), sigset_t())
        sigemptyset(&blocked)
        sigaddset(&blocked, SIGTERM)
        sigaddset(&blocked, SIGUSR1)
        let action = Foundation.signal(SIGPIPE, SIG_IGN)
        pthread_sigmask(SIG_BLOCK, &blocked, &earlier)
        defer {
            pthread_sigmask(SIG_SETMASK, &earlier, nil)
            Foundation.signal(SIGPIPE, action)
        }
        return try launch.start()
    }

    @Test("A timeout ends the whole group, even what ignores SIGTERM, and the record keeps the output")
    func timeout() async throws {
        let scratch = try Scratch()
        var command = CommandHandler.shell(
            "trap '' TERM; (trap '' TERM; sleep 1000) & echo $! > child; echo $$ > self; echo started; sleep 1000; sleep 1000"
        )
        (command.folder, command.grace) = (scratch.path, .milliseconds(300))
        let execution = try await CommandRig().run(command, timeout: .seconds(1))
        #expect(execution.attempts.last?.failure?.kind == .timeout)
        #expect(execution.command?.output.text == "started\n")
        #expect(execution.command?.signal == SIGKILL)
        for words in ["longer than 1 s", "got SIGTERM", "SIGKILL", "grace period of 300 ms", "signal 9"] {
            #expect(execution.message.contains(words), "\(execution.message)")
        }
        #expect(!runs(try #require(scratch.text("self"))))
        #expect(!runs(try #require(scratch.text("child"))))
    }

    @Test("A command that ends at SIGTERM is not said to have got the SIGKILL of what it left behind")
    func leftoverKilled() async throws {
        let scratch = try Scratch()
        var command = CommandHandler.shell(
            "(trap '' TERM; echo $BASHPID > child; while :; do sleep 0.01; done) & trap 'exit 4' TERM; "
                + "while :; do sleep 0.01; done")
        // On a busy machine the shell may take a while to set its traps, and to act on them.
        (command.folder, command.grace) = (scratch.path, .seconds(3))
        let execution = try await CommandRig().run(command, timeout: .seconds(2))
        #expect(execution.message.contains("got SIGTERM and ended with status 4"), "\(execution.message)")
        #expect(!execution.message.contains("SIGKILL"), "\(execution.message)")
    }

    @Test("A timeout's message has the limit, the signal and the end of the error output, within bounds")
    func timeoutMessage() async throws {
        let command = CommandHandler.shell(
            "i=0; while [ $i -lt 500 ]; do echo \"line $i of many\" >&2; i=$((i+1)); done; echo 'disk full' >&2; sleep 1000"
        )
        let execution = try await CommandRig().run(command, timeout: .milliseconds(1500))
        for words in [
            "longer than 1.5 s", "/bin/sh", "got SIGTERM", "ended by signal 15 (Terminated)",
            "The end of its error output:", "disk full",
        ] {
            #expect(execution.message.contains(words), "\(execution.message)")
        }
        #expect(!execution.message.contains("SIGKILL") && !execution.message.contains("line 0 of"))
        #expect(execution.message.utf8.count < 3000)
    }

    @Test("A cancellation lets the command clean up, and is one even if the command then exits with zero")
    func cancel() async throws {
        let scratch = try Scratch()
        var command = CommandHandler.shell(
            "trap 'echo cleaned > cleaned; exit 0' TERM; echo $$ > self; while :; do sleep 0.01; done")
        command.folder = scratch.path
        let execution = try await CommandRig().run(command) { scheduler, execution in
            _ = try await scratch.wait(for: "self")
            try await scheduler.cancel(execution.id)
        }
        #expect(execution.status == .canceled)
        #expect(try await scratch.wait(for: "cleaned") == "cleaned")
        while runs(try #require(scratch.text("self"))) { try await Task.sleep(for: .milliseconds(5)) }
    }

    @Test("A shutdown ends commands and releases their executions, and their attempts keep the output")
    func shutdown() async throws {
        let scratch = try Scratch()
        var configuration = SchedulerConfiguration()
        configuration.shutdownGrace = .milliseconds(50)
        // A busy machine may see a command's end late.
        configuration.cancellationGrace = .seconds(120)
        let scheduler = Scheduler(store: InMemoryJobStore(), configuration: configuration)
        try await scheduler.handle(
            "c",
            CommandHandler(
                "/bin/sh", arguments: ["-c", "echo saved; echo $$ > self; sleep 1000"], folder: scratch.path))
        let job = try await scheduler.create(.init(name: "c", schedule: .onDemand, action: .handler("c")))
        let execution = try await scheduler.trigger(job.id)
        let driving = Task { try await scheduler.run() }
        let pid = try await scratch.wait(for: "self")
        scheduler.beginShutdown()
        try await driving.value
        #expect(!runs(pid))
        let released = try await scheduler.execution(execution.id)
        #expect(released.status == .queued)
        #expect(released.attempts.last?.failure?.kind == .interrupted)
        #expect(released.attempts.last?.bodyPreview?.contains("saved") == true)
    }

    @Test("What a command leaves behind is ended, unless it is to be left")
    func leftovers() async throws {
        let scratch = try Scratch()
        var command = CommandHandler.shell("sleep 1000 >/dev/null 2>&1 & echo $!")
        command.folder = scratch.path
        let ended = try #require(try await CommandRig().run(command).command?.output.text.dropLast())
        while runs(String(ended)) { try await Task.sleep(for: .milliseconds(5)) }
        command.leftovers = .leave
        let left = try #require(try await CommandRig().run(command).command?.output.text.dropLast())
        #expect(runs(String(left)))
        kill(pid_t(left) ?? 0, SIGKILL)
    }

    /// A worker without output that cleans up after SIGTERM, and says when it is ready.
    private static let worker =
        "(trap 'sleep 0.2; echo clean > cleaned; exit 0' TERM; echo ready > ready; while :; do sleep 0.01; done) "
        + ">/dev/null 2>&1 & "

    @Test("What a command that is ended leaves behind has the grace period to clean up, even without its output")
    func quietWorker() async throws {
        let scratch = try Scratch()
        var command = CommandHandler.shell(Self.worker + "wait")
        (command.folder, command.grace) = (scratch.path, .seconds(60))
        let execution = try await CommandRig().run(command) { scheduler, execution in
            _ = try await scratch.wait(for: "ready")
            try await scheduler.cancel(execution.id)
        }
        #expect(execution.status == .canceled)
        #expect(try await scratch.wait(for: "cleaned") == "clean")
    }

    @Test("What a command leaves behind by itself gets SIGTERM first, and the attempt waits for its end")
    func quietLeftover() async throws {
        let scratch = try Scratch()
        var command = CommandHandler.shell(Self.worker + "while [ ! -s ready ]; do sleep 0.01; done; echo done")
        (command.folder, command.grace) = (scratch.path, .seconds(60))
        let execution = try await CommandRig().run(command)
        #expect(execution.status == .succeeded)
        #expect(execution.command?.output.text == "done\n")
        #expect(scratch.text("cleaned") == "clean")
    }

    @Test("What ignores SIGTERM without having the output open is killed after the grace period")
    func quietKilled() async throws {
        let scratch = try Scratch()
        var command = CommandHandler.shell(
            "(trap '' TERM; echo ready > ready; while :; do sleep 0.01; done) >/dev/null 2>&1 & "
                + "while [ ! -s ready ]; do sleep 0.01; done; echo $!")
        (command.folder, command.grace) = (scratch.path, .milliseconds(100))
        let execution = try await CommandRig().run(command)
        #expect(execution.status == .succeeded)
        let pid = try #require(execution.command?.output.text.dropLast())
        while runs(String(pid)) { try await Task.sleep(for: .milliseconds(5)) }
    }

    @Test("A process that left the group and keeps the output open does not hold up the attempt")
    func escaped() async throws {
        for leftovers in [CommandLeftovers.end, .leave] {
            // The script ends when the other process has left the group.
            var command = CommandHandler.shell(
                "setsid sleep 1000 & echo $!; while [ \"$(cut -d' ' -f5 /proc/$!/stat)\" != $! ]; do :; done")
            (command.leftovers, command.grace) = (leftovers, .milliseconds(100))
            let execution = try await CommandRig().run(command)
            #expect(execution.status == .succeeded)
            let pid = try #require(execution.command?.output.text.dropLast())
            #expect(runs(String(pid)))
            kill(pid_t(pid) ?? 0, SIGKILL)
        }
    }

    @Test("Two hundred commands at once leave no descriptor and no zombie")
    func many() async throws {
        _ = try await CommandRig().run(.shell("true"))
        let before = countDescriptors()
        let rig = CommandRig()
        try await rig.scheduler.handle("many", .shell("echo $ROTA_EXECUTION_ID; cat /dev/null"))
        let job = try await rig.scheduler.create(.init(name: "many", schedule: .onDemand, action: .handler("many")))
        let executions = try await rig.running {
            var triggered: [Execution] = []
            for _ in 0..<200 { triggered.append(try await rig.scheduler.trigger(job.id)) }
            var finished: [Execution] = []
            for execution in triggered {
                finished.append(try await rig.scheduler.waitForCompletion(of: execution.id))
            }
            return finished
        }
        for execution in executions { #expect(execution.command?.output.text == "\(execution.id)\n") }
        #expect(countDescriptors() < before + 60)
        #expect(zombies() == [])
    }

    @Test("Cancellations at every moment of a command leave nothing behind")
    func races() async throws {
        let rig = CommandRig()
        try await rig.scheduler.handle(
            "race", .shell("exec 2>&-; [ $(($$ % 2)) = 0 ] && exec >&-; exit 0"))
        let job = try await rig.scheduler.create(.init(name: "race", schedule: .onDemand, action: .handler("race")))
        var random = SeededGenerator(seed: 7)
        try await rig.running {
            for _ in 0..<200 {
                let execution = try await rig.scheduler.trigger(job.id)
                try await Task.sleep(for: .microseconds(Int.random(in: 0...6000, using: &random)))
                _ = try? await rig.scheduler.cancel(execution.id)
                let end = try await rig.scheduler.waitForCompletion(of: execution.id)
                #expect(end.status == .canceled || end.status == .succeeded)
            }
        }
        #expect(zombies() == [])
    }

    @Test("A cancellation that meets a command that has just ended has nothing to wait for")
    func lateCancellation() async throws {
        let child = try Launch(
            executable: "/bin/sh", arguments: ["-c", "exec >&- 2>&-; exit 7"], environment: [:], folder: nil, input: nil
        ).start()
        let outputs = [child.output, child.errorOutput].compactMap(\.self)
        for output in outputs {
            var end = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
            poll(&end, 1, -1)
        }
        while rota_child_has_ended(child.pid) == 0 { usleep(1000) }
        let ending = await withCheckedContinuation { continuation in
            var command = RunningCommand(
                child, ticket: CommandTicket(), input: nil,
                output: OutputCapture(limit: 100, redaction: Redaction(), longestSecret: 0), grace: .seconds(1),
                leftovers: .end, continuation: continuation)
            var scratch = [UInt8](repeating: 0, count: 100)
            let now = ContinuousClock.now
            let ready = outputs.map { pollfd(fd: $0, events: Int16(POLLIN), revents: Int16(POLLHUP)) }
            #expect(!command.advance(ready, at: now, with: &scratch))
            command.stop(at: now)
            #expect(command.wait(from: now, tick: 20) == 0)
            #expect(command.advance([], at: now, with: &scratch))
            command.finish()
        }
        #expect(ending.status == 7)
        #expect(!ending.isCanceled)
    }

    @Test("The end of a command is found where the system does not announce it")
    func withoutWatch() async throws {
        var child = try Launch(
            executable: "/bin/sh", arguments: ["-c", "cat; exit 7"], environment: [:], folder: nil,
            input: Array("in".utf8)
        ).start()
        if let end = child.end { close(end) }
        child.end = nil
        try CommandLoop.shared.open()
        let ending = await CommandLoop.shared.attend(
            child, input: Array("in".utf8),
            output: OutputCapture(limit: 100, redaction: Redaction(), longestSecret: 0), grace: .seconds(1),
            leftovers: .end)
        #expect(ending.status == 7)
        #expect(ending.output.output().text == "in")
    }

    @Test("A host that ignores SIGCHLD gets an error that names the mend")
    func ignoredChildren() {
        // Only for a moment: other tests have children too.
        let earlier = Foundation.signal(SIGCHLD, SIG_IGN)
        let result = Result { () throws(CommandError) in try Self.launch("true").start() }
        Foundation.signal(SIGCHLD, earlier)
        let error = #expect(throws: CommandError.self) { try result.get() }
        #expect(error?.message.contains("SIGCHLD") == true)
    }

    @Test("Programs that do not start leave no descriptor")
    func leaks() {
        let before = countDescriptors()
        for _ in 0..<200 {
            let error = #expect(throws: CommandError.self) { try Self.launch("/nowhere/program").start() }
            #expect(error?.code == .executableNotFound)
        }
        #expect(countDescriptors() < before + 100)
    }

    @Test("A host that takes every child's status gets an error, and nothing hangs")
    func stolenStatus() async throws {
        let scratch = try Scratch()
        var command = CommandHandler.shell("echo $$ > self; echo out; sleep 0.2")
        command.folder = scratch.path
        let execution = try await CommandRig().run(command) { _, _ in
            let pid = pid_t(try await scratch.wait(for: "self")) ?? 0
            // As a host does that waits for all children. It may be too late.
            await withCheckedContinuation { done in
                Thread {
                    var status: Int32 = 0
                    waitpid(pid, &status, 0)
                    done.resume()
                }.start()
            }
        }
        #expect(execution.status == .failed || execution.command?.status == 0)
        if execution.status == .failed { #expect(execution.message.contains("waits for all children")) }
        #expect(execution.command?.output.text == "out\n")
    }

    @Test("A process without free descriptors gets an error that names the mend")
    func exhausted() async throws {
        let unshare = try #require(dlsym(nil, "unshare"))
        let error = await withCheckedContinuation { continuation in
            let address = UInt(bitPattern: unshare)
            // A thread with a table of descriptors of its own (CLONE_FILES), so that only its own is full.
            Thread {
                typealias Unshare = @convention(c) (Int32) -> Int32
                guard let raw = UnsafeRawPointer(bitPattern: address), unsafeBitCast(raw, to: Unshare.self)(0x400) == 0
                else { return continuation.resume(returning: CommandError?.none) }
                while dup(0) >= 0 {}
                let result = Result { () throws(CommandError) in try Self.launch("true").start() }
                guard case .failure(let error) = result else { return continuation.resume(returning: nil) }
                continuation.resume(returning: error)
            }.start()
        }
        #expect(error?.code == .outOfResources)
        #expect(error?.message.contains("ulimit -n") == true)
    }

    private static func launch(_ program: String) -> Launch {
        Launch(executable: program, arguments: [], environment: [:], folder: nil, input: nil)
    }

    /// The children of this process that have ended and are not reaped.
    private func zombies() -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.filter { name in
            guard Int(name) != nil, let stat = try? String(contentsOfFile: "/proc/\(name)/stat", encoding: .utf8),
                let end = stat.range(of: ") ", options: .backwards)
            else { return false }
            let fields = stat[end.upperBound...].split(separator: " ")
            return fields[0] == "Z" && fields[1] == "\(getpid())"
        }
    }
}
