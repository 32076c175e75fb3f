extension SnapshotWriter {
    /// Writes everything that a walk yields, without a pause; if that fails, gives the snapshot up.
    ///
    /// - Parameter next: The payloads of the next piece; nil if that was all.
    package mutating func append(_ next: () throws -> [[UInt8]]?) throws {
        do {
            while let payloads = try next() {
                for payload in payloads { try append(payload) }
            }
        } catch {
            discard()
            throw error
        }
    }

    /// Writes and completes the snapshot on a queue, so that its caller's actor is free meanwhile; if that fails, gives
    /// it up.
    ///
    /// - Parameters:
    ///   - next: The payloads of the next piece; nil if that was all. Called on the caller's actor.
    ///   - certain: Makes certain what the pieces may show. Called on the caller's actor, after all of them.
    /// - Returns: The length of the file, in bytes.
    /// - Throws: `CancellationError` if the task is cancelled before all is written, and what writing, `next` and
    ///   `certain` throw.
    package func write(
        on queue: SerialQueueExecutor, isolation: isolated (any Actor)? = #isolation, _ next: () throws -> [[UInt8]]?,
        certain: () throws -> Void
    ) async throws -> Int {
        var writer = self
        do {
            try Task.checkCancellation()
            while let payloads = try next() {
                for payload in payloads { try await writer.perform(on: queue) { try $0.append(payload) } }
                try Task.checkCancellation()
            }
            try certain()
            try await writer.perform(on: queue) { try $0.finish() }
        } catch {
            await queue.perform { [writer] in writer.discard() }
            throw error
        }
        return writer.size
    }

    private mutating func perform(
        on queue: SerialQueueExecutor, isolation: isolated (any Actor)? = #isolation,
        _ body: @escaping @Sendable (inout SnapshotWriter) throws -> Void
    ) async throws {
        self = try await queue.perform { [self] in
            var writer = self
            try body(&writer)
            return writer
        }
    }
}
