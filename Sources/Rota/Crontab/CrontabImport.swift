public import RotaStore

/// What came of a crontab that was imported.
public struct CrontabImport: Sendable {
    /// What to do with a text of which some lines cannot be read.
    public enum Policy: Sendable, Hashable {
        /// Import nothing, and name the lines.
        case allOrNothing
        /// Import the lines that can be read, and name the others.
        case validLines
    }

    /// The jobs of the lines that were read, in order, whether they are new or were imported before.
    public let jobs: [Job]
    /// How many of them are new.
    public let added: Int
    /// The lines that could not be read.
    public let problems: [CrontabError.Problem]
    /// The settings, of which only the time zones mean anything.
    public let settings: [Crontab.Setting]
}
