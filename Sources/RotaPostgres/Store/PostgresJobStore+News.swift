#if Postgres
    import RotaStore

    // How instances learn of each other's commits.
    //
    //     this instance                      the server                     another instance
    //
    //     INSERT, COMMIT, NOTIFY ──────────▶ log of commits
    //                                        hint ────────────────────────▶ NewsListener
    //                                             ◀──────────────────────── new commits?
    //                                             ────────────────────────▶ announce: its scheduler looks for due work
    //
    // The hint follows the commit in the same round trip, but not in its transaction: there, a full queue of
    // notifications would fail the commit, and the commits of other users of NOTIFY would wait for this one. It is only
    // a hint: one that is lost costs no more than the wait until the next question, which is asked in any case. So none
    // waits for long: if the server refuses one, or keeps it waiting, the next ones are left out for a minute.

    /// The readers of news, and what is known of it.
    struct NewsDesk {
        var readers: [Int: AsyncStream<Void>.Continuation] = [:]
        var lastReader = 0
        /// Whether something has changed that no scheduler here has seen.
        var hasNews = false
        /// Hears of the commits of other instances, once there is a reader.
        var listener: NewsListener?
        /// When the next hint may be sent, and the wait until then if one is owed.
        var nextHint = Duration.zero
        var owedHint: Task<Void, Never>?

        /// Ends everything.
        func end() {
            listener?.stop()
            owedHint?.cancel()
            for reader in readers.values { reader.finish() }
        }
    }

    extension PostgresJobStore {
        /// Adds a reader of the news.
        func addReader(_ continuation: AsyncStream<Void>.Continuation) {
            guard isOpen else { return continuation.finish() }
            newsDesk.lastReader += 1
            let number = newsDesk.lastReader
            newsDesk.readers[number] = continuation
            continuation.onTermination = { [weak self] _ in
                Task { [weak self] in await self?.removeReader(number) }
            }
            startListening()
        }

        private func removeReader(_ number: Int) {
            newsDesk.readers[number] = nil
        }

        /// Tells readers that something has changed.
        func announce() {
            newsDesk.hasNews = false
            for reader in newsDesk.readers.values { reader.yield() }
        }

        // MARK: Hearing

        private func startListening() {
            guard newsDesk.listener == nil, environment.listens else { return }
            let listener = NewsListener(
                configuration, channel: log.schema.newsChannel, environment, advice: advisories)
            newsDesk.listener = listener
            Task { [weak self] in
                await listener.run { [weak self] in await self?.look() ?? false }
            }
        }

        /// Reads what other instances have done, and announces it.
        ///
        /// - Returns: Whether the server could be asked.
        private nonisolated func look() async -> Bool {
            (try? await query { _ in true }) ?? false
        }

        // MARK: Telling

        /// The statement that tells other instances of a commit.
        ///
        /// - Returns: Nothing if one was sent a moment ago: then another one follows later.
        func hint() -> [PostgresStatement] {
            let now = environment.elapsed()
            guard now >= newsDesk.nextHint else {
                oweHint(for: newsDesk.nextHint - now)
                return []
            }
            newsDesk.nextHint = now + environment.newsGap
            return [log.hint(of: environment.writer, waiting: environment.hintWait)]
        }

        /// Sends a hint after a while.
        func oweHint(for delay: Duration) {
            guard newsDesk.owedHint == nil else { return }
            newsDesk.owedHint = Task { [weak self, environment] in
                try? await environment.sleep(delay)
                await self?.payHint()
            }
        }

        private func payHint() {
            newsDesk.owedHint = nil
            guard isOpen else { return }
            sendHint(until: deadline)
        }

        /// Sends the hint that is owed, if any, because the store is about to be closed.
        func payLastHint() {
            guard let owed = newsDesk.owedHint else { return }
            newsDesk.owedHint = nil
            owed.cancel()
            sendHint(until: min(deadline, .now.advanced(by: Self.lastHintWait)))
        }

        private func sendHint(until deadline: ContinuousClock.Instant) {
            guard let connection, !connection.isBroken else { return }
            newsDesk.nextHint = environment.elapsed() + environment.newsGap
            let sent = try? connection.perform(
                [log.hint(of: environment.writer, waiting: environment.hintWait)], deadline: deadline)
            // A connection that broke is opened again, and says nothing about the next hint.
            if sent == nil, !connection.isBroken { giveUpHints() }
        }

        /// How long the end of a store may wait for a server that does not answer.
        private static let lastHintWait = Duration.seconds(1)

        /// Sends no hints for a while, because the server refuses them.
        func giveUpHints() {
            newsDesk.nextHint = environment.elapsed() + .seconds(60)
        }
    }
#endif
