import Foundation
import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension Console {
    /// The console of this process.
    package static var system: Console {
        let environment = ProcessInfo.processInfo.environment
        var console = Console(
            environment: environment,
            terminal: Terminal(
                showsOutput: isatty(1) == 1 && environment["TERM"] != "dumb",
                isInteractive: isatty(0) == 1 && isatty(2) == 1, width: columns(environment)),
            streams: Streams(
                write: { put($0, to: 1) }, writeError: { put($0, to: 2) },
                readInput: { FileHandle.standardInput.readDataToEndOfFile() }, readLine: { Swift.readLine() }),
            now: { Date() }, sleep: { try await Task.sleep(for: $0) })
        console.outputFailure = { lost.withLock { $0 } }
        return console
    }

    /// Why output was lost, if it was.
    private static let lost = Mutex<String?>(nil)

    private static func columns(_ environment: [String: String]) -> Int {
        var size = winsize()
        if ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
        return environment["COLUMNS"].flatMap { Int($0) }.map { max(40, $0) } ?? 80
    }

    /// Writes all of a text at once, without a buffer that a signal could lose, and remembers if it could not.
    private static func put(_ text: String, to descriptor: Int32) {
        guard let number = write(Array(text.utf8), to: descriptor), descriptor == 1 else { return }
        lost.withLock { $0 = $0 ?? String(cString: strerror(number)) }
    }

    /// Writes all bytes, also to a pipe or a terminal that another program has made non-blocking.
    ///
    /// - Returns: The number of the error if it failed, and `nil` if the reader of a pipe went away.
    static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32? {
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { systemWrite(descriptor, $0.baseAddress, $0.count) }
            guard count < 0 else {
                written += count
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN:
                var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&ready, 1, -1)
            case EPIPE: return nil
            default: return errno
            }
        }
        return nil
    }

    /// Runs an editor on a file, at this process's terminal, and waits for its end.
    ///
    /// The name may have options, which a shell reads. Not Foundation's `Process`, which takes the terminal from it.
    ///
    /// - Returns: The exit status, or that of a shell for a program that cannot be run or was killed.
    @Sendable package static func runEditor(_ editor: String, on file: String) -> Int32 {
        let texts = ["/bin/sh", "-c", "\(editor) \"$1\"", "sh", file]
        let words = texts.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var process: pid_t = 0
        guard posix_spawn(&process, "/bin/sh", nil, nil, words, environ) == 0 else { return 126 }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 {
            guard errno == EINTR else { return 126 }
        }
        return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + status & 0x7f
    }

    /// Lets Ctrl-C end the process with its exit code, also where a shell does not add it.
    package static func endOnInterrupt() {
        signal(SIGINT) { _ in _exit(ExitCode.interrupted.rawValue) }
    }

    /// Keeps a reader that went away from ending a process that has other things to do.
    static func ignoreBrokenPipes() {
        signal(SIGPIPE, SIG_IGN)
    }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}
