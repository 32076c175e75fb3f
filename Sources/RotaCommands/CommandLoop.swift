import CRotaCommands
import Foundation
import Synchronization

/// The way to the thread that attends to all commands of the process: a queue of orders, and a pipe to wake it by.
///
/// One thread for all of them, which waits in `poll` for output and for ends, so that no command occupies a thread of
/// its own or one of Swift's. It starts with the first command and never ends.
final class CommandLoop: Sendable {
    /// A thing that the thread is asked to do.
    enum Order: Sendable {
        case attend(RunningCommand)
        case stop(CommandTicket)
    }

    private struct State {
        var orders: [Order] = []
        /// The end of the pipe that wakes the thread, once it has started.
        var bell: Int32?
    }

    static let shared = CommandLoop()
    private let state = Mutex(State())

    /// Starts the thread, unless it has started.
    func open() throws(CommandError) {
        let error: Int32 = state.withLock { state in
            guard state.bell == nil else { return 0 }
            var pipe: [Int32] = [-1, -1]
            let error = rota_pipe_open(&pipe)
            guard error == 0 else { return error }
            for end in pipe { rota_nonblocking(end) }
            let start = ThreadStart(loop: self, bell: pipe[0])
            let argument = Unmanaged.passRetained(start)
            let failure = rota_thread_start({ ThreadStart.run($0) }, argument.toOpaque())
            guard failure == 0 else {
                argument.release()
                for end in pipe { close(end) }
                return failure
            }
            state.bell = pipe[1]
            return 0
        }
        guard error == 0 else {
            throw CommandError(
                .outOfResources,
                "Commands cannot be attended to: \(String(cString: strerror(error))). Raise the limits of open files and "
                    + "threads, or run fewer commands at once.")
        }
    }

    /// Attends to a command until it has ended.
    ///
    /// If the task is canceled, the command's group is ended.
    func attend(
        _ child: Launch.Child, input: [UInt8]?, output: OutputCapture, grace: Duration, leftovers: CommandLeftovers
    ) async -> CommandEnding {
        let ticket = CommandTicket()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                push(
                    .attend(
                        RunningCommand(
                            child, ticket: ticket, input: input, output: output, grace: grace, leftovers: leftovers,
                            continuation: continuation)))
            }
        } onCancel: {
            ticket.isCanceled.store(true, ordering: .sequentiallyConsistent)
            push(.stop(ticket))
        }
    }

    /// Takes all orders.
    func take() -> [Order] {
        state.withLock { state in
            defer { state.orders = [] }
            return state.orders
        }
    }

    private func push(_ order: Order) {
        state.withLock { state in
            state.orders.append(order)
            guard let bell = state.bell else { return }
            var byte: UInt8 = 0
            // A full pipe wakes the thread too.
            _ = write(bell, &byte, 1)
        }
    }
}

/// Identifies a command, and says whether it is to be ended.
final class CommandTicket: Sendable {
    let isCanceled = Atomic(false)
}

/// The argument of a new thread.
private final class ThreadStart: Sendable {
    let loop: CommandLoop
    let bell: Int32

    init(loop: CommandLoop, bell: Int32) {
        self.loop = loop
        self.bell = bell
    }

    static func run(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let argument else { return nil }
        let start = Unmanaged<ThreadStart>.fromOpaque(argument).takeRetainedValue()
        var thread = CommandThread(start.loop, bell: start.bell)
        thread.run()
        return nil
    }
}

/// The thread that attends to commands: it passes input and output on, and ends what is to be ended.
struct CommandThread {
    private let loop: CommandLoop
    private let bell: Int32
    private var commands: [ObjectIdentifier: RunningCommand] = [:]
    private var scratch = [UInt8](repeating: 0, count: 65_536)

    /// How often a command is looked at whose end the system does not announce.
    private static let tick: Int32 = 20

    init(_ loop: CommandLoop, bell: Int32) {
        self.loop = loop
        self.bell = bell
    }

    mutating func run() {
        while true {
            for order in loop.take() { obey(order) }
            rest()
        }
    }

    private mutating func obey(_ order: CommandLoop.Order) {
        switch order {
        case .attend(var command):
            if command.ticket.isCanceled.load(ordering: .sequentiallyConsistent) { command.stop(at: .now) }
            commands[ObjectIdentifier(command.ticket)] = command
        case .stop(let ticket): commands[ObjectIdentifier(ticket)]?.stop(at: .now)
        }
    }

    /// Waits until there is something to do, and does it.
    private mutating func rest() {
        var polls = [pollfd(fd: bell, events: Int16(POLLIN), revents: 0)]
        var owners: [ObjectIdentifier] = []
        var timeout: Int32 = -1
        let now = ContinuousClock.now
        for (key, command) in commands {
            for poll in command.polls {
                polls.append(poll)
                owners.append(key)
            }
            guard let wait = command.wait(from: now, tick: Self.tick) else { continue }
            timeout = timeout < 0 ? wait : min(timeout, wait)
        }
        if poll(&polls, nfds_t(polls.count), timeout) < 0, errno != EINTR {
            // There is no memory, or a limit was lowered. Everything is looked at below, and again soon.
            usleep(UInt32(Self.tick) * 1000)
        }
        while polls[0].revents != 0, read(bell, &scratch, scratch.count) > 0 {}
        var ready: [ObjectIdentifier: [pollfd]] = [:]
        for (owner, poll) in zip(owners, polls.dropFirst()) where poll.revents != 0 {
            ready[owner, default: []].append(poll)
        }
        let later = ContinuousClock.now
        for key in Array(commands.keys) {
            guard commands[key]?.advance(ready[key] ?? [], at: later, with: &scratch) == true else { continue }
            commands.removeValue(forKey: key)?.finish()
        }
    }
}
