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
    private var rare = Rare<Notes>()

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

    struct Notes: RareMembers, Codable {
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

        static let empty = Boxed(Notes())

        static let fields: [JSONField<Notes>] = [
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

    /// The rare members.
    ///
    /// The store's files keep them in a field of their own.
    var notes: Notes {
        get { rare.members }
        set { rare.members = newValue }
    }

    var hasNotes: Bool { !rare.isEmpty }
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
        var notes = Notes.none
        for field in Notes.fields { try field.decode(&notes, source) }
        self.notes = notes
    }

    /// Encodes the progress, without members that are not set.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: JSONKey.self)
        try container.encode(dueAt, forKey: "dueAt")
        try container.encode(status, forKey: "status")
        for field in Self.fields { try field.encode(self, &container) }
        guard hasNotes else { return }
        for field in Notes.fields { try field.encode(notes, &container) }
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
    /// The number that were not started in time.
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
}

/// The decisions about an execution, in order: what held it and for how long, who claimed it, what chose its delays.
///
/// Only executions that were requested with one, and their replays, have it. It keeps the first and the last 50 decisions.
///
/// ```swift
/// for line in execution.trail?.lines ?? [] { print(line) }
/// // 2026-03-08T10:00:00Z held for 30 s: the limit of 4 executions at a time is reached
/// // 2026-03-08T10:00:30Z claimed: attempt 1, by scheduler "a"
/// ```
public struct ExecutionTrail: Sendable, Hashable {
    /// One decision about an execution.
    public struct Decision: Sendable, Hashable, Codable {
        /// The outcome of a decision.
        ///
        /// Kinds written by a newer version are preserved.
        public struct Kind: RawRepresentable, Sendable, Hashable, Codable {
            /// The stored name.
            public let rawValue: String

            /// Creates a kind from its stored name.
            public init(rawValue: String) {
                self.rawValue = rawValue
            }

            /// Limits, dependencies or dates kept it from starting.
            public static let held = Kind(rawValue: "held")
            /// Nothing kept it from starting any more: it waited for a free worker.
            public static let ready = Kind(rawValue: "ready")
            /// A scheduler took it, to make an attempt.
            public static let claimed = Kind(rawValue: "claimed")
            /// The attempt failed, and another one was planned.
            public static let retried = Kind(rawValue: "retried")
            /// The attempt was not made, or it was interrupted and does not count.
            public static let released = Kind(rawValue: "released")
            /// The attempt ended, and an external completion is awaited.
            public static let waiting = Kind(rawValue: "waiting")
            /// The attempt failed, and no other one follows.
            public static let stopped = Kind(rawValue: "stopped")
        }

        /// When it was decided.
        public let date: Date
        /// The outcome.
        public let kind: Kind
        /// The decision and its reason in words.
        public let detail: String
        /// The names of the holds, such as `concurrency`; empty for other kinds.
        ///
        /// See ``ExecutionHold/name``.
        public let holds: [String]

        package init(at date: Date, _ kind: Kind, _ detail: String, holds: [String] = []) {
            (self.date, self.kind, self.detail, self.holds) = (date, kind, detail, holds)
        }
    }

    /// The largest number of decisions that are kept.
    public static let maximumCount = 100

    /// The decisions that are kept, oldest first.
    public private(set) var decisions: [Decision] = []
    /// The number of decisions that were dropped from the middle.
    public private(set) var omitted = 0

    /// Creates a trail without decisions.
    package init() {}

    /// Adds a decision.
    package mutating func append(_ decision: Decision) {
        decisions.append(decision)
        guard decisions.count > Self.maximumCount else { return }
        decisions.remove(at: Self.maximumCount / 2)
        omitted += 1
    }

    /// The decisions in plain English, a line each.
    ///
    /// A line about holds tells how long they lasted, if another decision follows.
    public var lines: [String] {
        var lines: [String] = []
        for (index, decision) in decisions.enumerated() {
            if index == Self.maximumCount / 2, omitted > 0 {
                lines.append("… \(omitted) more decision\(omitted == 1 ? "" : "s") …")
            }
            let isBeforeGap = index + 1 == Self.maximumCount / 2 && omitted > 0
            let end = index + 1 < decisions.count && !isBeforeGap ? decisions[index + 1].date : nil
            let length = end.map { max(.zero, $0.elapsed(since: decision.date)) }
            let span = decision.kind == .held ? length.map { " for \($0.text)" } : nil
            let date = ISO8601.description(decision.date)
            lines.append("\(date) \(decision.kind.rawValue)\(span ?? ""): \(decision.detail)")
        }
        return lines
    }
}

extension ExecutionTrail: Codable {
    private enum CodingKeys: String, CodingKey {
        case decisions, omitted
    }

    /// Decodes a trail.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        decisions = try container.decode([Decision].self, forKey: .decisions)
        omitted = try container.decodeIfPresent(Int.self, forKey: .omitted) ?? 0
    }

    /// Encodes the decisions, and how many were dropped if any were.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(decisions, forKey: .decisions)
        if omitted > 0 { try container.encode(omitted, forKey: .omitted) }
    }
}
