/// How the executions of a batch have ended.
public struct BatchCounts: Sendable, Hashable {
    /// The number of executions in the batch.
    public let total: Int
    /// The number that succeeded.
    public private(set) var succeeded = 0
    /// The number that failed with no attempts left.
    public private(set) var failed = 0
    /// The number that were canceled, or deleted with their job.
    public private(set) var canceled = 0
    /// The number that were not started, or not completed, in time.
    public private(set) var expired = 0

    /// Creates the counts of a batch of which nothing has ended.
    package init(total: Int) {
        self.total = total
    }

    /// The number of executions that have not ended.
    public var unfinished: Int { total - succeeded - failed - canceled - expired }

    /// Counts an end.
    package mutating func count(_ status: ExecutionStatus) {
        guard unfinished > 0 else { return }
        switch status {
        case .succeeded: succeeded += 1
        case .failed: failed += 1
        case .canceled: canceled += 1
        case .expired: expired += 1
        case .queued, .running, .waiting: break
        }
    }
}

extension BatchCounts: Codable {
    private enum CodingKeys: String, CodingKey {
        case total, succeeded, failed, canceled, expired
    }

    /// Decodes counts.
    ///
    /// - Throws: `DecodingError` if one is negative, or if more have ended than there are.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func count(_ key: CodingKeys) throws -> Int { try container.decodeIfPresent(Int.self, forKey: key) ?? 0 }
        total = try count(.total)
        (succeeded, failed) = (try count(.succeeded), try count(.failed))
        (canceled, expired) = (try count(.canceled), try count(.expired))
        var rest = total
        for ended in [succeeded, failed, canceled, expired] {
            guard ended >= 0, ended <= rest else {
                throw DecodingError.dataCorrupted(
                    .init(
                        codingPath: decoder.codingPath,
                        debugDescription: "The counts of a batch must be zero or more, and their sum at most its total."
                    ))
            }
            rest -= ended
        }
    }
}
