extension Backoff {
    /// The same backoff with another first delay or another cap (rows S-76, S-77).
    ///
    /// - Throws: ``RetryPolicyError`` if the delays are a list, which has no first delay to derive others from.
    func replacing(initial: Duration?, maximum: Duration?) throws(RetryPolicyError) -> Backoff {
        var changed = shape
        if let initial {
            let first = Nanoseconds.from(initial)
            switch shape {
            case .fixed: changed = .fixed(first)
            case .linear: changed = .linear(step: first)
            case .exponential(_, let factor): changed = .exponential(initial: first, factor: factor)
            case .doubling(_, let doublings): changed = .doubling(initial: first, doublings: doublings)
            case .decorrelated(_, let factor): changed = .decorrelated(initial: first, factor: factor)
            case .delays:
                throw RetryPolicyError(
                    .delay, "A list of delays has no initial delay to replace; name a strategy as well.",
                    value: "\(initial)")
            }
        }
        // Whoever asks for a shorter delay gets it: the floor gives way.
        let highest = maximum ?? self.maximum
        let lowest = min(minimum, highest, initial ?? minimum)
        return Backoff(changed, minimum: lowest, maximum: highest)
    }
}
