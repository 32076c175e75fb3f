#if os(Linux) || os(macOS)
    import CRotaCommands
    import Foundation
    import RotaCore

    /// A program that a test starts, talks to line by line, and may kill.
    ///
    /// Not Foundation's `Process`: a child of that inherits what other threads open while it starts, so the end of the
    /// output of another child may never come.
    package final class ChildProcess {
        /// How a program ended.
        package enum Ending: Sendable, Equatable {
            case exited(Int32)
            case killed(signal: Int32)
        }

        /// Where the standard error of the program goes: nowhere, or where that of this process goes.
        package enum ErrorOutput: Sendable {
            case ignored
            case inherited
        }

        package let id: Int32
        private let output: FileHandle
        private let input: FileHandle
        private var buffer: [UInt8] = []
        private var ending: Ending?

        /// Starts a program.
        ///
        /// - Parameters:
        ///   - path: The absolute path of the program.
        ///   - arguments: The arguments after the program's own name.
        ///   - environment: The variables that are changed.
        ///   - errorOutput: What becomes of its standard error.
        /// - Throws: ``LoopbackError`` if it cannot be started.
        package init(
            _ path: String, _ arguments: [String], environment: [String: String] = [:],
            errorOutput: ErrorOutput = .ignored
        ) throws {
            var ends: [[Int32]] = [[-1, -1], [-1, -1]]
            for index in ends.indices {
                let error = rota_pipe_open(&ends[index])
                guard error == 0 else { throw LoopbackError(call: "pipe", errno: error, hint: "close some files") }
            }
            input = FileHandle(fileDescriptor: ends[0][1], closeOnDealloc: true)
            output = FileHandle(fileDescriptor: ends[1][0], closeOnDealloc: true)
            defer {
                close(ends[0][0])
                close(ends[1][1])
            }
            let ignored = errorOutput == .ignored ? open("/dev/null", O_WRONLY | O_CLOEXEC) : -1
            defer { if ignored >= 0 { close(ignored) } }
            let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }
            var pid: pid_t = 0
            let error = Self.withCStrings([path] + arguments) { arguments in
                Self.withCStrings(variables.map { "\($0.key)=\($0.value)" }) { environment in
                    path.withCString { path in
                        var program = rota_program(
                            executable: path, arguments: arguments, environment: environment, folder: nil,
                            input: ends[0][0], output: ends[1][1], error_output: ignored >= 0 ? ignored : 2)
                        return rota_program_start(&program, &pid)
                    }
                }
            }
            guard error == 0 else {
                throw LoopbackError(call: "start \(path)", errno: error, hint: "it must be an executable file")
            }
            id = pid
        }

        deinit {
            if ending == nil { kill() }
        }

        private static func withCStrings<Result>(
            _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
        ) -> Result {
            let copies = strings.map { strdup($0) } + [nil]
            defer { for copy in copies { free(copy) } }
            return body(copies)
        }

        /// The next whole line, or `nil` at the end of what the program said.
        ///
        /// Blocks until then.
        package func line() -> String? {
            while true {
                if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                    defer { buffer.removeSubrange(...end) }
                    return String(decoding: buffer[..<end], as: UTF8.self)
                }
                let more = output.availableData
                if more.isEmpty { return nil }
                buffer += more
            }
        }

        /// All that the program says until it ends.
        ///
        /// Blocks until then.
        package func rest() -> String {
            while case let more = output.availableData, !more.isEmpty { buffer += more }
            defer { buffer = [] }
            return String(decoding: buffer, as: UTF8.self)
        }

        /// Writes a line to the program's input.
        package func say(_ line: String) {
            input.write(Data("\(line)\n".utf8))
        }

        /// Closes the program's input.
        package func endInput() {
            try? input.close()
        }

        /// Waits for the program to end.
        @discardableResult
        package func wait() -> Ending {
            if let ending { return ending }
            var status: Int32 = 0
            while waitpid(id, &status, 0) < 0, errno == EINTR {}
            let signal = status & 0x7f
            let ending: Ending = signal == 0 ? .exited((status >> 8) & 0xff) : .killed(signal: signal)
            self.ending = ending
            return ending
        }

        /// Kills the program by SIGKILL, and waits until it is gone.
        package func kill() {
            guard ending == nil else { return }
            Foundation.kill(id, SIGKILL)
            wait()
        }
    }
#endif
