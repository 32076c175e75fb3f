#if Postgres
    import RotaCore
    import Synchronization

    #if canImport(Darwin)
        import Darwin
    #elseif canImport(Glibc)
        import Glibc
    #elseif canImport(Musl)
        import Musl
    #endif

    /// Waiting for a socket, until a deadline.
    enum SocketWait {
        enum Outcome: Equatable {
            case ready(canRead: Bool, canWrite: Bool)
            case woken
            case timedOut
            case failed(errno: Int32)
        }

        /// Blocks until the socket is ready, the pipe was written to, or the deadline has passed.
        static func wait(
            _ socket: Int32, read: Bool, write: Bool, wake: WakePipe? = nil, until deadline: ContinuousClock.Instant
        ) -> Outcome {
            let interest = Int16(read ? POLLIN : 0) | Int16(write ? POLLOUT : 0)
            var entries = [pollfd(fd: socket, events: interest, revents: 0)]
            if let wake { entries.append(pollfd(fd: wake.readEnd, events: Int16(POLLIN), revents: 0)) }
            while true {
                let left = deadline - .now
                guard left > .zero else { return .timedOut }
                let milliseconds = Int32(clamping: left.millisecondsRoundedUp)
                let count = poll(&entries, nfds_t(entries.count), milliseconds)
                if count < 0, errno == EINTR { continue }
                if count < 0 { return .failed(errno: errno) }
                if count == 0 { continue }
                if entries.count > 1, entries[1].revents != 0 {
                    wake?.empty()
                    return .woken
                }
                // An error or the end of the connection makes libpq's next call tell which.
                let ended = entries[0].revents & Int16(POLLERR | POLLHUP | POLLNVAL) != 0
                return .ready(
                    canRead: ended || entries[0].revents & Int16(POLLIN) != 0,
                    canWrite: ended || entries[0].revents & Int16(POLLOUT) != 0)
            }
        }
    }

    /// A way to end another thread's wait for notifications.
    package final class WakePipe: Sendable {
        let readEnd: Int32
        private let writeEnd: Int32

        /// Opens the pipe.
        ///
        /// - Throws: ``PostgresError`` if the process has too many open files.
        package init() throws(PostgresError) {
            var ends: [Int32] = [-1, -1]
            let opened = pipe(&ends)
            guard opened == 0 else {
                throw PostgresError(.cannotConnect, "A pipe could not be opened (errno \(errno)). Close some files.")
            }
            for end in ends {
                _ = fcntl(end, F_SETFL, O_NONBLOCK)
                _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            }
            (readEnd, writeEnd) = (ends[0], ends[1])
        }

        deinit {
            close(readEnd)
            close(writeEnd)
        }

        /// Ends the current wait, or the next one.
        package func wake() {
            var byte: UInt8 = 1
            _ = write(writeEnd, &byte, 1)
        }

        func empty() {
            var bytes = [UInt8](repeating: 0, count: 64)
            while read(readEnd, &bytes, bytes.count) == bytes.count {}
        }
    }
#endif
