public import Foundation

/// How a job is found among others, and told apart (S-19 to S-23, S-26, S-46); none of it changes what the job does.
public struct JobAttributes: Sendable, Hashable {
    /// A short name for use in URLs, unique within the project (S-22); up to 255 characters.
    public var slug: String?
    /// What the job is for, in words; up to 2,000 characters (S-23).
    public var description: String?
    /// The project that the job belongs to (S-19).
    public var project: String?
    /// The group within which jobs are listed and paused together (S-20).
    public var group: String?
    /// The environment that the job belongs to, such as “production” (S-46).
    public var environment: String?
    /// Names and values to find jobs by (S-26): up to 20, names up to 64 characters, values up to 256.
    public var tags: [String: String]

    /// Makes labels; by default there are none.
    public init(
        slug: String? = nil, description: String? = nil, project: String? = nil, group: String? = nil,
        environment: String? = nil, tags: [String: String] = [:]
    ) {
        self.slug = slug
        self.description = description
        self.project = project
        self.group = group
        self.environment = environment
        self.tags = tags
    }

    /// No labels.
    public static let none = JobAttributes()
}

extension JobAttributes: Codable {
    private enum CodingKeys: String, CodingKey {
        case slug, description, project, group, environment, tags
    }

    /// Decodes labels; what is not there is none.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            slug: try container.decodeIfPresent(String.self, forKey: .slug),
            description: try container.decodeIfPresent(String.self, forKey: .description),
            project: try container.decodeIfPresent(String.self, forKey: .project),
            group: try container.decodeIfPresent(String.self, forKey: .group),
            environment: try container.decodeIfPresent(String.self, forKey: .environment),
            tags: try container.decodeIfPresent([String: String].self, forKey: .tags) ?? [:])
    }
}

/// What has become of a job's executions so far.
public struct JobStatistics: Sendable, Hashable, Codable {
    /// When, of the executions that are over, the last one began (K-17).
    public var lastRunAt: Date?
    /// How the job's last finished execution ended (K-16).
    public var lastStatus: ExecutionStatus?
    /// When an execution of the job last ended.
    public var lastFinishedAt: Date?
    /// The number of executions that succeeded.
    public var succeeded = 0
    /// The number of executions that failed.
    public var failed = 0
    /// The number of executions that were canceled or expired.
    public var canceledOrExpired = 0

    /// Makes an empty tally.
    public init() {}

    private enum CodingKeys: String, CodingKey {
        case lastRunAt, lastStatus, lastFinishedAt, succeeded, failed
        case canceledOrExpired = "dropped"
    }

    /// Takes note of an execution that is over, as every store must in the step that ends it.
    ///
    /// - Parameters:
    ///   - status: How it ended; a status that is no end is only remembered as the last one.
    ///   - startedAt: When its first attempt began, if one did.
    ///   - finishedAt: When it ended.
    public mutating func count(_ status: ExecutionStatus, startedAt: Date?, finishedAt: Date?) {
        lastStatus = status
        if let finishedAt { lastFinishedAt = finishedAt }
        // Who ends last need not have begun last. A date beyond the end is that of a clock that was wrong.
        if let startedAt {
            let isLast = lastRunAt.map { last in startedAt >= last || finishedAt.map { last > $0 } ?? true } ?? true
            if isLast { lastRunAt = startedAt }
        }
        switch status {
        case .succeeded: succeeded = succeeded.next
        case .failed: failed = failed.next
        case .canceled, .expired: canceledOrExpired = canceledOrExpired.next
        case .queued, .running, .waiting: break
        }
    }
}

extension Int {
    /// The number after this one, or the greatest.
    fileprivate var next: Int { self == .max ? .max : self + 1 }
}
