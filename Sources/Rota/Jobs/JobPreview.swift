import Foundation
import RotaCore
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
    public let warnings: [JobWarning]

    init(
        of job: Job, count: Int, at now: Date, handlers: HandlerRegistry, from scheduleState: ScheduleState
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
        let found = first.map { schedule.preview(from: $0, count: wanted == 0 ? 0 : wanted + skipped) } ?? []
        occurrences = Array(found.drop { $0.occurrence.nominal < scheduleState.next ?? now }.dropFirst(skipped))
        warnings = job.definition.warnings(
            of: occurrences, next: scheduleState.nextEffective ?? scheduleState.next, state: scheduleState.state,
            at: now, handlers: handlers)
    }
}

extension JobDefinition {
    fileprivate func warnings(
        of occurrences: [PreviewedOccurrence], next: Date?, state: JobState, at now: Date,
        handlers: HandlerRegistry
    ) -> [JobWarning] {
        var found = schedule.warnings(from: now).map { JobWarning(code: .cron, message: $0.description) }
        if let next {
            if next < now {
                found.append(
                    .init(
                        code: .inThePast,
                        message:
                            "The occurrence at \(next.text) is in the past and undecided. The misfire policy will decide about it."
                    ))
            }
        } else if !schedule.isOnDemand {
            found.append(.init(code: .neverFires, message: "The schedule has no occurrence after \(now.text)."))
        }
        if state == .draft || state == .paused {
            found.append(
                .init(code: .inactive, message: "The job is \(state.rawValue) and does not fire until it is resumed."))
        }
        for name in handlerNames.sorted() where handlers[name] == nil {
            let caller = action.handler?.name == name ? "The job" : "A notification of the job"
            found.append(
                .init(
                    code: .unknownHandler,
                    message: "\(caller) calls handler \"\(name)\", which is not registered here."))
        }
        if let flaw = action.handler.flatMap({ handlers.flaw(in: $0) }) {
            found.append(.init(code: .unreadablePayload, message: flaw))
        }
        if !schedule.isOnDemand, action.handler?.payload == nil, let flaw = payloadSchema?.violations(of: .null).first {
            found.append(
                .init(
                    code: .unreadablePayload,
                    message:
                        "The job fires without a payload, which its schema does not allow: \(flaw). Give the action a "
                        + "payload, or allow null."))
        }
        return found + windowWarnings(of: occurrences) + rateWarnings(of: occurrences)
    }

    private func windowWarnings(of occurrences: [PreviewedOccurrence]) -> [JobWarning] {
        guard let window = limits.window else { return [] }
        let outside = occurrences.filter { !window.contains($0.occurrence.effective) }
        guard let first = outside.first?.occurrence.effective else { return [] }
        let opening = window.nextOpening(from: first)
        return [
            JobWarning(
                code: .outsideWindow,
                message: "\(outside.count) of the first \(occurrences.count) occurrences fall outside the execution "
                    + "window. The one at \(first.text) "
                    + (opening.map { "waits until \($0.text)." }
                        ?? "never starts, because the window never opens again."))
        ]
    }

    private func rateWarnings(of occurrences: [PreviewedOccurrence]) -> [JobWarning] {
        guard let rate = limits.rate, rate.maximum < occurrences.count else { return [] }
        let dates = occurrences.map(\.occurrence.effective)
        let isTooLow = zip(dates, dates.dropFirst(rate.maximum)).allSatisfy { start, end in
            end.elapsed(since: start) < rate.window
        }
        guard isTooLow else { return [] }
        return [
            JobWarning(
                code: .rateTooLow,
                message: "The job is due more often than its rate limit of \(rate.maximum) per \(rate.window) allows, "
                    + "so executions pile up.")
        ]
    }
}

/// A warning about something that is allowed but rarely intended.
public struct JobWarning: Sendable, Hashable, CustomStringConvertible {
    /// The kind of warning.
    ///
    /// More kinds may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case cron, neverFires, inThePast, unknownHandler, unreadablePayload, outsideWindow, inactive, rateTooLow
        }

        private let kind: Kind

        /// The cron expression probably does not mean what its author intended.
        public static let cron = Code(kind: .cron)
        /// The schedule has no occurrence.
        public static let neverFires = Code(kind: .neverFires)
        /// The first occurrence is in the past and undecided.
        ///
        /// The misfire policy will decide about it.
        public static let inThePast = Code(kind: .inThePast)
        /// The job, or one of its notifications, calls a handler that is not registered here.
        public static let unknownHandler = Code(kind: .unknownHandler)
        /// The job's payload cannot be decoded as the type that its handler takes.
        public static let unreadablePayload = Code(kind: .unreadablePayload)
        /// Some occurrences fall outside the execution window and wait for its next opening.
        public static let outsideWindow = Code(kind: .outsideWindow)
        /// The job does not fire until it is resumed.
        public static let inactive = Code(kind: .inactive)
        /// The rate limit allows fewer starts than the schedule has occurrences, so executions pile up.
        public static let rateTooLow = Code(kind: .rateTooLow)

        /// The code's name, such as `neverFires`.
        public var description: String { kind.rawValue }
    }

    /// The kind of warning.
    public let code: Code
    /// The consequence, and what was probably intended.
    public let message: String

    /// The message.
    public var description: String { message }
}
