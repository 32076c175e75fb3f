import Foundation
import RotaCore
import RotaRetry
import RotaStore
import Synchronization

/// Counts what a scheduler does, a batch under one lock.
final class MetricsRecorder: Sendable {
    struct Counts: Sendable {
        var queued = LabeledCounts()
        var skipped = LabeledCounts()
        var succeeded = 0
        var failed = LabeledCounts()
        var ended = LabeledCounts()
        var retries = 0
        var released = 0
        var leasesLost = 0
        var breakersOpened = 0
        var lateness = QuantileSketch()
        var durations = QuantileSketch()
    }

    private let counts = Mutex(Counts())

    var snapshot: Counts { counts.withLock(\.self) }

    func queued(_ executions: [Execution], skips: [SkippedOccurrence]) {
        counts.withLock { counts in
            for execution in executions { counts.queued.add(execution.source.rawValue) }
            for skip in skips { counts.skipped.add(skip.reason.rawValue, skip.count ?? 1) }
        }
    }

    func finished(_ outcomes: [Completion.Outcome], of completions: [Completion]) {
        counts.withLock { counts in
            for (completion, outcome) in zip(completions, outcomes) {
                switch outcome {
                case .recorded(let execution): counts.count(completion, of: execution)
                case .stale, .missing: counts.leasesLost += 1
                }
            }
        }
    }

    func ended(_ executions: [Execution]) {
        guard !executions.isEmpty else { return }
        counts.withLock { counts in
            for execution in executions { counts.ended.add(execution.progress.status.rawValue) }
        }
    }

    func changedBreaker(isOpen: Bool) {
        if isOpen { counts.withLock { $0.breakersOpened += 1 } }
    }
}

extension MetricsRecorder.Counts {
    fileprivate mutating func count(_ completion: Completion, of execution: Execution) {
        if let attempt = completion.attempt {
            if let failure = attempt.failure { failed.add(failure.kind.rawValue) } else { succeeded += 1 }
            durations.add(attempt.duration)
            if attempt.number == 1 { lateness.add(attempt.startedAt.elapsed(since: execution.scheduledFor)) }
        }
        switch completion.next {
        case .retry where !execution.progress.status.isTerminal: retries += 1
        case .released where !execution.progress.status.isTerminal, .parked where !execution.progress.status.isTerminal:
            released += 1
        default: ended.add(execution.progress.status.rawValue)
        }
    }
}

/// Counts by a label; what is beyond the 64th label counts as `other`, so that it stays bounded.
struct LabeledCounts: Sendable {
    private static let labelLimit = 64

    private var entered: [String: Int] = [:]
    /// What was counted last and is not entered yet: mostly the next label is the same one.
    private var latest: (label: String, number: Int)?

    var values: [String: Int] {
        var copy = self
        copy.enterLatest()
        return copy.entered
    }

    mutating func add(_ label: String, _ number: Int = 1) {
        if let latest, latest.label == label {
            self.latest = (label, latest.number &+ number)
        } else {
            enterLatest()
            latest = (label, number)
        }
    }

    private mutating func enterLatest() {
        guard let (label, number) = latest else { return }
        let isNew = entered[label] == nil && entered.count >= Self.labelLimit
        entered[isNew ? "other" : label, default: 0] &+= number
        latest = nil
    }
}
