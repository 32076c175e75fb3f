import RotaCore
import RotaRetry
import RotaStore

/// The completion of an attempt, and the reason why no other attempt follows.
///
/// A class, so that it is never copied.
final class PlannedCompletion: Sendable {
    let work: ClaimedWork
    let completion: Completion
    /// `nil` if another attempt follows, or if the attempt did not fail.
    let stopReason: StopReason?
    private let recorded: RecordedEnd?

    init(work: ClaimedWork, completion: Completion, stopReason: StopReason?) {
        (self.work, self.completion, self.stopReason, recorded) = (work, completion, stopReason, nil)
    }

    /// Creates a completion that the store has recorded already.
    init(work: ClaimedWork, recorded: RecordedEnd) {
        (self.work, completion, stopReason, self.recorded) = (work, recorded.completion, nil, recorded)
    }

    /// The outcome, if the store has recorded the completion already.
    var outcome: Completion.Outcome? { recorded.map { .recorded($0.execution) } }

    /// About how many bytes recording it writes.
    var recordedBytes: Int {
        let job = work.claim.job
        let output = completion.output?.json.count ?? 0
        let copies =
            output == 0 ? 0 : job.notifications.count(where: \.includesOutput) + job.chain.count
        return output * (1 + copies) + (completion.attempt?.bodyPreview?.utf8.count ?? 0)
            + (work.claim.execution.progress.checkpoint?.json.count ?? 0)
    }

    var isOpen: Bool { recorded == nil }
}

extension [PlannedCompletion] {
    /// The completions that the store has yet to record.
    var open: [Completion] { lazy.filter(\.isOpen).map(\.completion) }

    /// The first completions, as many as one step of a store takes: up to 16 MiB, but at least one.
    var firstBatch: [PlannedCompletion] {
        var bytes = 0
        for (index, plan) in enumerated() {
            bytes += plan.recordedBytes
            if bytes > StoreState.largeCommit, index > 0 { return Array(prefix(index)) }
        }
        return self
    }

    /// Removes the first batch, which the store has recorded.
    mutating func removeBatch(_ batch: [PlannedCompletion]) {
        if batch.count == count { self = [] } else { removeFirst(batch.count) }
    }

    /// The outcomes of all completions.
    ///
    /// - Parameter answers: The store's answers to those that were open.
    func outcomes(_ answers: [Completion.Outcome]) throws -> [Completion.Outcome] {
        guard contains(where: { !$0.isOpen }) else { return answers }
        var rest = try answers.matching(open.count, requestsTo: "finish")[...]
        return compactMap { $0.outcome ?? rest.popFirst() }
    }
}
