import Synchronization

/// Whether a scheduler was asked to shut down; it can be asked from anywhere, any number of times.
final class StopRequest: Sendable {
    private let flag = Mutex(false)

    var isMade: Bool { flag.withLock(\.self) }

    func make() {
        flag.withLock { $0 = true }
    }
}
