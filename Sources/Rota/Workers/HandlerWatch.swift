import Foundation
import RotaCore
import RotaStore

/// What a handler may not exceed, and what happens when it does.
struct HandlerWatch: Sendable {
    /// Why a handler was stopped.
    enum Overrun: Error {
        /// It took too long.
        case timeout
        /// It gave no sign of life for too long.
        case silence
    }

    let timeout: Duration?
    let heartbeatLimit: Duration?
    let pulse: Pulse

    private var clock: any WallClock { pulse.clock }

    /// Runs an operation, and cancels it if it exceeds a limit.
    ///
    /// Its end is waited for in any case: work never goes on behind the scheduler's back, and an operation that ends
    /// well in spite of its cancellation has ended well. While a silent one does not end, its lease runs out.
    func run<Value: Sendable>(_ operation: @escaping @Sendable () async throws -> Value) async throws -> Value {
        guard timeout != nil || heartbeatLimit != nil else { return try await operation() }
        let start = clock.uptime
        let work = Task { @concurrent in try await operation() }
        let watch = Task { @concurrent in
            await SleeperTag.$current.withValue(.watch(pulse.lease.executionID, token: pulse.lease.token)) {
                let overrun = await exceeded(from: start)
                guard overrun != nil else { return overrun }
                work.cancel()
                // Whoever owns the clock's time expects the watch for as long as the attempt lasts.
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

    /// Waits until a limit is exceeded, by the uptime, which steps of the wall clock do not change.
    ///
    /// - Returns: `nil` if the wait was canceled before.
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
            // An instant that cannot be told from the present one would come back at once, for ever.
            let rest = max(end - uptime, .milliseconds(1))
            do { try await clock.sleep(until: clock.now.advanced(by: rest)) } catch { return nil }
        }
    }
}
