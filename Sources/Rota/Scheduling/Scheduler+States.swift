public import Foundation
public import RotaStore

extension Scheduler {
    /// Suspends a job's schedule until it is resumed, or until an instant; what is running goes on (K-33).
    ///
    /// Pausing twice is no error (T-28); the later pause says until when. An occurrence at the very end of a pause
    /// fires, the ones before it are recorded as skipped.
    ///
    /// - Parameters:
    ///   - id: The job.
    ///   - reason: Why, in words, for those who look at the job; up to 2,000 characters.
    ///   - end: When the job goes on by itself; `nil` if only ``resume(_:author:idempotencyKey:)`` lets it.
    ///   - author: Who pauses it, if that is to be remembered.
    ///   - idempotencyKey: A key under which a repeated pause does nothing (I-28).
    /// - Throws: ``SchedulerError`` with code `jobNotFound`, `illegalState` for a draft or a completed job, or
    ///   `invalidRequest` for an end that is over.
    @discardableResult
    public func pause(
        _ id: JobID, reason: String? = nil, until end: Date? = nil, author: String? = nil,
        idempotencyKey: String? = nil
    ) async throws -> Job {
        try await replace(id, .init("pause", author, idempotencyKey)) { job, now in
            try job.paused(reason: reason, until: end, at: now)
        }
    }

    /// Lets a paused job or a draft run; its next run is computed from the present time (T-30, T-25).
    ///
    /// The occurrences that the pause passed over are recorded as skipped. Resuming an active job is no error.
    ///
    /// - Parameters:
    ///   - id: The job.
    ///   - author: Who resumes it, if that is to be remembered.
    ///   - idempotencyKey: A key under which a repeated resumption does nothing (I-28).
    /// - Throws: ``SchedulerError`` with code `jobNotFound`, or `illegalState` for a completed job.
    @discardableResult
    public func resume(_ id: JobID, author: String? = nil, idempotencyKey: String? = nil) async throws -> Job {
        try await replace(id, .init("resume", author, idempotencyKey)) { job, now in try job.resumed(at: now) }
    }

    /// Has the next occurrences of a job skipped, and recorded as such; what is due after them fires.
    ///
    /// The number counts occurrences that fall due while the job is active, and survives pauses, new schedules and
    /// restarts.
    ///
    /// - Parameters:
    ///   - count: How many from now on, from 0 to 10,000, in place of what was asked for before; 0 takes it back.
    ///   - id: The job.
    ///   - author: Who asks for it, if that is to be remembered.
    ///   - idempotencyKey: A key under which a repeated request does nothing (I-28).
    /// - Throws: ``SchedulerError`` with code `jobNotFound`, `invalidRequest`, or `illegalState` for a completed job.
    @discardableResult
    public func skipNext(
        _ count: Int, of id: JobID, author: String? = nil, idempotencyKey: String? = nil
    ) async throws -> Job {
        try await replace(id, .init("skip", author, idempotencyKey)) { job, now in
            try job.skippingNext(count, at: now)
        }
    }
}
