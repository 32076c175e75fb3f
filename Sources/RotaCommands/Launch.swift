import CRotaCommands
import Foundation

/// A program that is ready to start.
struct Launch {
    let executable: String
    let arguments: [String]
    let environment: [String: String]
    let folder: String?
    let input: [UInt8]?

    /// A program that was started, and the descriptors to talk to it.
    struct Child: Sendable {
        let pid: pid_t
        /// Can be read from when the program has ended; `nil` if the system has no such descriptor.
        var end: Int32?
        var input: Int32?
        var output: Int32?
        var errorOutput: Int32?
    }

    /// Starts the program.
    ///
    /// Blocks until the system has loaded it, about a millisecond.
    func start() throws(CommandError) -> Child {
        guard rota_children_are_ignored() == 0 else {
            throw CommandError(
                .cannotStart,
                "This process ignores SIGCHLD, so the exit status of \(executable) would be lost. Set its action to "
                    + "SIG_DFL before running commands.")
        }
        let path = try find()
        var pipes = Pipes()
        defer { pipes.closeAll() }
        let output = try pipes.open(for: self)
        let errorOutput = try pipes.open(for: self)
        let input = input == nil ? nil : try pipes.open(for: self)
        let pid = try start(path, input: input?.read ?? -1, output: output.write, errorOutput: errorOutput.write)
        let watch = rota_child_watch(pid)
        for end in [output.read, errorOutput.read, input?.write].compactMap(\.self) {
            pipes.keep(end)
            rota_nonblocking(end)
        }
        return Child(
            pid: pid, end: watch < 0 ? nil : watch, input: input?.write, output: output.read,
            errorOutput: errorOutput.read)
    }

    private func start(
        _ path: String, input: Int32, output: Int32, errorOutput: Int32
    ) throws(CommandError) -> pid_t {
        let arguments = CStrings([executable] + arguments)
        let environment = CStrings(environment.map { "\($0.key)=\($0.value)" })
        var pid: pid_t = 0
        let error = withExtendedLifetime((arguments, environment)) {
            path.withCString { path in
                withOptionalCString(folder) { folder in
                    var program = rota_program(
                        executable: path, arguments: arguments.pointer, environment: environment.pointer,
                        folder: folder, input: input, output: output, error_output: errorOutput)
                    return rota_program_start(&program, &pid)
                }
            }
        }
        guard error == 0 else { throw problem(error, path) }
        return pid
    }

    /// The path of the program: itself, or the first in `PATH` that can be executed.
    private func find() throws(CommandError) -> String {
        guard !executable.contains("/") else { return executable }
        let path = environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        var other: String?
        for folder in path.split(separator: ":") where folder.hasPrefix("/") {
            let candidate = "\(folder)/\(executable)"
            guard Self.kind(of: candidate) == S_IFREG else { continue }
            guard access(candidate, X_OK) == 0 else {
                other = other ?? candidate
                continue
            }
            return candidate
        }
        guard let other else {
            throw CommandError(
                .executableNotFound,
                "There is no program \(executable) in PATH (\(path)). Install it, write its absolute path, or extend PATH "
                    + "in the command's environment.")
        }
        throw CommandError(.notExecutable, "\(other) cannot be executed. Give it permission with chmod +x.")
    }

    private static func kind(of path: String) -> mode_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
    }

    /// The error for an error number of the system.
    fileprivate func problem(_ error: Int32, _ path: String) -> CommandError {
        let reason = String(cString: strerror(error))
        switch error {
        case EMFILE, ENFILE, EAGAIN, ENOMEM:
            let mend =
                error == EMFILE || error == ENFILE
                ? "Raise the limit of open files (ulimit -n), or run fewer commands at once."
                : "Raise the limits of processes and memory, or run fewer commands at once."
            return CommandError(.outOfResources, "\(executable) cannot start: \(reason). \(mend)")
        case E2BIG:
            return CommandError(
                .tooLarge,
                "The arguments and the environment of \(executable) are larger than the system allows. Pass the data as "
                    + "the command's input, or in a file.")
        case ENOSYS where folder != nil:
            return CommandError(
                .cannotStart,
                "This system cannot set the working folder of a command. Use .shell(\"cd folder && exec program\").")
        default: break
        }
        if let folder, Self.kind(of: folder) != S_IFDIR || access(folder, X_OK) != 0 {
            let flaw = Self.kind(of: folder) == S_IFDIR ? "must not be entered" : "does not exist, or is not a folder"
            return CommandError(
                .folderNotFound,
                "The working folder \(folder) of \(executable) \(flaw). Create it, or correct the command's folder.")
        }
        switch error {
        case ENOENT, ENOTDIR:
            guard Self.kind(of: path) != nil else {
                return CommandError(
                    .executableNotFound, "There is no program \(path). Install it, or correct the command's path.")
            }
            return CommandError(
                .notExecutable,
                "\(path) exists, but the interpreter in its #! line, or its dynamic loader, does not. Install it, or "
                    + "correct the line.")
        case EACCES, EPERM:
            return CommandError(
                .notExecutable,
                "\(path) cannot be executed: \(reason). It must be a file with execute permission (chmod +x), in folders "
                    + "that this process may enter.")
        case ENOEXEC:
            return CommandError(
                .notExecutable,
                "\(path) is no program for this machine, and has no #! line. Add one, such as #!/bin/sh, or run it with "
                    + ".shell(…).")
        default: return CommandError(.cannotStart, "\(path) cannot start: \(reason).")
        }
    }
}

/// The pipes to a program, of which all ends are closed that are not kept.
private struct Pipes {
    private var ends: Set<Int32> = []

    mutating func open(for launch: Launch) throws(CommandError) -> (read: Int32, write: Int32) {
        var pipe: [Int32] = [-1, -1]
        let error = rota_pipe_open(&pipe)
        guard error == 0 else { throw launch.problem(error, launch.executable) }
        ends.formUnion(pipe)
        return (pipe[0], pipe[1])
    }

    /// Leaves an end open.
    mutating func keep(_ end: Int32) {
        ends.remove(end)
    }

    func closeAll() {
        for end in ends { close(end) }
    }
}

/// Strings as C takes them: an array of pointers, ended by `nil`.
private final class CStrings {
    private var pointers: [UnsafeMutablePointer<CChar>?]
    let pointer: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

    init(_ strings: [String]) {
        pointers = strings.map { strdup($0) } + [nil]
        pointer = .allocate(capacity: pointers.count)
        pointer.initialize(from: pointers, count: pointers.count)
    }

    deinit {
        for string in pointers { free(string) }
        pointer.deallocate()
    }
}

private func withOptionalCString<Result>(_ string: String?, _ body: (UnsafePointer<CChar>?) -> Result) -> Result {
    guard let string else { return body(nil) }
    return string.withCString(body)
}
