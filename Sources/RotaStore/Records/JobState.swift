/// Whether a job's schedule is running (T-23 to T-26).
public enum JobState: String, Sendable, Hashable, Codable, CaseIterable {
    /// Created, not yet activated: it never fires.
    case draft
    /// It will fire at its next run.
    case active
    /// Suspended until it is resumed.
    case paused
    /// Its schedule has no occurrence left.
    case completed
}
