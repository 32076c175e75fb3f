public import RotaRetry
public import RotaSchedule

/// The part of a job that a person writes: what to do, when, and how hard to try.
public struct JobDefinition: Sendable, Hashable, Codable {
    /// A name for people, from 1 to 255 characters; it need not be unique.
    public var name: String
    /// When the job fires.
    public var schedule: Schedule
    /// What it does.
    public var action: JobAction
    /// Whether and when a failed attempt is made again.
    public var retry: RetryPolicy
    /// What becomes of occurrences that were missed.
    public var misfire: MisfirePolicy
    /// What happens when an occurrence is due while an earlier run is not yet over.
    public var overlap: OverlapPolicy
    /// How much of the job's history is kept.
    public var retention: Retention
    /// Labels that are kept with the job and handed to every run.
    public var metadata: [String: String]

    /// Makes a definition; only the name, the schedule and the action have no default.
    public init(
        name: String,
        schedule: Schedule,
        action: JobAction,
        retry: RetryPolicy = .default,
        misfire: MisfirePolicy = .latest,
        overlap: OverlapPolicy = .allow,
        retention: Retention = .standard,
        metadata: [String: String] = [:]
    ) {
        self.name = name
        self.schedule = schedule
        self.action = action
        self.retry = retry
        self.misfire = misfire
        self.overlap = overlap
        self.retention = retention
        self.metadata = metadata
    }
}

/// A definition on the heap, because most operations on a record do not concern it and should not copy it.
final class DefinitionBox: Sendable, Hashable, Codable {
    let definition: JobDefinition

    init(_ definition: JobDefinition) {
        self.definition = definition
    }

    init(from decoder: any Decoder) throws {
        definition = try JobDefinition(from: decoder)
    }

    func encode(to encoder: any Encoder) throws {
        try definition.encode(to: encoder)
    }

    static func == (lhs: DefinitionBox, rhs: DefinitionBox) -> Bool {
        lhs === rhs || lhs.definition == rhs.definition
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(definition)
    }
}
