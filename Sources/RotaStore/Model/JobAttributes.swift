public import Foundation

/// Names, groups and tags for finding a job, and the time zone for showing its dates.
///
/// They do not change what the job does.
///
/// ```swift
/// let attributes = JobAttributes(
///     slug: "nightly-report", group: "billing", environment: "production", tags: ["team": "finance"])
/// var query = JobQuery()
/// query.tags = ["team": "finance"]
/// print(attributes.tags == query.tags)  // true
/// ```
public struct JobAttributes: Sendable, Hashable {
    /// A short name for URLs, up to 255 characters, unique within the project.
    public var slug: String?
    /// The purpose of the job, in up to 2,000 characters.
    public var description: String?
    /// The project that the job belongs to.
    public var project: String?
    /// The group within which jobs are listed and paused together.
    public var group: String?
    /// The environment that the job belongs to, such as "production".
    public var environment: String?
    /// The time zone for showing the job's dates, as an IANA identifier, if its schedule has none.
    ///
    /// It changes no date. See ``JobDefinition/timeZoneIdentifier``.
    public var timeZone: String?
    /// Names and values for finding jobs: up to 20 tags, names up to 64 characters, values up to 256.
    public var tags: [String: String]

    /// Creates attributes.
    ///
    /// All of them are optional.
    public init(
        slug: String? = nil, description: String? = nil, project: String? = nil, group: String? = nil,
        environment: String? = nil, timeZone: String? = nil, tags: [String: String] = [:]
    ) {
        self.slug = slug
        self.description = description
        self.project = project
        self.group = group
        self.environment = environment
        self.timeZone = timeZone
        self.tags = tags
    }

    /// No attributes.
    public static let none = JobAttributes()
}

extension JobAttributes: Codable {
    private enum CodingKeys: String, CodingKey {
        case slug, description, project, group, environment, tags
        case timeZone = "timezone"
    }

    /// Decodes attributes.
    ///
    /// Absent members are empty.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            slug: try container.decodeIfPresent(String.self, forKey: .slug),
            description: try container.decodeIfPresent(String.self, forKey: .description),
            project: try container.decodeIfPresent(String.self, forKey: .project),
            group: try container.decodeIfPresent(String.self, forKey: .group),
            environment: try container.decodeIfPresent(String.self, forKey: .environment),
            timeZone: try container.decodeIfPresent(String.self, forKey: .timeZone),
            tags: try container.decodeIfPresent([String: String].self, forKey: .tags) ?? [:])
    }
}

/// How a job's executions have ended so far.
public struct JobStatistics: RareMembers {
    /// When the most recently started execution began, of those that have finished or were interrupted.
    public var lastRunAt: Date?
    /// How the execution that finished last ended.
    public var lastStatus: ExecutionStatus?
    /// When an execution of the job last ended.
    public var lastFinishedAt: Date?
    /// When an execution that succeeded last ended, or `nil` if none has, or none since a version of Rota that counts
    /// it.
    public var lastSucceededAt: Date?
    /// The number of executions that succeeded.
    public var succeeded = 0
    /// The number of executions that failed.
    public var failed = 0
    /// The number of executions that were canceled or expired.
    public var canceledOrExpired = 0

    /// Creates empty statistics.
    public init() {}

    static let empty = Boxed(JobStatistics())

    /// Counts an execution that has ended.
    ///
    /// A store must call this in the step that ends the execution.
    ///
    /// - Parameters:
    ///   - status: How it ended. A status that is not terminal is remembered as the last one but not counted.
    ///   - startedAt: When its first attempt began, if there was one.
    ///   - finishedAt: When it ended.
    public mutating func count(_ status: ExecutionStatus, startedAt: Date?, finishedAt: Date?) {
        lastStatus = status
        if let finishedAt { lastFinishedAt = finishedAt }
        if let startedAt { recordStart(startedAt, by: finishedAt) }
        switch status {
        case .succeeded:
            succeeded = succeeded.next
            // Executions may be counted in another order than they ended.
            if let finishedAt { lastSucceededAt = max(lastSucceededAt ?? finishedAt, finishedAt) }
        case .failed: failed = failed.next
        case .canceled, .expired: canceledOrExpired = canceledOrExpired.next
        case .queued, .running, .waiting: break
        }
    }

    /// Remembers when an execution began, if no later one is remembered.
    ///
    /// A store must call this in the step that releases an execution with an attempt.
    ///
    /// - Parameters:
    ///   - startedAt: When its first attempt began.
    ///   - date: The current date, or `nil` if it is not known.
    public mutating func recordStart(_ startedAt: Date, by date: Date?) {
        // Executions may finish in another order than they started. A remembered start after this end came from a wrong
        // clock.
        let isLast = lastRunAt.map { last in startedAt >= last || date.map { last > $0 } ?? true } ?? true
        if isLast { lastRunAt = startedAt }
    }
}

extension Int {
    /// The next number, or `Int.max` instead of an overflow.
    fileprivate var next: Int { self == .max ? .max : self + 1 }
}

extension JobStatistics: Codable {
    private static let fields: [JSONField<JobStatistics>] = [
        JSONField("lastRunAt", \.lastRunAt),
        JSONField("lastStatus", \.lastStatus),
        JSONField("lastFinishedAt", \.lastFinishedAt),
        JSONField("lastSucceededAt", \.lastSucceededAt),
        JSONField("succeeded", \.succeeded, default: 0),
        JSONField("failed", \.failed, default: 0),
        JSONField("canceledOrExpired", \.canceledOrExpired, default: 0, earlier: "dropped"),
    ]

    /// Decodes statistics.
    ///
    /// Missing counts are zero.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: JSONKey.self)
        for field in Self.fields { try field.decode(&self, container) }
    }

    /// Encodes the statistics that are not zero.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: JSONKey.self)
        for field in Self.fields { try field.encode(self, &container) }
    }
}
