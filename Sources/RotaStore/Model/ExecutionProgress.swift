public import Foundation

/// The part of an execution that changes while it runs.
public struct ExecutionProgress: Sendable, Hashable, Codable {
    /// Where the execution stands.
    public var status: ExecutionStatus
    /// The instant from which the next attempt may start: delays and retries are due times, not sleeping tasks.
    public var dueAt: Date
    /// When the first attempt began.
    public var startedAt: Date?
    /// When the attempt being made began, or the last one.
    public var attemptStartedAt: Date?
    /// When the execution ended.
    public var finishedAt: Date?
    /// The lease of the attempt being made; afterwards the last one, whose token the next claim goes beyond.
    public var lease: Lease?
    /// Why the execution failed, or why its last attempt did.
    public var failure: ExecutionFailure?
    /// The version of the job that it runs, if not the one with which it was made.
    public var runningVersion: Int?
    private var box: Boxed<Notes>?

    /// Makes the progress of an execution that is queued.
    public init(dueAt: Date) {
        status = .queued
        self.dueAt = dueAt
    }

    /// What the run produced: the handler's output, or what was mapped from the response (S-57).
    public var output: JSONPayload? {
        get { box?.value.output }
        set { notes.output = newValue }
    }

    /// The last sign of life of the work (S-64).
    public var heartbeatAt: Date? {
        get { box?.value.heartbeatAt }
        set { notes.heartbeatAt = newValue }
    }

    /// How far the work says it is.
    public var report: ProgressReport? {
        get { box?.value.report }
        set { notes.report = newValue }
    }

    /// When it was asked that the execution, which is running, be called off.
    public var cancelRequestedAt: Date? {
        get { box?.value.cancelRequestedAt }
        set { notes.cancelRequestedAt = newValue }
    }

    /// Why the execution was called off or is to be, in words.
    public var cancelReason: String? {
        get { box?.value.cancelReason }
        set { notes.cancelReason = newValue }
    }

    /// The instant after which an execution that has not started expires (S-66).
    public var expiresAt: Date? {
        get { box?.value.expiresAt }
        set { notes.expiresAt = newValue }
    }

    struct Notes: Sendable, Hashable, Codable {
        var output: JSONPayload?
        var heartbeatAt: Date?
        var report: ProgressReport?
        var cancelRequestedAt: Date?
        var cancelReason: String?
        var expiresAt: Date?

        static let none = Notes()
    }

    /// What few executions have; the store's files keep it apart.
    var notes: Notes {
        get { box?.value ?? .none }
        set { box = newValue == .none ? nil : Boxed(newValue) }
    }

    var hasNotes: Bool { box != nil }
}

/// How far the work on an execution says it is.
public struct ProgressReport: Sendable, Hashable, Codable {
    /// The part that is done, from 0 to 1, if it is known.
    public var fraction: Double?
    /// What is being done, in words.
    public var message: String?

    /// Makes a report; a fraction outside 0 to 1 is moved to the nearer end.
    public init(fraction: Double? = nil, message: String? = nil) {
        self.fraction = fraction.map { $0.isNaN ? 0 : min(max($0, 0), 1) }
        self.message = message
    }
}

/// The right to run an execution, held by one scheduler until an instant.
public struct Lease: Sendable, Hashable, Codable {
    /// The scheduler that holds the lease.
    public let owner: String
    /// The fencing token: it grows with every claim of the execution, and a finisher with an older one is refused.
    public let token: Int
    /// The instant at which others may take the execution over, unless the lease is renewed before.
    public var expiresAt: Date

    /// Makes a lease.
    public init(owner: String, token: Int, expiresAt: Date) {
        self.owner = owner
        self.token = token
        self.expiresAt = expiresAt
    }
}
