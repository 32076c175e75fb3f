/// Deadlines, the earliest first.
///
/// A deadline of something that has ended stays until it reaches the top, or until such deadlines outnumber the others.
package struct DeadlineHeap<Ticket> {
    package struct Entry {
        package let date: ContinuousClock.Instant
        package let ticket: Ticket

        @inlinable
        package init(date: ContinuousClock.Instant, ticket: Ticket) {
            self.date = date
            self.ticket = ticket
        }
    }

    @usableFromInline var heap: [Entry] = []

    package init() {}

    @inlinable package var isEmpty: Bool { heap.isEmpty }

    @inlinable package var count: Int { heap.count }

    /// The earliest deadline.
    @inlinable package var first: Entry? { heap.first }

    @inlinable
    package mutating func push(_ entry: Entry) {
        heap.append(entry)
        var child = heap.count - 1
        while child > 0, heap[child].date < heap[(child - 1) / 2].date {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    @inlinable
    package mutating func removeFirst() {
        guard let last = heap.popLast(), !heap.isEmpty else { return }
        heap[0] = last
        sink(from: 0)
    }

    /// Drops the deadlines of what has ended, if there are many.
    ///
    /// - Parameters:
    ///   - live: The number of deadlines that still count.
    ///   - isLive: Whether a ticket's deadline still counts.
    @inlinable
    package mutating func compact(live: Int, _ isLive: (Ticket) -> Bool) {
        guard heap.count > 64, heap.count > 2 * live else { return }
        heap.removeAll { !isLive($0.ticket) }
        for parent in stride(from: heap.count / 2 - 1, through: 0, by: -1) { sink(from: parent) }
    }

    @inlinable
    mutating func sink(from start: Int) {
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

extension DeadlineHeap: Sendable where Ticket: Sendable {}
extension DeadlineHeap.Entry: Sendable where Ticket: Sendable {}
