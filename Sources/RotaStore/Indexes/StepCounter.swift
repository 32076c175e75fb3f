import Synchronization

/// Counts the steps that the indexes take, in debug builds only: comparisons of a search and keys of a walk.
///
/// It is how a test knows that no operation reads more of a large store than of a small one.
package final class StepCounter: Sendable {
    #if DEBUG
        @TaskLocal fileprivate static var current: StepCounter?
    #endif
    fileprivate let steps = Atomic(0)

    package init() {}

    /// Returns the number of steps that an operation takes, or `nil` in a release build, which counts none.
    package static func steps(_ body: () throws -> Void) rethrows -> Int? {
        #if DEBUG
            let counter = StepCounter()
            try $current.withValue(counter) { try body() }
            return counter.steps.load(ordering: .relaxed)
        #else
            try body()
            return nil
        #endif
    }
}

@inline(__always)
func countStep() {
    #if DEBUG
        StepCounter.current?.steps.add(1, ordering: .relaxed)
    #endif
}
