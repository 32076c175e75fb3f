import Foundation
import RotaCore
import RotaStore

/// Enforces a handler's timeout and heartbeat limit.
struct HandlerWatch: Sendable {
    /// The reason a handler was canceled.
    enum Overrun: Error {
        /// The timeout was exceeded.
        case timeout
        /// There was no heartbeat within the limit.
        case silence
    }

    let timeout: Duration?
    let heartbeatLimit: Duration?
    let pulse: Pulse

    private var clock: any WallClock { pulse.clock }

    /// Runs an operation, and cancels it if it exceeds a limit.
    ///
    /// The method always waits for the operation to end, so no work continues unseen. An operation that succeeds in
    /// spite of being canceled has succeeded. If one without heartbeats does not end, its lease runs out.
    func run<Value: Sendable>(_ operation: @escaping @Sendable () async throws -> Value) async throws -> Value {
        guard timeout != nil || heartbeatLimit != nil else { return try await operation() }
        let start = clock.uptime
        let work = Task { @concurrent in try await operation() }
        let watch = Task { @concurrent in
            await SleeperTag.$current.withValue(.watch(pulse.lease.executionID, token: pulse.lease.token)) {
                let overrun = await exceeded(from: start)
                guard overrun != nil else { return overrun }
                work.cancel()
                // A test clock expects the watch to sleep for as long as the attempt lasts.
                while !Task.isCancelled { try? await clock.sleep(until: .distantFuture) }
                return overrun
            }
        }
        let result = await withTaskCancellationHandler {
            await work.result
        } onCancel: {
            work.cancel()
        }
        watch.cancel()
        let overrun = await watch.value
        if case .failure = result, let overrun { throw overrun }
        return try result.get()
    }

    /// Waits until a limit is exceeded.
    ///
    /// Measures uptime, which changes of the wall clock do not affect.
    ///
    /// - Returns: `nil` if the wait was canceled first.
    private func exceeded(from start: Duration) async -> Overrun? {
        while true {
            let uptime = clock.uptime
            let silenceEnd = heartbeatLimit.map { max(start, pulse.lastBeat ?? start) + $0 }
            let timeoutEnd = timeout.map { start + $0 }
            if let timeoutEnd, uptime >= timeoutEnd { return .timeout }
            if let silenceEnd, uptime >= silenceEnd {
                pulse.stop()
                return .silence
            }
            guard let end = [silenceEnd, timeoutEnd].compactMap(\.self).min() else { return nil }
            // A shorter sleep might not change the date at all, and return immediately, forever.
            let rest = max(end - uptime, .milliseconds(1))
            do { try await clock.sleep(until: clock.now.advanced(by: rest)) } catch { return nil }
        }
    }
}
