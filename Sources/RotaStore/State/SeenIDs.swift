/// Identifiers that were met, to notice those that are met twice.
///
/// Generators make them in ascending order, in which they need no set.
struct SeenIDs<ID: RecordID> {
    private var ascending: [ID] = []
    private var others: Set<ID> = []

    /// Takes note of an identifier.
    ///
    /// - Returns: Whether it is the first time.
    mutating func insert(_ id: ID) -> Bool {
        guard let last = ascending.last, id <= last else {
            ascending.append(id)
            return others.isEmpty || !others.contains(id)
        }
        var (low, high) = (0, ascending.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if ascending[middle] < id { low = middle + 1 } else { high = middle }
        }
        return ascending[low] != id && others.insert(id).inserted
    }
}
