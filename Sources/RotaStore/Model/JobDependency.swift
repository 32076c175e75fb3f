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

/// One definition that a job has had (S-11, S-12, S-99): a whole snapshot, so that what shaped a run can be looked up.
public struct JobVersion: Sendable, Hashable, Codable, Identifiable {
    /// The version's identifier.
    public var id: JobVersionID { JobVersionID(jobID: jobID, version: version) }
    /// The job.
    public let jobID: JobID
    /// The number of the version, 1 for the one the job was created with (S-47).
    public let version: Int
    /// What the job was to do, when, and how hard to try.
    public let definition: JobDefinition
    /// When the job got this definition.
    public let createdAt: Date
    /// Who gave it to the job, if that was said (S-51).
    public let createdBy: String?

    /// Makes a version.
    public init(jobID: JobID, version: Int, definition: JobDefinition, createdAt: Date, createdBy: String? = nil) {
        self.jobID = jobID
        self.version = version
        self.definition = definition
        self.createdAt = createdAt
        self.createdBy = createdBy
    }
}
