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
        let (result, overrun) = await withTaskGroup(of: Ended<Value>.self) { group in
            group.addTask {
                do { return .operation(.success(try await operation())) } catch { return .operation(.failure(error)) }
            }
            group.addTask {
                .watch(await SleeperTag.$current.withValue(nil) { await watch(from: start) })
            }
            var overrun: Overrun?
            var result: Result<Value, any Error>?
            while result == nil, let ended = await group.next() {
                switch ended {
                case .operation(let ended): result = ended
                case .watch(let seen): overrun = seen
                }
                group.cancelAll()
            }
            return (result, overrun)
        }
        if case .failure = result, let overrun { throw overrun }
        guard let result else { throw CancellationError() }
        return try result.get()
    }

    private enum Ended<Value: Sendable>: Sendable {
        case operation(Result<Value, any Error>)
        case watch(Overrun?)
    }

    /// Waits until a limit is exceeded, by the uptime, which steps of the wall clock do not change.
    ///
    /// - Returns: `nil` if the wait was canceled before.
    private func watch(from start: Duration) async -> Overrun? {
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
            do { try await clock.sleep(until: clock.now.advanced(by: end - uptime)) } catch { return nil }
        }
    }
}
