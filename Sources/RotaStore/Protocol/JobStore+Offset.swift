extension JobStore {
    /// Lists executions after leaving out a number of them (T-105).
    ///
    /// - Parameters:
    ///   - query: Which executions; its cursor, if it has one, is where the counting begins.
    ///   - offset: How many to leave out, from 0.
    /// - Throws: ``StoreError`` with code `invalidQuery` if the limit or the offset is out of range.
    /// - Complexity: O(offset + limit); pages that follow the cursor cost nothing for what lies before.
    public func executions(_ query: ExecutionQuery, offset: Int) async throws -> RecordPage<Execution> {
        var query = query
        let limit = query.limit
        var rest = try StoreError.checked(offset)
        while rest > 0 {
            query.limit = min(rest, 1000)
            let page = try await executions(query)
            guard let next = page.next else { return RecordPage(items: [], next: nil) }
            rest -= page.items.count
            query.after = next
        }
        query.limit = limit
        return try await executions(query)
    }

    /// Lists jobs after leaving out a number of them.
    ///
    /// - Parameters:
    ///   - query: Which jobs; its cursor, if it has one, is where the counting begins.
    ///   - offset: How many to leave out, from 0.
    /// - Throws: ``StoreError`` with code `invalidQuery` if the limit or the offset is out of range.
    /// - Complexity: O(offset + limit).
    public func jobs(_ query: JobQuery, offset: Int) async throws -> RecordPage<Job> {
        var query = query
        let limit = query.limit
        var rest = try StoreError.checked(offset)
        while rest > 0 {
            query.limit = min(rest, 1000)
            let page = try await jobs(query)
            guard let next = page.next else { return RecordPage(items: [], next: nil) }
            rest -= page.items.count
            query.after = next
        }
        query.limit = limit
        return try await jobs(query)
    }
}

extension StoreError {
    fileprivate static func checked(_ offset: Int) throws(StoreError) -> Int {
        guard offset >= 0 else {
            throw StoreError(.invalidQuery, "A list cannot begin at \(offset); its offset is 0 or more.")
        }
        return offset
    }
}
