import Dispatch
import Foundation
import Synchronization

extension Scheduler {
    /// A signal of the operating system that asks a process to end.
    ///
    /// See ``Scheduler/run(stoppingOn:)``.
    public struct ShutdownSignal: Sendable, Hashable, CustomStringConvertible {
        /// The signal's name, such as `SIGTERM`.
        public let description: String
        let number: Int32

        /// SIGTERM, which `kill`, systemd, Docker and Kubernetes send.
        public static let terminate = ShutdownSignal(description: "SIGTERM", number: SIGTERM)
        /// SIGINT, which Ctrl-C sends.
        public static let interrupt = ShutdownSignal(description: "SIGINT", number: SIGINT)
        /// SIGHUP, which the end of a terminal session sends.
        public static let hangup = ShutdownSignal(description: "SIGHUP", number: SIGHUP)
    }
}

/// Counts signals until it ends, instead of letting them end the process.
package final class SignalWatch: Sendable {
    let numbers: Set<Int32>
    private let handler: @Sendable (Int) -> Void
    private let count = Atomic(0)

    /// Starts to watch.
    ///
    /// - Parameters:
    ///   - signals: The signals.
    ///   - handler: Called for each signal with how many there were so far.
    /// - Throws: ``SchedulerError`` with code `illegalState` if the process has no file descriptor left.
    package init(_ signals: [Scheduler.ShutdownSignal], handler: @escaping @Sendable (Int) -> Void) throws {
        numbers = Set(signals.map(\.number))
        self.handler = handler
        try SignalPipe.shared.add(self)
    }

    /// Stops to watch, and restores what the signals did before, unless another watch needs them.
    package func end() {
        SignalPipe.shared.remove(self)
    }

    fileprivate func receive() {
        handler(count.add(1, ordering: .relaxed).newValue)
    }
}

/// The end of the pipe to which the process's action for watched signals writes.
///
/// It is set before the first action is, and never changes after that.
nonisolated(unsafe) private var pipeEntrance: Int32 = -1

/// Passes signals to those who watch them.
///
/// A pipe, because the action of a signal interrupts its thread at any point, and may call almost no functions itself.
private final class SignalPipe: Sendable {
    private struct State {
        var exit: (any DispatchSourceRead)?
        var watches: [ObjectIdentifier: SignalWatch] = [:]
        /// The actions of the watched signals before.
        var earlier: [Int32: sigaction] = [:]
    }

    static let shared = SignalPipe()
    private let state = Mutex(State())

    func add(_ watch: SignalWatch) throws {
        try state.withLock { state in
            if state.exit == nil { state.exit = try open() }
            state.watches[ObjectIdentifier(watch)] = watch
            for number in watch.numbers where state.earlier[number] == nil {
                var (action, earlier) = (Self.action, sigaction())
                sigaction(number, &action, &earlier)
                state.earlier[number] = earlier
            }
        }
    }

    func remove(_ watch: SignalWatch) {
        state.withLock { state in
            state.watches[ObjectIdentifier(watch)] = nil
            for number in watch.numbers where !state.watches.values.contains(where: { $0.numbers.contains(number) }) {
                guard var earlier = state.earlier.removeValue(forKey: number) else { continue }
                sigaction(number, &earlier, nil)
            }
        }
    }

    private func receive(_ number: Int32) {
        let watches = state.withLock { state in state.watches.values.filter { $0.numbers.contains(number) } }
        for watch in watches { watch.receive() }
    }

    private func open() throws -> any DispatchSourceRead {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            throw SchedulerError(
                .illegalState,
                "Signals cannot be watched: \(String(cString: strerror(errno))). Close files, or raise the limit.")
        }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        let exit = ends[0]
        let source = DispatchSource.makeReadSource(fileDescriptor: exit, queue: DispatchQueue(label: "rota.signals"))
        source.setEventHandler { [self] in
            var number: UInt8 = 0
            while read(exit, &number, 1) == 1 { receive(Int32(number)) }
        }
        source.resume()
        pipeEntrance = ends[1]
        return source
    }

    /// The action of watched signals: it writes the signal's number.
    private static var action: sigaction {
        let handler: @convention(c) (Int32) -> Void = { number in
            let error = errno
            var byte = UInt8(truncatingIfNeeded: number)
            _ = write(pipeEntrance, &byte, 1)
            errno = error
        }
        var action = sigaction()
        #if os(Linux)
            action.__sigaction_handler.sa_handler = handler
        #else
            action.__sigaction_u.__sa_handler = handler
        #endif
        action.sa_flags = SA_RESTART
        return action
    }
}
