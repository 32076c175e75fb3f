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

/// The identifier of one version of one job (S-48); it prints as `<job>.<number>`.
public struct JobVersionID: Sendable, Hashable, LosslessStringConvertible {
    /// The job.
    public let jobID: JobID
    /// The number of the version.
    public let version: Int

    /// Makes an identifier.
    public init(jobID: JobID, version: Int) {
        self.jobID = jobID
        self.version = version
    }

    /// Reads an identifier that was printed before.
    ///
    /// - Returns: `nil` if the text is none.
    public init?(_ description: String) {
        let parts = description.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let job = JobID(String(parts[0])), let version = Int(parts[1]), version >= 1,
            String(version) == parts[1]
        else { return nil }
        self.init(jobID: job, version: version)
    }

    /// The identifier as text.
    public var description: String { "\(jobID).\(version)" }
}

/// Which version of its job a queued execution runs when the job was changed before it started (S-49, SX-7).
///
/// An execution that has made its first attempt keeps its version on every further one (TX-4).
public enum VersionPolicy: String, Sendable, Hashable, Codable {
    /// The version at the time when the execution was made; the default.
    case pin
    /// The version at the time when it starts.
    case latest
    /// The version at the time when it starts if that is marked as backwards compatible, else the pinned one.
    case minor
}
