#if Postgres
    import CLibPQ

    /// A message that another session sent by NOTIFY.
    package struct PostgresNotification: Sendable, Hashable {
        package let channel: String
        package let payload: String
        /// The number of the server's process that sent it.
        package let processID: Int32
    }

    extension PostgresConnection {
        /// Waits for notifications, after a LISTEN on this connection.
        ///
        /// A pooler in transaction mode does not deliver any.
        ///
        /// - Parameters:
        ///   - deadline: When to return without one.
        ///   - wake: A pipe by which another thread can end the wait.
        /// - Returns: What came since the last call, or nothing if the deadline passed or the pipe was written to.
        /// - Throws: ``PostgresError`` with the code `connectionLost`. Notifications may then have been lost.
        package func notifications(
            until deadline: ContinuousClock.Instant, wake: WakePipe? = nil
        ) throws(PostgresError) -> [PostgresNotification] {
            let handle = try live()
            while true {
                var isAlive = true
                var found: [PostgresNotification] = []
                // The TLS library may have bytes of which the socket knows nothing: see `Batch`.
                for _ in 0..<(PQsslInUse(handle) == 1 ? 4 : 1) where isAlive {
                    isAlive = PQconsumeInput(handle) == 1 && PQstatus(handle) == CONNECTION_OK
                    found += takeNotifications(handle)
                }
                if !found.isEmpty { return found }
                guard isAlive else { throw lostWhileListening(lastMessage(handle)) }
                switch SocketWait.wait(PQsocket(handle), read: true, write: false, wake: wake, until: deadline) {
                case .ready: continue
                case .timedOut, .woken: return takeNotifications(handle)
                case .failed(let errno): throw lostWhileListening("poll failed (errno \(errno))")
                }
            }
        }

        private func lostWhileListening(_ reason: String) -> PostgresError {
            drop("it broke while it waited for notifications")
            return PostgresError(
                .connectionLost, "The connection to PostgreSQL broke while it waited: \(reason). Connect again.")
        }

        /// Takes the notifications that libpq has read.
        private func takeNotifications(_ handle: OpaquePointer) -> [PostgresNotification] {
            var found: [PostgresNotification] = []
            while let notification = PQnotifies(handle) {
                defer { PQfreemem(notification) }
                let content = notification.pointee
                found.append(
                    PostgresNotification(
                        channel: content.relname.map { String(cString: $0) } ?? "",
                        payload: content.extra.map { String(cString: $0) } ?? "", processID: content.be_pid))
            }
            return found
        }
    }
#endif
