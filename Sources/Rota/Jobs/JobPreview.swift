import Foundation
import RotaCore
import RotaHTTP
public import RotaSchedule
public import RotaStore

/// A preview of a job: its first occurrences, and warnings about it.
///
/// Nothing is stored.
///
/// ```swift
/// let draft = try JobDraft(
///     name: "cleanup", schedule: .cron("0 0 31 * *"), action: .http(.post("https://api.example.com/cleanup")))
/// let preview = try await scheduler.preview(draft, count: 3)
/// for occurrence in preview.occurrences { print(occurrence.occurrence.nominal) }
/// for warning in preview.warnings { print(warning) }
/// ```
public struct JobPreview: Sendable, Hashable {
    /// The definition as it would be stored, with the schedule anchored.
    public let definition: JobDefinition
    /// The state the job would have.
    public let state: JobState
    /// The first occurrences, with their nominal and effective dates and notes about them.
    ///
    /// A schedule that counts from the end of the previous execution has only one known occurrence.
    public let occurrences: [PreviewedOccurrence]
    /// Things that are allowed but rarely intended.
    public internal(set) var warnings: [JobPreview.Warning]

    init(
        of job: Job, count: Int, at now: Date, handlers: HandlerRegistry, transport: any HTTPTransport,
        warnings others: [JobPreview.Warning], from scheduleState: ScheduleState
    ) throws(SchedulerError) {
        try FieldCheck(code: .invalidRequest).number(count, "The number of occurrences to preview", 0...1000)
        definition = job.definition
        state = scheduleState.state
        let schedule = job.definition.schedule
        let left = schedule.maximumRuns.map { max(0, $0 - scheduleState.firedCount) } ?? count
        occurrences = scheduleState.preview(of: schedule, count: min(count, left), at: now)
        warnings =
            job.definition.warnings(
                of: occurrences, from: scheduleState, at: now, handlers: handlers, transport: transport) + others
    }
}

extension ScheduleState {
    /// Returns the first occurrences from the next one on, without those that are to be skipped.
    ///
    /// The next one may be due now, be late but still to fire, or lie behind a pause.
    fileprivate func preview(of schedule: Schedule, count: Int, at now: Date) -> [PreviewedOccurrence] {
        guard count > 0, let next else { return [] }
        if schedule.isSeries {
            return Array(
                schedule.unlimitedPreview(from: next.justBefore, count: count + skipsRemaining)
                    .dropFirst(skipsRemaining))
        }
        var occurrence = schedule.occurrence(at: next)
        for _ in 0..<skipsRemaining {
            // The delay begins again when the one before is skipped, which is now if it is overdue.
            guard let later = schedule.nextOccurrence(after: max(occurrence.effective, now)) else { return [] }
            occurrence = later
        }
        return [schedule.previewed(occurrence)]
    }
}
