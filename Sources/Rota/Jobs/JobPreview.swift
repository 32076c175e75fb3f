import Foundation
import RotaCore
public import RotaSchedule
public import RotaStore

/// What a job would do: its first occurrences, and what is odd about it; nothing of it is stored.
public struct JobPreview: Sendable, Hashable {
    /// The definition as it would be stored, with the anchors of its schedule.
    public let definition: JobDefinition
    /// The state in which the job would be.
    public let state: JobState
    /// The first occurrences, each with its nominal and its effective instant and what happened to it.
    ///
    /// For a schedule that counts from the end of a run, only the first is known.
    public let occurrences: [PreviewedOccurrence]
    /// What is allowed but seldom meant.
    public let warnings: [JobWarning]

    init(
        of job: Job, count: Int, at now: Date, knowsHandler: (String) -> Bool, from scheduleState: ScheduleState
    ) throws(SchedulerError) {
        try FieldCheck(code: .invalidRequest).number(count, "The number of occurrences to preview", 0...1000)
        definition = job.definition
        state = scheduleState.state
        let schedule = job.definition.schedule
        let left = schedule.maximumRuns.map { max(0, $0 - scheduleState.firedCount) } ?? count
        let isSeries = schedule.completionDelay == nil
        let wanted = isSeries ? min(count, left) : min(count, left, 1)
        let skipped = isSeries ? scheduleState.skipsRemaining : 0
        // The first occurrence may be the present instant, or one that is made up for, or lie behind a pause.
        let first = scheduleState.next.map { next in
            let before = next.justBefore
            return isSeries ? before : min(before, now)
        }
        let found = first.map { schedule.preview(from: $0, count: wanted == 0 ? 0 : wanted + skipped) } ?? []
        occurrences = Array(found.drop { $0.occurrence.nominal < scheduleState.next ?? now }.dropFirst(skipped))
        warnings = job.definition.warnings(
            of: occurrences, next: scheduleState.nextEffective ?? scheduleState.next, state: scheduleState.state,
            at: now,
            knowsHandler: knowsHandler)
    }
}

extension JobDefinition {
    fileprivate func warnings(
        of occurrences: [PreviewedOccurrence], next: Date?, state: JobState, at now: Date,
        knowsHandler: (String) -> Bool
    ) -> [JobWarning] {
        var found = schedule.warnings(from: now).map { JobWarning(code: .cron, message: $0.description) }
        if let next {
            if next < now {
                found.append(
                    .init(
                        code: .inThePast,
                        message:
                            "Its occurrence at \(next.text) is over and not decided on; the misfire policy decides on it."
                    ))
            }
        } else {
            found.append(.init(code: .neverFires, message: "Its schedule has no occurrence after \(now.text)."))
        }
        if state == .draft || state == .paused {
            found.append(.init(code: .inactive, message: "It is \(state.rawValue) and fires only once it is resumed."))
        }
        if let call = action.handler, !knowsHandler(call.name) {
            found.append(
                .init(
                    code: .unknownHandler,
                    message: "No handler is registered here under “\(call.name)”, which it calls."))
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
                    + "window; that of \(first.text) "
                    + (opening.map { "waits until \($0.text)." } ?? "never starts, for the window never opens again."))
        ]
    }

    private func rateWarnings(of occurrences: [PreviewedOccurrence]) -> [JobWarning] {
        guard let rate = limits.rate, rate.maximum < occurrences.count else { return [] }
        let instants = occurrences.map(\.occurrence.effective)
        let isTooLow = zip(instants, instants.dropFirst(rate.maximum)).allSatisfy { start, end in
            end.elapsed(since: start) < rate.window
        }
        guard isTooLow else { return [] }
        return [
            JobWarning(
                code: .rateTooLow,
                message: "It is due more often than its rate limit lets it start, \(rate.maximum) per \(rate.window), "
                    + "so that runs pile up.")
        ]
    }
}

/// Something about a job that is allowed but seldom meant.
public struct JobWarning: Sendable, Hashable, CustomStringConvertible {
    /// The kind of warning; more kinds may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case cron, neverFires, inThePast, unknownHandler, outsideWindow, inactive, rateTooLow
        }

        private let kind: Kind

        /// The cron expression is probably not what was meant.
        public static let cron = Code(kind: .cron)
        /// The schedule has no occurrence.
        public static let neverFires = Code(kind: .neverFires)
        /// The first occurrence is over and not decided on; the misfire policy decides on it.
        public static let inThePast = Code(kind: .inThePast)
        /// The job calls a handler that is not registered here.
        public static let unknownHandler = Code(kind: .unknownHandler)
        /// Occurrences fall outside the execution window and wait for its next opening.
        public static let outsideWindow = Code(kind: .outsideWindow)
        /// The job does not fire until it is resumed.
        public static let inactive = Code(kind: .inactive)
        /// The rate limit allows fewer starts than the schedule has occurrences, so that runs pile up.
        public static let rateTooLow = Code(kind: .rateTooLow)

        /// The code's name, such as `neverFires`.
        public var description: String { kind.rawValue }
    }

    /// What kind of warning it is.
    public let code: Code
    /// What happens, and what was probably meant.
    public let message: String

    /// The message.
    public var description: String { message }
}
