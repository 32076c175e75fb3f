extension Array {
    /// The outcomes of a store's operation, of which there has to be one for each request.
    ///
    /// - Parameters:
    ///   - operation: What the store was asked for.
    ///   - requests: How many requests it was given.
    /// - Throws: ``SchedulerError`` with code `unusableStore`.
    func answers(to operation: String, of requests: Int) throws -> [Element] {
        guard count == requests else {
            throw SchedulerError(
                .unusableStore,
                "The store gave \(count) outcomes for the \(requests) requests of a call of `\(operation)`; a `JobStore` "
                    + "gives one for each, in order. `StoreContract` of RotaTesting shows what a store does wrong.",
                value: "\(count)")
        }
        return self
    }
}
