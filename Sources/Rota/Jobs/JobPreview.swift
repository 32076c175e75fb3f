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
        let isSeries = schedule.isSeries
        let wanted = isSeries ? min(count, left) : min(count, left, 1)
        let skipped = isSeries ? scheduleState.skipsRemaining : 0
        // Start before the first occurrence. It may be due now, be late but still to fire, or lie behind a pause.
        let first = scheduleState.next.map { next in
            let before = next.justBefore
            return isSeries ? before : min(before, now)
        }
        let found = first.map { schedule.unlimitedPreview(from: $0, count: wanted == 0 ? 0 : wanted + skipped) } ?? []
        occurrences = Array(found.drop { $0.occurrence.nominal < scheduleState.next ?? now }.dropFirst(skipped))
        warnings =
            job.definition.warnings(
                of: occurrences, next: scheduleState.nextEffective ?? scheduleState.next, state: scheduleState.state,
                at: now, handlers: handlers, transport: transport) + others
    }
}
