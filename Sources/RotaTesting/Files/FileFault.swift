package import RotaStore

/// What goes wrong with a file operation, and with which.
package struct FileFault: Sendable, Hashable {
    /// What happens in place of the operation.
    package enum Effect: Sendable, Hashable {
        /// The system refuses it.
        case fail(SystemErrno)
        /// A read or write handles half its bytes, at least one; other operations succeed.
        case short
        /// A write takes half its bytes and is refused all the same; other operations are refused.
        case tear(SystemErrno)
        /// The machine loses power: this operation and all after it are refused until the next start.
        case powerLoss
    }

    /// The number of the operation, counted from 1 when the fault is set.
    package var operation: Int
    /// What happens.
    package var effect: Effect
    /// Whether all operations from that one on suffer it, rather than that one alone.
    package var persists: Bool

    /// Describes a fault.
    package init(at operation: Int, _ effect: Effect, persists: Bool = false) {
        self.operation = operation
        self.effect = effect
        self.persists = persists
    }

    /// The effect on the operation of a number, if it is hit.
    func effect(on number: Int) -> Effect? {
        number == operation || (persists && number > operation) ? effect : nil
    }
}
