public import Foundation
import Synchronization

/// One ``RetryBudget`` for all the tasks that call the same dependency.
public final class SharedRetryBudget: Sendable {
    private let budget: Mutex<RetryBudget>

    /// Shares a budget.
    ///
    /// - Parameter budget: What there is to begin with.
    public init(_ budget: RetryBudget = .default) {
        self.budget = Mutex(budget)
    }

    /// Earns what a first attempt earns.
    ///
    /// - Parameter now: The instant of the attempt.
    public func deposit(at now: Date) {
        budget.withLock { $0.deposit(at: now) }
    }

    /// Pays for a retry.
    ///
    /// - Parameter now: The instant of the decision.
    /// - Returns: Whether the retry may happen; if not, nothing was paid.
    public func withdraw(at now: Date) -> Bool {
        budget.withLock { $0.withdraw(at: now) }
    }

    /// Gives back what was paid for a retry that then was not made.
    func refund() {
        budget.withLock { $0.refund() }
    }

    /// A copy of the budget as it is now, to be stored or looked at.
    public var snapshot: RetryBudget {
        budget.withLock { $0 }
    }
}
