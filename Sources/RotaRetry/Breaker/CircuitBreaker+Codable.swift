import Foundation

extension CircuitBreaker {
    enum CodingKeys: String, CodingKey {
        case policy, trip, streak, phase, alike, lastFailure, window, openings, generation, nextPermit
    }

    /// Reads a stored breaker; counts and times that no breaker reaches are held to what one can.
    ///
    /// - Throws: `DecodingError` if something is missing, or if the policy is out of its range.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func count(_ key: CodingKeys) throws -> Int {
            // Far from where one more would overflow.
            min(max(0, try container.decode(Int.self, forKey: key)), .max / 2)
        }
        policy = try container.decode(CircuitBreakerPolicy.self, forKey: .policy)
        trip = try container.decodeIfPresent(CircuitTrip.self, forKey: .trip)
        streak = try count(.streak)
        alike = try count(.alike)
        openings = try count(.openings)
        lastFailure = try container.decodeIfPresent(AttemptFailure.self, forKey: .lastFailure)
        window = try container.decode(FailureWindow.self, forKey: .window)
        generation = try container.decode(Int64.self, forKey: .generation)
        nextPermit = try container.decode(Int64.self, forKey: .nextPermit)
        phase = try container.decode(Phase.self, forKey: .phase).held(by: policy)
    }
}

extension CircuitBreaker.Phase {
    /// The same phase within what a policy can bring about, so that nothing stored keeps a breaker from closing.
    fileprivate func held(by policy: CircuitBreakerPolicy) -> Self {
        switch self {
        case .closed: self
        case .open(let since, let seconds):
            .open(since: since, seconds: seconds > 0 ? min(seconds, Double(Nanoseconds.longest) / 1e9) : 0)
        case .halfOpen(let probes, let successes):
            .halfOpen(probes: probes, successes: min(max(0, successes), policy.successesToClose - 1))
        }
    }
}
