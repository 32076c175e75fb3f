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
