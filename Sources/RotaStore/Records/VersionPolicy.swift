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
