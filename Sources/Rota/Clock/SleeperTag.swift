package import RotaStore

/// Who sleeps on a clock, for clocks that own their time and must know whom they wait for.
///
/// It travels with the task, also into its child tasks. A sleep without a tag is nobody's reason to let time
/// pass.
package enum SleeperTag: Hashable, Sendable {
    /// The driver of a scheduler, by its owner name.
    case driver(String)
    /// The work on an execution under a lease's token.
    case run(ExecutionID, token: Int)
    /// The watch over the time that the work on an execution takes.
    case watch(ExecutionID, token: Int)

    /// The tag of the task at hand.
    @TaskLocal package static var current: SleeperTag?
}
