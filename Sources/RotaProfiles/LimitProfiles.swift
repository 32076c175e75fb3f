public import Foundation
import RotaCore
import RotaRetry
public import RotaStore

extension Retention {
    /// Strait's retention: 90 days for executions that timed out, crashed or failed through the system, and 30 days for
    /// all others.
    ///
    /// At most 100,000 executions are kept.
    public static let strait = Retention(
        maximumCount: 100_000, maximumAge: .seconds(30 * 86_400),
        failureAges: Dictionary(
            uniqueKeysWithValues: [
                FailureKind.timeout, .crashed, .interrupted, .missingSecret, .outOfMemory, .unknown,
            ].map { ($0, .seconds(90 * 86_400)) }))
}

extension ServiceProfile {
    /// How long finished executions are kept by jobs that do not say so, or `nil` if the service states nothing.
    ///
    /// Only Strait states one: `Retention.strait`.
    public var retention: Retention? { service == .strait ? .strait : nil }

    /// How often a handler should send a heartbeat, or `nil` if the service states none.
    ///
    /// Strait's interval is 10 seconds.
    public var heartbeatInterval: Duration? { service == .strait ? .seconds(10) : nil }

    /// The longest time between two heartbeats, or `nil` if the service states none.
    ///
    /// Strait's limit is 1 minute. An attempt that exceeds it counts as crashed, and is retried if attempts remain.
    ///
    /// ```swift
    /// let action = JobAction.handler("import", heartbeatLimit: ServiceProfile.strait.heartbeatLimit)
    /// print(action)
    /// ```
    public var heartbeatLimit: Duration? { service == .strait ? .seconds(60) : nil }

    /// The times to live that a request may state for its execution, or `nil` if the service has none.
    ///
    /// Strait allows 0 seconds, which means not stated, to 30 days.
    public var timeToLiveRange: ClosedRange<Duration>? {
        service == .strait ? .zero ... .seconds(2_592_000) : nil
    }

    /// Returns the date at which an execution expires that has not started by then, or `nil` if the service states
    /// none.
    ///
    /// Only Strait states one. It counts from the later of now and the scheduled date: the time to live of the request,
    /// else that of the job, else the server's, else the timeout of an attempt and a minute. A time to live of zero is
    /// none.
    ///
    /// - Parameters:
    ///   - now: The current date.
    ///   - scheduledAt: The date from which the execution may start, if it was given.
    ///   - requested: The time to live of the request, within ``timeToLiveRange``.
    ///   - job: The time to live of the job.
    ///   - server: The time to live of the server.
    ///   - timeout: The timeout of an attempt; Strait's default is 300 seconds.
    public func expiry(
        at now: Date, scheduledAt: Date? = nil, requested: Duration? = nil, job: Duration? = nil,
        server: Duration = .zero, timeout: Duration = .seconds(300)
    ) -> Date? {
        guard service == .strait else { return nil }
        let life = [requested, job, server].compactMap(\.self).first { $0 > .zero }
        return max(now, scheduledAt ?? now).advanced(by: life ?? timeout + .seconds(60))
    }
}
