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
