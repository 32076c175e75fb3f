#if Postgres
    import Synchronization

    /// The reasons why a store that works could work better, told once to every reader.
    final class AdviceBoard: Sendable {
        /// The subject of a reason.
        ///
        /// Of each only the first reason is reported.
        enum Topic: Sendable {
            case news, snapshots, log
        }

        private struct Board {
            var texts: [String] = []
            var topics: Set<Topic> = []
            var readers: [Int: AsyncStream<String>.Continuation] = [:]
            var lastReader = 0
            var isClosed = false
        }

        private let board = Mutex(Board())

        /// Tells a text, unless something was told on its topic before.
        func add(_ text: String, on topic: Topic) {
            let readers = board.withLock { board -> [AsyncStream<String>.Continuation] in
                guard board.topics.insert(topic).inserted else { return [] }
                board.texts.append(text)
                return Array(board.readers.values)
            }
            for reader in readers { reader.yield(text) }
        }

        /// Reads what was told and what will be, until the board is closed.
        func read() -> AsyncStream<String> {
            let (stream, continuation) = AsyncStream.makeStream(of: String.self, bufferingPolicy: .bufferingNewest(8))
            let isClosed = board.withLock { board in
                for text in board.texts { continuation.yield(text) }
                guard !board.isClosed else { return true }
                board.lastReader += 1
                let number = board.lastReader
                board.readers[number] = continuation
                continuation.onTermination = { [weak self] _ in self?.remove(number) }
                return false
            }
            if isClosed { continuation.finish() }
            return stream
        }

        private func remove(_ number: Int) {
            _ = board.withLock { $0.readers.removeValue(forKey: number) }
        }

        /// Ends what is read.
        func close() {
            let readers = board.withLock { board in
                board.isClosed = true
                defer { board.readers = [:] }
                return Array(board.readers.values)
            }
            for reader in readers { reader.finish() }
        }
    }
#endif
