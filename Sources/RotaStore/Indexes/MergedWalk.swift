/// Several sorted sets, each of whose keys is met once, in order.
struct MergedWalk<Key: Comparable & Sendable>: Sequence, IteratorProtocol {
    private var iterators: [AnyIterator<Key>]
    private var heads: [Key?]
    private let order: ListOrder

    /// - Parameters:
    ///   - sets: The sets; there should be few of them, for each step looks at all.
    ///   - order: The order of the keys.
    ///   - place: Where to go on: only keys beyond it are met.
    init(_ sets: [OrderedIndex<Key>], _ order: ListOrder, after place: Key?) {
        iterators = sets.map { set in
            switch order {
            case .ascending: AnyIterator(set.suffix(after: place).makeIterator())
            case .descending: AnyIterator(set.prefixReversed(before: place).makeIterator())
            }
        }
        heads = iterators.map { $0.next() }
        self.order = order
    }

    mutating func next() -> Key? {
        var best: Key?
        for head in heads {
            guard let head else { continue }
            if let known = best, order == .ascending ? known <= head : known >= head { continue }
            best = head
        }
        guard let best else { return nil }
        for index in heads.indices where heads[index] == best { heads[index] = iterators[index].next() }
        return best
    }
}

/// A page of a list that is filled from a walk.
enum Paging {
    /// How many records a page may look at.
    ///
    /// A list of what few records have goes on with the cursor of a page that is not full, or empty.
    static let examined = 10_000

    /// Fills a page.
    ///
    /// - Parameters:
    ///   - keys: The records from the cursor on.
    ///   - limit: The number of items that fill the page.
    ///   - cursor: The cursor after a key.
    ///   - select: The record of a key, if it is listed.
    static func page<Key, Item: Sendable>(
        _ keys: some Sequence<Key>, limit: Int, cursor: (Key) -> PageCursor, _ select: (Key) -> Item?
    ) -> RecordPage<Item> {
        var items: [Item] = []
        var last: Key?
        var count = 0
        for key in keys {
            if count == examined { return RecordPage(items: items, next: last.map(cursor)) }
            count += 1
            if let item = select(key) {
                // The cursor lies after the last item, so that a page ends where its items do.
                if items.count == limit { return RecordPage(items: items, next: last.map(cursor)) }
                items.append(item)
                last = key
            } else if items.count < limit {
                last = key
            }
        }
        return RecordPage(items: items, next: nil)
    }

    static func check(_ limit: Int) throws(StoreError) {
        guard (1...1000).contains(limit) else {
            throw StoreError(.invalidQuery, "A page cannot have \(limit) items; its limit is from 1 to 1,000.")
        }
    }
}
