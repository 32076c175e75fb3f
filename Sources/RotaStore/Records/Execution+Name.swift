public import Foundation

extension Execution {
    /// The word that a service has for where the execution stands (C-7, S-54).
    ///
    /// An execution that waits for its next attempt is queued in every vocabulary, and ``nextRetryAt`` says until when.
    ///
    /// - Parameters:
    ///   - vocabulary: The service whose word is wanted.
    ///   - now: The present time, which tells a run that is due from one that is delayed.
    /// - Returns: `nil` if the service shows no execution that stands so.
    public func statusName(in vocabulary: Vocabulary, at now: Date) -> String? {
        progress.status.name(
            in: vocabulary, failure: progress.failure?.kind, isDelayed: attempts.isEmpty && progress.dueAt > now)
    }
}
