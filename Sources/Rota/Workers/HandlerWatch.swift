import Foundation
import RotaCore
import RotaStore
import Synchronization

/// Enforces a handler's timeout and heartbeat limit.
struct HandlerWatch: Sendable {
    /// The reason a handler was canceled.
    enum Overrun {
        /// The timeout was exceeded.
        case timeout
        /// There was no heartbeat within the limit.
        case silence
    }

    /// A handler exceeded a limit.
    struct Excess: Error {
        let overrun: Overrun
        /// The error with which the canceled handler ended, if it did.
        var error: (any Error)?
    }

    let timeout: Duration?
    let heartbeatLimit: Duration?
    /// How long a canceled handler may take to end.
    let grace: Duration
    let recorder: HeartbeatRecorder

    /// Whether there is anything to enforce.
    var hasLimits: Bool { timeout != nil || heartbeatLimit != nil }

    private var clock: any WallClock { recorder.clock }

    /// Runs an operation, cancels it if it exceeds a limit, and abandons it if it then does not end.
    ///
    /// An operation that succeeds within the grace period in spite of being canceled has succeeded.
    ///
    /// - Parameters:
    ///   - work: The work, which counts its abandoned handlers.
    ///   - operation: Calls the handler.
    ///   - lateEnd: Called when an abandoned operation has ended.
    /// - Throws: ``Excess`` if a limit was exceeded; or the operation's error.
    func run<Value: Sendable>(
        _ work: ClaimedWork, _ operation: @escaping @Sendable () async throws -> Value,
        lateEnd: @escaping @Sendable () -> Void
    ) async throws -> Value {
        guard hasLimits else { return try await operation() }
        let start = clock.uptime
        let ending = FirstEnding<Value>()
        let handling = Task { @concurrent in
            let result: Result<Value, any Error>
            do { result = .success(try await operation()) } catch { result = .failure(error) }
            guard !ending.settle(.ended(result)) else { return }
            work.endAbandonedHandler()
            lateEnd()
        }
        let watch = Task { @concurrent in
            await SleeperTag.$current.withValue(.watch(recorder.lease.executionID, token: recorder.lease.token)) {
                guard let overrun = await exceeded(from: start) else { return Overrun?.none }
                handling.cancel()
                if await passes(grace) { work.abandon { ending.settle(.abandoned) } }
                return overrun
            }
        }
        let end = await withTaskCancellationHandler {
            await ending.value
        } onCancel: {
            handling.cancel()
        }
        watch.cancel()
        let overrun = await watch.value
        switch end {
        case .ended(.success(let value)): return value
        case .ended(.failure(let error)):
            throw overrun.map { Excess(overrun: $0, error: error) } ?? error
        case .abandoned: throw Excess(overrun: overrun ?? .timeout)
        }
    }

    /// Waits for a duration of uptime.
    ///
    /// - Returns: `false` if the wait was canceled first.
    private func passes(_ duration: Duration) async -> Bool {
        let start = clock.uptime
        while case let rest = duration - (clock.uptime - start), rest > .zero {
            do {
                try await clock.sleep(until: clock.now.advanced(by: max(rest, .milliseconds(1))))
            } catch {
                return false
            }
        }
        return !Task.isCancelled
    }

    /// Waits until a limit is exceeded.
    ///
    /// Measures uptime, which changes of the wall clock do not affect.
    ///
    /// - Returns: `nil` if the wait was canceled first.
    private func exceeded(from start: Duration) async -> Overrun? {
        while true {
            let uptime = clock.uptime
            let silenceEnd = heartbeatLimit.map { max(start, recorder.lastBeat ?? start) + $0 }
            let timeoutEnd = timeout.map { start + $0 }
            if let timeoutEnd, uptime >= timeoutEnd { return .timeout }
            if let silenceEnd, uptime >= silenceEnd {
                recorder.stop()
                return .silence
            }
            guard let end = [silenceEnd, timeoutEnd].compactMap(\.self).min() else { return nil }
            // A shorter sleep might not change the date at all, and return immediately, forever.
            let rest = max(end - uptime, .milliseconds(1))
            do { try await clock.sleep(until: clock.now.advanced(by: rest)) } catch { return nil }
        }
    }
}

/// The end of an operation that may be abandoned: that which is settled first counts.
private final class FirstEnding<Value: Sendable>: Sendable {
    enum Ending: Sendable {
        case ended(Result<Value, any Error>)
        case abandoned
    }

    private struct State {
        var ending: Ending?
        var waiter: CheckedContinuation<Ending, Never>?
    }

    private let state = Mutex(State())

    /// Settles how the operation ended.
    ///
    /// - Returns: `false` if that was settled before.
    func settle(_ ending: Ending) -> Bool {
        let (isFirst, waiter) = state.withLock { state -> (Bool, CheckedContinuation<Ending, Never>?) in
            guard state.ending == nil else { return (false, nil) }
            state.ending = ending
            defer { state.waiter = nil }
            return (true, state.waiter)
        }
        waiter?.resume(returning: ending)
        return isFirst
    }

    /// The ending.
    ///
    /// Only one task may wait for it.
    var value: Ending {
        get async {
            await withCheckedContinuation { continuation in
                let ending = state.withLock { state in
                    if state.ending == nil { state.waiter = continuation }
                    return state.ending
                }
                if let ending { continuation.resume(returning: ending) }
            }
        }
    }
}
