public import Foundation
import RotaCore
import RotaHTTP

extension Job {
    /// Returns the notifications to send when an execution of the job ends.
    ///
    /// A store must queue them in the step that ends it.
    ///
    /// Notifications are executions of the same job with the source ``ExecutionSource/notification``. They are claimed,
    /// retried and recorded like others, but they are not counted, not limited, and cause no notifications themselves.
    /// Their identifiers are derived from the execution's, so the same end always produces the same notifications.
    ///
    /// - Parameters:
    ///   - run: The execution that ended.
    ///   - date: When it ended.
    /// - Returns: One execution for each matching rule, or none if the execution is itself a notification.
    public func notifications(of run: Execution, at date: Date) -> [Execution] {
        let rules = notifications
        guard !rules.isEmpty, run.source != .notification else { return [] }
        return rules.indices.compactMap { index in
            let rule = rules[index]
            guard rule.event.covers(run.progress.status) else { return nil }
            let output = rule.includesOutput ? run.progress.output : nil
            let notification = ExecutionNotification(
                rule.event, of: run, job: self,
                output: output.flatMap { try? JSONValue(parsing: Array($0.json)) }, at: date)
            // Encoding cannot fail: the notification consists of text, numbers and parsed JSON.
            guard let payload = try? JSONPayload(notification) else { return nil }
            var details = ExecutionDetails.none
            details.parentID = run.id
            details.notification = rule.channel
            return Execution(
                id: .derived(index, of: run.id, at: date), jobID: id, jobName: definition.name,
                jobVersion: run.jobVersion,
                source: .notification, scheduledFor: date, createdAt: date, payload: payload, metadata: run.metadata,
                details: details, progress: ExecutionProgress(dueAt: date), attempts: [])
        }
    }
}

extension NotificationRule.Event {
    fileprivate func covers(_ status: ExecutionStatus) -> Bool {
        switch self {
        case .success: status == .succeeded
        case .failure: status == .failed || status == .expired
        case .completion: status.isTerminal
        }
    }
}

extension ExecutionID {
    /// The identifier of an execution that the end of another asks for: its time is that of the end, and the other bits are
    /// derived from the execution and the rule's number.
    static func derived(_ index: Int, of run: ExecutionID, at date: Date) -> ExecutionID {
        let milliseconds = (date.timeIntervalSince1970 * 1000).rounded(.down)
        let time = milliseconds.isFinite ? UInt64(min(max(milliseconds, 0), 0xffff_ffff_ffff)) : 0
        let seed = SplitMix64.mix(UInt64(truncatingIfNeeded: run.bits >> 64)) &+ UInt64(truncatingIfNeeded: index)
        let first = SplitMix64.mix(seed ^ UInt64(truncatingIfNeeded: run.bits))
        let high = time << 16 | 0x7000 | first >> 52
        let low = 0x8000_0000_0000_0000 | SplitMix64.mix(first ^ UInt64(truncatingIfNeeded: run.bits)) >> 2
        return ExecutionID(bits: UInt128(high) << 64 | UInt128(low))
    }
}
