public import RotaStore

/// What became of a change that was asked for many jobs, each of which is changed on its own.
///
/// Asking for the same again does nothing to those for which it was done, so that a call of which a part was refused
/// may be repeated as it was.
public struct BulkChangeResult: Sendable {
    /// A job that was left as it is.
    public struct Refusal: Sendable {
        /// The job.
        public let jobID: JobID
        /// Why: a ``SchedulerError``, or the store's error.
        public let error: any Error
    }

    /// The jobs for which it was done or was so already, as they are now, in order.
    public internal(set) var jobs: [Job] = []
    /// Those that were refused, in order.
    public internal(set) var refusals: [Refusal] = []
}
