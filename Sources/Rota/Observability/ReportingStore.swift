package import RotaHTTP
package import RotaStore

/// A store that tells operators how it is, besides what it keeps.
package protocol ReportingStore: JobStore {
    /// How it is: named values, in the order in which to show them.
    ///
    /// Values that are `nil` are left out.
    func report() async -> [(name: String, value: JSONValue?)]

    /// The reasons why a store that works could work better.
    ///
    /// Each element is a sentence or more, and says what to do. Each reader gets it once. The stream ends when
    /// the store is closed or its reader is canceled.
    func advice() -> AsyncStream<String>
}

extension ReportingStore {
    /// The default implementation tells nothing.
    package func advice() -> AsyncStream<String> { AsyncStream { $0.finish() } }
}

extension FileJobStore: ReportingStore {
    /// The sizes of its files, its background work and any failure of it.
    package nonisolated func report() async -> [(name: String, value: JSONValue?)] {
        func number(_ value: Int) -> JSONValue { .number(JSONValue.Number(Int64(value))) }
        let status = await status
        return [
            ("journalBytes", number(status.journalBytes)), ("snapshotBytes", number(status.snapshotBytes)),
            ("compactions", number(status.compactions)), ("failedCompactions", number(status.failedCompactions)),
            ("isReadOnly", .bool(status.isReadOnly)), ("failure", status.failure.map { .string($0.description) }),
        ]
    }
}
