public import RotaStore

/// What became of a change that was asked for many jobs, each of which is changed on its own.
public struct JobBatch: Sendable {
    /// A job that was left as it is.
    public struct Refusal: Sendable {
        /// The job.
        public let jobID: JobID
        /// Why.
        public let error: SchedulerError
    }

    /// The jobs for which it was done or was so already, as they are now, in order.
    public internal(set) var jobs: [Job] = []
    /// Those that were refused, in order.
    public internal(set) var refusals: [Refusal] = []
}
