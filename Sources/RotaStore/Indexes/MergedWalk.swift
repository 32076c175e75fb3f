/// Merges sorted sets and yields each key once, in order.
struct MergedWalk<Key: Comparable & Sendable>: Sequence, IteratorProtocol {
    private var iterators: [AnyIterator<Key>]
    private var heads: [Key?]
    private let order: ListOrder

    /// - Parameters:
    ///   - sets: The sets. Each step examines all of them, so there should be few.
    ///   - order: The order of the keys.
    ///   - place: The key after which to continue.
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

/// Fills pages of lists.
enum Paging {
    /// The number of records that one page may examine.
    ///
    /// A page that reaches it may be partly filled or empty, and its cursor continues the list.
    static let examined = 10_000

    /// Fills a page from sorted keys.
    ///
    /// - Parameters:
    ///   - keys: The keys after the cursor.
    ///   - limit: The number of items that fill the page.
    ///   - cursor: Returns the cursor after a key.
    ///   - select: Returns the record of a key if the list includes it.
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

    /// Checks that a page's limit is 1 to 1,000.
    static func check(_ limit: Int) throws(StoreError) {
        guard (1...1000).contains(limit) else {
            throw StoreError(.invalidQuery, "The limit of a page must be 1 to 1,000, not \(limit).")
        }
    }
}
