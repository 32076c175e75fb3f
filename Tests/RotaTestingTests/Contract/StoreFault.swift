import Foundation
import RotaTesting

/// A broken promise, and the checks that must catch it.
struct StoreFault: Sendable, CustomStringConvertible {
    let description: String
    /// The names of the checks.
    let checks: [String]
    let breakStore: @Sendable (inout BrokenStore) -> Void

    init(
        _ description: String, _ checks: String..., breakStore: @escaping @Sendable (inout BrokenStore) -> Void
    ) {
        self.description = description
        self.checks = checks
        self.breakStore = breakStore
    }

    static let all: [StoreFault] = jobs + calendars + driving + running + ends + lists + work
}
