public import Foundation
import RotaCore

/// The part of an execution that changes while it runs.
public struct ExecutionProgress: Sendable, Hashable {
    /// The status of the execution.
    public var status: ExecutionStatus
    /// When the next attempt may start.
    ///
    /// Delays and retries are due times, not sleeping tasks.
    public var dueAt: Date
    /// When the first attempt began.
    public var startedAt: Date?
    /// When the current or last attempt began.
    public var attemptStartedAt: Date?
    /// When the execution ended.
    public var finishedAt: Date?
    /// The lease of the current or last attempt.
    ///
    /// The next claim gets a greater token.
    public var lease: Lease?
    /// Why the execution or its last attempt failed.
    public var failure: ExecutionFailure?
    /// The job version that the execution runs, if not the one it was created with.
    public var runningVersion: Int?
    private var rare = Rare<RareParts>()

    /// Creates the progress of a queued execution.
    public init(dueAt: Date) {
        status = .queued
        self.dueAt = dueAt
    }

    /// The result of the execution: the handler's output, or the values mapped from the response.
    public var output: JSONPayload? {
        get { rare.output }
        set { rare.output = newValue }
    }

    /// When the handler last sent a heartbeat.
    public var heartbeatAt: Date? {
        get { rare.heartbeatAt }
        set { rare.heartbeatAt = newValue }
    }

    /// The progress that the handler last reported.
    public var report: ProgressReport? {
        get { rare.report }
        set { rare.report = newValue }
    }

    /// When cancellation of the running execution was requested.
    public var cancelRequestedAt: Date? {
        get { rare.cancelRequestedAt }
        set { rare.cancelRequestedAt = newValue }
    }

    /// Why the execution is or will be canceled, in words.
    public var cancelReason: String? {
        get { rare.cancelReason }
        set { rare.cancelReason = newValue }
    }

    /// When the execution expires if it has not started.
    public var expiresAt: Date? {
        get { rare.expiresAt }
        set { rare.expiresAt = newValue }
    }

    /// The end of its time as a dead letter: it was replayed or discarded.
    public var resolution: FailureResolution? {
        get { rare.resolution }
        set { rare.resolution = newValue }
    }

    /// How the executions of the batch that this one follows have ended so far.
    public var batch: BatchCounts? {
        get { rare.batch }
        set { rare.batch = newValue }
    }

    /// The value that the handler last saved for its next attempt, unless the execution succeeded.
    public var checkpoint: JSONPayload? {
        get { rare.checkpoint }
        set { rare.checkpoint = newValue }
    }

    /// The decisions about the execution, if its request asked to keep them.
    public var trail: ExecutionTrail? {
        get { rare.trail }
        set { rare.trail = newValue }
    }

    /// The date from which ``dueAt`` and ``expiresAt`` count, if they were set after the execution was created.
    ///
    /// If the clock was ahead then, ``JobStore/rewind(to:limit:)`` brings them back by it.
    package var delayedFrom: Date? {
        get { rare.delayedFrom }
        set { rare.delayedFrom = newValue }
    }

    /// Counts the end of an execution of the batch that this one follows; the last end queues it.
    ///
    /// - Parameter date: When it ended; `nil` if it was deleted.
    package mutating func count(_ ended: ExecutionStatus, at date: Date?) {
        batch?.count(ended)
        guard batch?.unfinished == 0 else { return }
        status = .queued
        guard let date else { return expiresAt = nil }
        let due = max(dueAt, date)
        expiresAt = expiresAt?.addingTimeInterval(due.timeIntervalSince(dueAt))
        (dueAt, delayedFrom) = (due, date)
    }

    /// The rare members, which the store's files keep together, as JSON.
    struct RareParts: RareMembers, ListedMembers {
        var output: JSONPayload?
        var heartbeatAt: Date?
        var report: ProgressReport?
        var cancelRequestedAt: Date?
        var cancelReason: String?
        var expiresAt: Date?
        var delayedFrom: Date?
        var resolution: FailureResolution?
        var batch: BatchCounts?
        var checkpoint: JSONPayload?
        var trail: ExecutionTrail?

        static let empty = Boxed(RareParts())

        static let fields: [JSONField<RareParts>] = [
            JSONField("output", \.output),
            JSONField("heartbeatAt", \.heartbeatAt),
            JSONField("report", \.report),
            JSONField("cancelRequestedAt", \.cancelRequestedAt),
            JSONField("cancelReason", \.cancelReason),
            JSONField("expiresAt", \.expiresAt),
            JSONField("delayedFrom", \.delayedFrom),
            JSONField("resolution", \.resolution),
            JSONField("batch", \.batch),
            JSONField("checkpoint", \.checkpoint),
            JSONField("trail", \.trail),
        ]
    }

    var rareMembers: RareParts {
        get { rare.members }
        set { rare.members = newValue }
    }

    /// Whether any rare member, such as an output or a heartbeat, is set.
    var hasRareMembers: Bool { !rare.isEmpty }
}

extension ExecutionProgress: Codable {
    private static let fields: [JSONField<ExecutionProgress>] = [
        JSONField("startedAt", \.startedAt),
        JSONField("attemptStartedAt", \.attemptStartedAt),
        JSONField("finishedAt", \.finishedAt),
        JSONField("lease", \.lease),
        JSONField("failure", \.failure),
        JSONField("runningVersion", \.runningVersion),
    ]

    /// Decodes the progress of an execution.
    ///
    /// The first format kept the rare members in an object of their own, `box`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: JSONKey.self)
        self.init(dueAt: try container.decode(Date.self, forKey: "dueAt"))
        status = try container.decode(ExecutionStatus.self, forKey: "status")
        for field in Self.fields { try field.decode(&self, container) }
        let source =
            container.contains("box") ? try container.nestedContainer(keyedBy: JSONKey.self, forKey: "box") : container
        var parts = RareParts.none
        for field in RareParts.fields { try field.decode(&parts, source) }
        rareMembers = parts
    }

    /// Encodes the progress, without members that are not set.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: JSONKey.self)
        try container.encode(dueAt, forKey: "dueAt")
        try container.encode(status, forKey: "status")
        for field in Self.fields { try field.encode(self, &container) }
        guard hasRareMembers else { return }
        for field in RareParts.fields { try field.encode(rareMembers, &container) }
    }
}

/// The progress that a handler reported.
public struct ProgressReport: Sendable, Hashable, Codable {
    /// The completed fraction, from 0 to 1, if known.
    public var fraction: Double?
    /// A description of what the handler is doing.
    public var message: String?

    /// Creates a report.
    ///
    /// The fraction is clamped to 0 to 1.
    public init(fraction: Double? = nil, message: String? = nil) {
        self.fraction = fraction.map { $0.isNaN ? 0 : min(max($0, 0), 1) }
        self.message = message
    }
}

/// The end of a dead letter: an execution that had failed or expired.
public enum FailureResolution: Sendable, Hashable, Codable {
    /// It was executed again, as this execution.
    case replayed(ExecutionID)
    /// It was discarded at a date.
    case discarded(Date)

    private enum CodingKeys: String, CodingKey {
        case replayedBy, discardedAt
    }

    /// Decodes `{"replayedBy": …}` or `{"discardedAt": …}`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if let id = try container.decodeIfPresent(ExecutionID.self, forKey: .replayedBy) {
            self = .replayed(id)
        } else {
            self = .discarded(try container.decode(Date.self, forKey: .discardedAt))
        }
    }

    /// Encodes `{"replayedBy": …}` or `{"discardedAt": …}`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .replayed(let id): try container.encode(id, forKey: .replayedBy)
        case .discarded(let date): try container.encode(date, forKey: .discardedAt)
        }
    }
}

/// One scheduler's right to run an execution, until a date.
public struct Lease: Sendable, Hashable, Codable {
    /// The scheduler that holds the lease.
    public let owner: String
    /// The fencing token.
    ///
    /// It grows with every claim, and a completion with an older token is refused.
    public let token: Int
    /// When other schedulers may take the execution over, unless the lease is renewed.
    public var expiresAt: Date

    /// Creates a lease.
    public init(owner: String, token: Int, expiresAt: Date) {
        self.owner = owner
        self.token = token
        self.expiresAt = expiresAt
    }

    /// Whether it is the lease that a scheduler was granted.
    ///
    /// - Parameters:
    ///   - token: The fencing token that came with the lease.
    ///   - owner: The scheduler, or `nil` if the token alone tells.
    public func isHeld(under token: Int, by owner: String?) -> Bool {
        self.token == token && (owner == nil || owner == self.owner)
    }
}
