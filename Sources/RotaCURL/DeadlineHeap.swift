/// The deadlines of requests, the earliest first.
///
/// A deadline of a request that has ended stays until it reaches the top, or until such deadlines outnumber the others.
struct DeadlineHeap {
    struct Entry {
        let date: ContinuousClock.Instant
        let ticket: Ticket
    }

    private var heap: [Entry] = []

    var count: Int { heap.count }

    /// The earliest deadline.
    var first: Entry? { heap.first }

    mutating func push(_ entry: Entry) {
        heap.append(entry)
        var child = heap.count - 1
        while child > 0, heap[child].date < heap[(child - 1) / 2].date {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func removeFirst() {
        guard let last = heap.popLast(), !heap.isEmpty else { return }
        heap[0] = last
        sink(from: 0)
    }

    /// Drops the deadlines of requests that have ended, if there are many.
    ///
    /// - Parameters:
    ///   - live: The number of requests that have not ended.
    ///   - isLive: Whether a request has not ended.
    mutating func compact(live: Int, _ isLive: (Ticket) -> Bool) {
        guard heap.count > 64, heap.count > 2 * live else { return }
        heap.removeAll { !isLive($0.ticket) }
        for parent in stride(from: heap.count / 2 - 1, through: 0, by: -1) { sink(from: parent) }
    }

    private mutating func sink(from start: Int) {
        var parent = start
        while true {
            var least = 2 * parent + 1
            guard least < heap.count else { return }
            if least + 1 < heap.count, heap[least + 1].date < heap[least].date { least += 1 }
            guard heap[least].date < heap[parent].date else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
