import Synchronization

/// The observers of a scheduler.
final class ObserverList: Sendable {
    private let observers = Mutex<[any SchedulerObserver]>([])
    private let count = Atomic<Int>(0)

    /// Whether there is nobody to tell, as it is mostly.
    var isEmpty: Bool { count.load(ordering: .relaxed) == 0 }

    func add(_ observer: any SchedulerObserver) {
        observers.withLock { observers in
            observers.append(observer)
            count.store(observers.count, ordering: .relaxed)
        }
    }

    /// Tells every observer something; they are not called under the lock, so that they may do as they like.
    func tell(_ something: (any SchedulerObserver) -> Void) {
        guard !isEmpty else { return }
        for observer in observers.withLock(\.self) { something(observer) }
    }
}
