import CRotaCommands
import Foundation

/// The end of a command as the system told it.
struct CommandEnding: Sendable {
    /// The exit status, if the command exited.
    var status: Int32?
    /// The signal, if one ended it.
    var signal: Int32?
    /// Whether the command was running when its attempt was canceled.
    var isCanceled: Bool
    /// Whether the command ran on for the grace period after SIGTERM, and got SIGKILL.
    var isKilled: Bool
    /// Whether something that wrote output was stopped, or its output was no longer read.
    var isCut: Bool
    var output: OutputCapture
    var errorOutput: OutputCapture
}

/// A command that runs, as the thread that attends to it sees it.
///
/// ```
///   running ──stop──▶ SIGTERM ──▶ ended, and reaped ──▶ nothing left of the group, and no output open
///      └───ends by itself───▲          └──grace──▶ SIGKILL ──▲
/// ```
///
/// Signals go to the group. Until the command's own process is reaped, the system gives its number to no other process.
/// Only then can be asked whether anything else is left in the group. As long as something is, the number of the group
/// is not given away either, and afterwards not before all other numbers. So a signal then goes out only right after
/// that question, which is asked several times in a second.
struct RunningCommand: Sendable {
    let ticket: CommandTicket
    private var child: Launch.Child
    private let input: [UInt8]
    private var written = 0
    private var output: OutputCapture
    private var errorOutput: OutputCapture
    private let grace: Duration
    private let leftovers: CommandLeftovers
    private let continuation: CheckedContinuation<CommandEnding, Never>
    private var hasEnded = false
    /// Whether others took the status, so that the process number may belong to another process by now.
    private var isLost = false
    private var isCanceled = false
    /// Whether the command itself, and not only a process that it left behind, got SIGKILL.
    private var outlivedGrace = false
    /// Whether processes that the command left behind were asked to end.
    private var wasStopped = false
    private var isKilled = false
    /// Whether the group got SIGTERM.
    private var isTerminated = false
    /// The status and the signal, once the command's own process is reaped.
    private var reaped: (status: Int32, signal: Int32)?
    /// Whether nothing runs in the group any more.
    private var isGroupGone = false
    /// When to ask next whether anything is left of the group, and the pause after that.
    private var nextLook: (date: ContinuousClock.Instant, pause: Duration)?
    /// When the next step follows: SIGKILL, or after it the end of reading.
    private var deadline: ContinuousClock.Instant?

    /// How long output is read after SIGKILL from processes that left the group.
    private static let outputGrace = Duration.milliseconds(200)

    init(
        _ child: Launch.Child, ticket: CommandTicket, input: [UInt8]?, output: OutputCapture, grace: Duration,
        leftovers: CommandLeftovers, continuation: CheckedContinuation<CommandEnding, Never>
    ) {
        self.child = child
        self.ticket = ticket
        self.input = input ?? []
        self.output = output
        errorOutput = output
        self.grace = grace
        self.leftovers = leftovers
        self.continuation = continuation
        if self.input.isEmpty { close(\.input) }
    }

    /// The descriptors to wait for.
    var polls: [pollfd] {
        var polls: [pollfd] = []
        for source in [hasEnded ? nil : child.end, child.output, child.errorOutput] {
            if let source { polls.append(pollfd(fd: source, events: Int16(POLLIN), revents: 0)) }
        }
        if let input = child.input { polls.append(pollfd(fd: input, events: Int16(POLLOUT), revents: 0)) }
        return polls
    }

    /// The longest time to wait for the descriptors, in milliseconds, or `nil` for no limit.
    func wait(from now: ContinuousClock.Instant, tick: Int32) -> Int32? {
        guard !isDone else { return 0 }
        let look = hasEnded ? nextLook?.date : nil
        let rest = [deadline, look].compactMap(\.self).min().map { date -> Int32 in
            let left = (date - now).components
            return Int32(clamping: max(0, left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000 + 1))
        }
        guard !hasEnded, child.end == nil else { return rest }
        return min(rest ?? tick, tick)
    }

    /// Ends the command, unless it has ended.
    mutating func stop(at now: ContinuousClock.Instant) {
        guard !isCanceled else { return }
        notice()
        if hasEnded {
            linger(at: now)
            if leftovers == .leave { deadline = now }
            return
        }
        isCanceled = true
        terminate()
        deadline = now + grace
    }

    /// Reads, writes, and takes the next step.
    ///
    /// - Returns: Whether the command is done.
    mutating func advance(_ ready: [pollfd], at now: ContinuousClock.Instant, with scratch: inout [UInt8]) -> Bool {
        for poll in ready {
            switch poll.fd {
            case child.output: Self.read(&child.output, into: &output, with: &scratch)
            case child.errorOutput: Self.read(&child.errorOutput, into: &errorOutput, with: &scratch)
            case child.input: write()
            // Closed by mistake: the command is looked at regularly instead.
            case child.end where poll.revents & Int16(POLLNVAL) != 0: child.end = nil
            default: break
            }
        }
        let isDue = deadline.map { $0 <= now } ?? false
        if !hasEnded, child.end == nil || isDue || ready.contains(where: { $0.fd == child.end }) {
            notice()
            if hasEnded { linger(at: now) }
        }
        if let look = nextLook, look.date <= now { lookForGroup(at: now) }
        if let deadline, deadline <= now { step(at: now) }
        return isDone
    }

    /// Whether nothing has the command's output open any more.
    private var isQuiet: Bool { child.output == nil && child.errorOutput == nil }

    /// Whether there is nothing left to wait for.
    private var isDone: Bool { hasEnded && (isQuiet && isSettled || deadline == nil) }

    /// Whether there is nothing in the group to wait for.
    private var isSettled: Bool { !endsGroup || isGroupGone || isLost }

    /// Whether what is left of the group is ended.
    private var endsGroup: Bool { isCanceled || leftovers == .end }

    /// Finds out whether the command has ended.
    private mutating func notice() {
        guard !hasEnded else { return }
        let state = rota_child_has_ended(child.pid)
        hasEnded = state != 0
        isLost = state < 0
    }

    /// Gives what is left of the group, and processes that still have the output open, time to end.
    private mutating func linger(at now: ContinuousClock.Instant) {
        close(\.input)
        if endsGroup, !isLost, reaped == nil {
            if !isTerminated {
                terminate()
                wasStopped = !isQuiet
            }
            reap()
            nextLook = (now, .milliseconds(10))
            lookForGroup(at: now)
        }
        guard !isQuiet || !isSettled else { return }
        if isKilled || isLost {
            deadline = now + Self.outputGrace
        } else if deadline == nil {
            deadline = now + grace
        }
    }

    private mutating func terminate() {
        isTerminated = true
        signal(SIGTERM)
        // A stopped process would not see it.
        signal(SIGCONT)
    }

    /// Takes the status of the command's own process, which has ended.
    private mutating func reap() {
        var (status, signal): (Int32, Int32) = (-1, -1)
        if rota_child_reap(child.pid, &status, &signal) == 0 { reaped = (status, signal) } else { isLost = true }
    }

    /// Finds out whether anything is left of the group, more and more rarely.
    private mutating func lookForGroup(at now: ContinuousClock.Instant) {
        guard reaped != nil, !isGroupGone else { return nextLook = nil }
        isGroupGone = rota_group_is_left(child.pid) == 0
        let pause = min((nextLook?.pause ?? .zero) * 2, .milliseconds(320))
        nextLook = isGroupGone ? nil : (now + pause, pause)
    }

    /// Does what is due after a grace period.
    private mutating func step(at now: ContinuousClock.Instant) {
        deadline = nil
        guard endsGroup, !isKilled, !isLost else { return }
        lookForGroup(at: now)
        signal(SIGKILL)
        if !isQuiet { wasStopped = true }
        isKilled = true
        // Perhaps only the processes that it left behind ran on.
        outlivedGrace = !hasEnded
        guard hasEnded else { return }
        deadline = now + Self.outputGrace
        if !isGroupGone { nextLook = (now + .milliseconds(10), .milliseconds(10)) }
    }

    /// Sends a signal to the group, unless its number may belong to another one.
    private func signal(_ number: Int32) {
        guard !isLost, !isGroupGone else { return }
        kill(-child.pid, number)
    }

    /// Forgets the process, and says how it ended.
    consuming func finish() {
        if reaped == nil, !isLost { reap() }
        let (status, signal) = reaped ?? (-1, -1)
        for end in [child.end, child.input, child.output, child.errorOutput] {
            if let end { Foundation.close(end) }
        }
        continuation.resume(
            returning: CommandEnding(
                status: status < 0 ? nil : status, signal: signal < 0 ? nil : signal, isCanceled: isCanceled,
                isKilled: isCanceled && outlivedGrace,
                isCut: isCanceled || wasStopped || isLost || signal >= 0 || !isQuiet,
                output: output, errorOutput: errorOutput))
    }

    private mutating func close(_ end: WritableKeyPath<Launch.Child, Int32?>) {
        if let descriptor = child[keyPath: end] { Foundation.close(descriptor) }
        child[keyPath: end] = nil
    }

    /// Reads what is there, at most 1 MiB, so that one command does not hold up the others.
    private static func read(_ end: inout Int32?, into capture: inout OutputCapture, with scratch: inout [UInt8]) {
        guard let descriptor = end else { return }
        for _ in 0..<16 {
            let count = Foundation.read(descriptor, &scratch, scratch.count)
            guard count > 0 else {
                guard count == 0 || (errno != EAGAIN && errno != EINTR) else { return }
                Foundation.close(descriptor)
                end = nil
                return
            }
            scratch.withUnsafeBytes { capture.append(UnsafeRawBufferPointer(rebasing: $0.prefix(count))) }
        }
    }

    /// Writes as much input as fits.
    ///
    /// A command that does not read its input loses the rest.
    private mutating func write() {
        guard let descriptor = child.input else { return }
        // SIGPIPE is blocked on this thread, so a closed pipe is only an error.
        let count = input[written...].withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
        if count > 0 { written += count }
        let isDone = count > 0 ? written == input.count : errno != EAGAIN && errno != EINTR
        if isDone { close(\.input) }
    }
}
