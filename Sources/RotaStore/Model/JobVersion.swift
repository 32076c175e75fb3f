public import Foundation

/// One version of a job's definition, kept so that you can look up what an execution ran.
public struct JobVersion: Sendable, Hashable, Codable, Identifiable {
    /// The version's identifier.
    public var id: JobVersionID { JobVersionID(jobID: jobID, version: version) }
    /// The job.
    public let jobID: JobID
    /// The number of the version, starting at 1.
    public let version: Int
    /// The complete definition.
    public let definition: JobDefinition
    /// When the job received this definition.
    public let createdAt: Date
    /// The author of the version, if the caller named one.
    public let createdBy: String?

    /// Creates a version.
    public init(jobID: JobID, version: Int, definition: JobDefinition, createdAt: Date, createdBy: String? = nil) {
        self.jobID = jobID
        self.version = version
        self.definition = definition
        self.createdAt = createdAt
        self.createdBy = createdBy
    }
}

/// The identifier of one version of one job, printed as `<job>.<number>`.
public struct JobVersionID: Sendable, Hashable, LosslessStringConvertible {
    /// The job.
    public let jobID: JobID
    /// The number of the version.
    public let version: Int

    /// Creates an identifier.
    public init(jobID: JobID, version: Int) {
        self.jobID = jobID
        self.version = version
    }

    /// Parses the text of an identifier.
    ///
    /// - Returns: `nil` if the text is not `<job>.<number>`.
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

/// Which version of its job a queued execution runs if the job changes before it starts.
///
/// Once an execution has made an attempt, it keeps its version for all further attempts.
public enum VersionPolicy: String, Sendable, Hashable, Codable {
    /// The version that was current when the execution was created. This is the default.
    case pin
    /// The version that is current when the execution starts.
    case latest
    /// The current version if it is backwards compatible, otherwise the pinned one.
    case minor
}
