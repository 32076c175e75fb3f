public import Foundation
import RotaCore
public import RotaHTTP
public import RotaStore

extension ServiceProfile {
    /// Returns the service's record of a job's health, or `nil` if it has none.
    ///
    /// Only Strait has one: `total_runs`, `completed_runs`, `failed_runs`, `timed_out_runs`, `crashed_runs`,
    /// `canceled_runs`, `expired_runs`, `success_rate` in percent, `avg_duration_secs` and `p95_duration_secs` (0 without
    /// any), and `health_score`.
    ///
    /// ```swift
    /// let record = ServiceProfile.strait.record(of: JobHealth())
    /// print(record?["health_score"]?.text ?? "none")  // -1
    /// ```
    public func record(of health: JobHealth) -> JSONValue? {
        guard service == .strait else { return nil }
        return [
            "total_runs": .number(.init(Int64(health.total))),
            "completed_runs": .number(.init(Int64(health.succeeded))),
            "failed_runs": .number(.init(Int64(health.failed))),
            "timed_out_runs": .number(.init(Int64(health.timedOut))),
            "crashed_runs": .number(.init(Int64(health.crashed))),
            "canceled_runs": .number(.init(Int64(health.canceled))),
            "expired_runs": .number(.init(Int64(health.expired))),
            "success_rate": JSONValue(floatLiteral: health.successRate),
            "avg_duration_secs": JSONValue(floatLiteral: health.averageDuration?.inSeconds ?? 0),
            "p95_duration_secs": JSONValue(floatLiteral: health.p95Duration?.inSeconds ?? 0),
            "health_score": JSONValue(floatLiteral: health.score),
        ]
    }

    /// Returns the date at which an execution expires that has not started by then, or `nil` if the service states none.
    ///
    /// Only Strait states one. It counts from the later of now and the scheduled date: the time to live of the request,
    /// else that of the job, else the server's, else the timeout of an attempt and a minute. A time to live of zero is
    /// none.
    ///
    /// - Parameters:
    ///   - now: The current date.
    ///   - scheduledAt: The date from which the execution may start, if it was given.
    ///   - requested: The time to live of the request.
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
