import Foundation
import RotaTesting

/// A way to break a promise, and the checks that must notice.
struct StoreFault: Sendable, CustomStringConvertible {
    let description: String
    /// How the names of the checks begin.
    let checks: [String]
    let breakStore: @Sendable (inout BrokenStore) -> Void

    init(
        _ description: String, _ checks: String..., breakStore: @escaping @Sendable (inout BrokenStore) -> Void
    ) {
        self.description = description
        self.checks = checks
        self.breakStore = breakStore
    }

    static let all: [StoreFault] = jobs + driving + running + ends + lists
}
