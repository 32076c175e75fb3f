public import Foundation

/// A dependency of one job on another: its executions start only after one of the other ended.
///
/// Which one decides depends on the keys of the execution that waits:
///
/// | It has | What decides is the other job's execution |
/// |---|---|
/// | an idempotency key | with the same idempotency key |
/// | a dependency key, such as a day or a customer | with the same dependency key that ended last |
/// | neither | that ended last |
///
/// The idempotency key of a replay or a backfill only keeps it from being created twice, and decides nothing here.
///
/// The claim decides, before the first attempt: an execution that waits keeps waiting until the condition is met, the
/// dependency is removed, or the execution expires. Retries are not held. Keys are compared with executions that the
/// other job's retention keeps.
///
/// ```swift
/// let load = try await scheduler.create(JobDraft(queue: "load"))
/// let report = try await scheduler.create(JobDraft(queue: "report"))
/// let dependency = try await scheduler.addDependency(of: report.id, on: load.id)
/// print(dependency.condition.rawValue)  // completed
/// ```
public struct JobDependency: Sendable, Hashable, Codable, Identifiable {
    /// How an execution of the other job must end.
    public enum Condition: String, Sendable, Hashable, Codable, CaseIterable {
        /// It succeeded.
        case completed
        /// It failed or expired.
        case failed
        /// It ended, with any status.
        case any

        /// Whether an execution that ended with a status meets the condition.
        public func isMet(by status: ExecutionStatus) -> Bool {
            switch self {
            case .completed: status == .succeeded
            case .failed: status == .failed || status == .expired
            case .any: status.isTerminal
            }
        }
    }

    /// The dependency's identifier.
    public let id: DependencyID
    /// The dependent job.
    public let jobID: JobID
    /// The job it depends on.
    public let dependsOn: JobID
    /// How an execution of the other job must end.
    public let condition: Condition
    /// When the dependency was created.
    public let createdAt: Date

    /// Creates a dependency.
    public init(id: DependencyID, jobID: JobID, dependsOn: JobID, condition: Condition = .completed, createdAt: Date) {
        self.id = id
        self.jobID = jobID
        self.dependsOn = dependsOn
        self.condition = condition
        self.createdAt = createdAt
    }
}
