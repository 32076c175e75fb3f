extension ExecutionSource {
    /// The word that a service has for the source (C-11).
    ///
    /// The names of the sources are TrigRun's, so only Strait differs (SX-2): there the schedule and backfills are
    /// “cron”, a replay is a “retry”, an inbound webhook is “manual”, and a dependency is “job_completion”.
    ///
    /// - Parameter vocabulary: The service whose word is wanted.
    /// - Returns: The word, or the source's own name where the service has none.
    public func name(in vocabulary: Vocabulary) -> String {
        guard vocabulary == .strait else { return rawValue }
        return switch self {
        case .schedule, .backfill: "cron"
        case .replay: "retry"
        case .webhook: "manual"
        case .dependency: "job_completion"
        default: rawValue
        }
    }
}
