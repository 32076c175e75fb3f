#if Postgres
    import Foundation
    import RotaPostgres
    import Synchronization

    /// A way to the server that cuts or stalls connections after a number of bytes.
    final class CuttingProxy: Sendable {
        enum Direction: Sendable { case toServer, toClient }

        enum Fault: Sendable {
            case none
            /// After so many bytes in a direction, both sides are closed.
            case cut(Direction, after: Int)
            /// After so many bytes in a direction, nothing is forwarded in it any more.
            case stall(Direction, after: Int)
            /// New connections are closed at once.
            case refuse
        }

        private struct State {
            var fault = Fault.none
            var toServer = 0
            var toClient = 0
            var isStopped = false

            /// How many of the bytes may pass, and whether the connection is cut after them.
            mutating func pass(_ count: Int, _ direction: Direction) -> (count: Int, cuts: Bool) {
                let before = direction == .toServer ? toServer : toClient
                var allowed = count
                var cuts = false
                switch fault {
                case .cut(direction, let limit):
                    allowed = min(count, max(0, limit - before))
                    cuts = before + allowed >= limit
                case .stall(direction, let limit): allowed = min(count, max(0, limit - before))
                default: break
                }
                if direction == .toServer { toServer += allowed } else { toClient += allowed }
                return (allowed, cuts)
            }
        }

        private let listener: Listener
        private let state = Mutex(State())
        let target: String

        /// Starts a proxy for the server behind a Unix-domain socket.
        init(to path: String) throws {
            listener = try Listener()
            target = path
            Thread.detachNewThread { [self] in serve() }
        }

        var port: UInt16 { listener.port }

        /// The bytes that passed since the last ``arm(_:)``.
        var passed: (toServer: Int, toClient: Int) { state.withLock { ($0.toServer, $0.toClient) } }

        /// Sets a fault, whose bytes count from now.
        func arm(_ fault: Fault) {
            state.withLock {
                $0.fault = fault
                $0.toServer = 0
                $0.toClient = 0
            }
        }

        func stop() {
            state.withLock { $0.isStopped = true }
        }

        private func serve() {
            defer { listener.close() }
            var pairs: [(client: Int32, server: Int32)] = []
            defer { for pair in pairs { close(pair) } }
            while !state.withLock({ $0.isStopped }) {
                var entries = [pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0)]
                for pair in pairs {
                    entries.append(pollfd(fd: pair.client, events: events(.toServer), revents: 0))
                    entries.append(pollfd(fd: pair.server, events: events(.toClient), revents: 0))
                }
                // A short limit, because a fault may be armed or the proxy stopped meanwhile.
                guard poll(&entries, nfds_t(entries.count), 20) > 0 else { continue }
                if entries[0].revents != 0 { accept(&pairs) }
                for index in stride(from: (entries.count - 1) / 2 - 1, through: 0, by: -1) {
                    let pair = pairs[index]
                    let lives =
                        (entries[1 + 2 * index].revents == 0 || forward(pair.client, pair.server, .toServer))
                        && (entries[2 + 2 * index].revents == 0 || forward(pair.server, pair.client, .toClient))
                    if !lives {
                        close(pair)
                        pairs.remove(at: index)
                    }
                }
            }
        }

        private func close(_ pair: (client: Int32, server: Int32)) {
            _ = Foundation.close(pair.client)
            _ = Foundation.close(pair.server)
        }

        /// Nothing is read in a direction that has stalled.
        private func events(_ direction: Direction) -> Int16 {
            state.withLock { state in
                if case .stall(direction, let limit) = state.fault,
                    (direction == .toServer ? state.toServer : state.toClient) >= limit
                {
                    return 0
                }
                return Int16(POLLIN)
            }
        }

        private func accept(_ pairs: inout [(client: Int32, server: Int32)]) {
            let client = Foundation.accept(listener.descriptor, nil, nil)
            guard client >= 0 else { return }
            if case .refuse = state.withLock({ $0.fault }) {
                _ = Foundation.close(client)
                return
            }
            guard let server = try? connectSocket(to: target) else {
                _ = Foundation.close(client)
                return
            }
            pairs.append((client, server))
        }

        /// Forwards what can be read, and returns whether the connection still lives.
        private func forward(_ from: Int32, _ to: Int32, _ direction: Direction) -> Bool {
            var bytes = [UInt8](repeating: 0, count: 1 << 16)
            let count = recv(from, &bytes, bytes.count, Int32(MSG_DONTWAIT))
            if count < 0 { return errno == EAGAIN || errno == EINTR }
            if count == 0 { return false }
            let (allowed, cuts) = state.withLock { $0.pass(count, direction) }
            var sent = 0
            while sent < allowed {
                let more = bytes.withUnsafeBytes { buffer in
                    send(to, buffer.baseAddress.map { $0 + sent }, allowed - sent, noSignal)
                }
                guard more > 0 else { return false }
                sent += more
            }
            return !cuts
        }
    }
#endif
