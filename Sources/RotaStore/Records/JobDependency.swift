public import Foundation

/// A job that waits for another one (S-15 to S-17, S-111 to S-114).
public struct JobDependency: Sendable, Hashable, Codable, Identifiable {
    /// What the other job's run must have come to (S-113, SX-10).
    public enum Condition: String, Sendable, Hashable, Codable, CaseIterable {
        /// It succeeded.
        case completed
        /// It failed or expired.
        case failed
        /// It is over.
        case any

        /// Whether an execution that ended so meets the condition.
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
    /// The job that waits.
    public let jobID: JobID
    /// The job that it waits for.
    public let dependsOn: JobID
    /// What the other job's run must have come to.
    public let condition: Condition
    /// When the dependency was made.
    public let createdAt: Date

    /// Makes a dependency.
    public init(id: DependencyID, jobID: JobID, dependsOn: JobID, condition: Condition = .completed, createdAt: Date) {
        self.id = id
        self.jobID = jobID
        self.dependsOn = dependsOn
        self.condition = condition
        self.createdAt = createdAt
    }
}
