public import Foundation

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
