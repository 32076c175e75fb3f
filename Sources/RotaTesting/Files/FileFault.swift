package import RotaStore

/// A fault to inject into file operations.
package struct FileFault: Sendable, Hashable {
    /// The effect of a fault.
    package enum Effect: Sendable, Hashable {
        /// The operation fails.
        case fail(SystemErrno)
        /// A read or write handles half of its bytes, at least one. Other operations succeed.
        case short
        /// A write writes half of its bytes and fails. Other operations fail.
        case tear(SystemErrno)
        /// The machine loses power: all operations fail until the next restart.
        case powerLoss
    }

    /// The number of the operation, counted from 1 since the fault was set.
    package var operation: Int
    /// The effect on the operation.
    package var effect: Effect
    /// Whether all later operations are affected too.
    package var persists: Bool

    /// Creates a fault.
    package init(at operation: Int, _ effect: Effect, persists: Bool = false) {
        self.operation = operation
        self.effect = effect
        self.persists = persists
    }

    /// Returns the effect on an operation, if any.
    func effect(on number: Int) -> Effect? {
        number == operation || (persists && number > operation) ? effect : nil
    }
}
