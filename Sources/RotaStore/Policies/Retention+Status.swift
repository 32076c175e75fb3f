extension Retention {
    /// How long an execution that ended in a status is kept.
    ///
    /// - Returns: `nil` for any time, which is what every execution is kept for that is not over.
    public func age(of status: ExecutionStatus) -> Duration? {
        switch status {
        case .queued, .running, .waiting: nil
        case .succeeded: ages[.succeeded] ?? maximumAge
        case .failed: ages[.failed] ?? maximumAge
        case .canceled: ages[.canceled] ?? maximumAge
        case .expired: ages[.expired] ?? maximumAge
        }
    }
}
