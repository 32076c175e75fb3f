import Foundation
import RotaCore
import RotaSchedule
import RotaStore

extension OccurrenceExplanation: CustomStringConvertible {
    /// The explanation in plain English, with dates and numbers.
    public var description: String {
        var text = "\(date.shortText) \(sentence)"
        for note in notes { text += " Note: \(note.message)." }
        if occurrence == nil, case .notDue = outcome {
            if let previous { text += " The occurrence before is \(previous.shortText)." }
            if let next { text += " The next is \(next.shortText)." }
        }
        return text
    }

    private var sentence: String {
        let job = "\"\(jobName)\" (version \(version))"
        switch outcome {
        case .notDue(let reason):
            let words = calendar.map { "it is excluded by the calendar \"\($0)\"" } ?? reason.words
            return "is not an occurrence of \(job): \(words)."
        case .beforeCreation: return "is before \(job) was created."
        case .fired(let execution):
            return "is an occurrence of \(job), and it fired: \(words(on: execution))."
        case .skipped(let skip): return "is an occurrence of \(job), and it was skipped: \(words(on: skip))."
        case .future: return "is an occurrence of \(job), and it is not due yet\(skipping)\(limiting)."
        case .undecided:
            return
                "is an occurrence of \(job), and it is due but undecided\(skipping). Is a scheduler running? `run()` fires it."
        case .pruned:
            return "is an occurrence of \(job), and it was decided, but the record "
                + "is no longer kept: see the job's retention."
        case .beforeSchedule:
            return "is an occurrence of \(job), and it did not fire: its schedule was not in force then."
        case .inactive(let state):
            return "is an occurrence of \(job), and it does not fire while the job is \(state.rawValue)."
        }
    }

    private var skipping: String {
        switch requestedSkips {
        case 0: ""
        case 1: "; it will be skipped on request"
        default: "; it will be skipped on request, as will all of the next \(requestedSkips)"
        }
    }

    private var limiting: String {
        guard let limitReachedBefore else { return "" }
        return "; it fires only if occurrences before it are skipped, because its schedule is limited to "
            + (limitReachedBefore == 1 ? "1 execution" : "\(limitReachedBefore) executions")
    }

    private func words(on execution: Execution) -> String {
        let verb =
            switch execution.status {
            case .queued, .running, .waiting: "is "
            case .canceled: "was "
            case .succeeded, .failed, .expired: ""
            }
        var text = "execution \(execution.id) \(verb)\(execution.status.rawValue)"
        if let lateness = execution.lateness { text += "; it started \(lateness.text) late" }
        let count = execution.attempts.count
        if count > 0 { text += "; attempts: \(count)" }
        let interrupted = execution.interruptionCount
        if interrupted > 0 { text += ", of which \(interrupted) \(interrupted == 1 ? "was" : "were") interrupted" }
        if let failure = execution.failure { text += " (\(failure.kind.rawValue): \(failure.message))" }
        return text
    }

    private func words(on skip: SkippedOccurrence) -> String {
        let reason = skip.reason.words ?? "for the reason \"\(skip.reason.rawValue)\""
        let others =
            skip.first == skip.last
            ? ""
            : ", as were \(skip.count.map { "all \($0)" } ?? "all") from \(skip.first.shortText) to \(skip.last.shortText)"
        return "\(reason)\(others); decided at \(skip.decidedAt.shortText)"
    }
}

extension OccurrenceExplanation.NotDueReason {
    fileprivate var words: String {
        switch self {
        case .notNamed: "its schedule does not name it"
        case .movedToBusinessDay: "it is moved to a business day"
        case .excluded: "a calendar of its schedule leaves it out"
        case .outsideCalendar: "it is outside the calendar its schedule is limited to"
        case .beforeStart: "it is before its schedule starts"
        case .afterEnd: "its schedule has ended by then"
        case .notKnown: "its schedule counts from the end of each execution, and none was due then"
        }
    }
}

extension SkippedOccurrence.Reason {
    fileprivate var words: String? {
        switch self {
        case .misfire: "it was missed, and the misfire policy skips it"
        case .tooLate: "it was overdue by more than the job's maximum lateness"
        case .overlap: "an earlier execution was unfinished, and the overlap policy lets no other one wait"
        case .rescheduled: "the job got another schedule first"
        case .duplicate: "the job has fired for the same date under an earlier schedule"
        case .paused: "the job was paused"
        case .breaker: "the job was paused by its breaker after repeated failures"
        case .requested: "it was skipped on request"
        default: nil
        }
    }
}
